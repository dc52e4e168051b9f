"""What one side of a call measured over ten seconds, and what that means for the two who talk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from vap_meet.domain.device_check import (
    DeviceKind,
    FramesPerSecond,
    Level,
    Milliseconds,
    Percent,
    Way,
)

Kbps = Annotated[float, Meta(ge=0, le=1_000_000)]


class Trouble(StrEnum):
    """What decided the level, from what spoils a talk most to least."""

    NONE = "none"
    LOSSY = "lossy"
    SLOW = "slow"
    UNSTEADY = "unsteady"
    FEW_FRAMES = "few_frames"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One side's numbers; None where there was nothing to measure. Nothing here says who or where.

    `loss_percent` is the worse of what was received and what the other side says of what was sent. Frames are
    those of the other side's picture while it is to move: a camera that is off is a choice, and a document
    lies still.
    """

    device: DeviceKind
    path: Way
    codec: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{1,16}$")] | None = None
    rtt_ms: Milliseconds | None = None
    jitter_ms: Milliseconds | None = None
    loss_percent: Percent | None = None
    in_kbps: Kbps | None = None
    out_kbps: Kbps | None = None
    frames_per_second: FramesPerSecond | None = None
    freezes: Annotated[int, Meta(ge=0, le=10_000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityVerdict:
    """A level and what decided it."""

    level: Level
    reason: Trouble


@dataclass(frozen=True, slots=True)
class Threshold:
    """Beyond `fair` a number is worth a remark, beyond `poor` people talk over each other or lose words."""

    fair: float
    poor: float


THRESHOLDS: dict[Trouble, Threshold] = {
    Trouble.LOSSY: Threshold(fair=3, poor=10),
    Trouble.SLOW: Threshold(fair=250, poor=500),
    Trouble.UNSTEADY: Threshold(fair=20, poor=30),
    Trouble.FEW_FRAMES: Threshold(fair=12, poor=7),
}
"""In percent, milliseconds, milliseconds, frames a second: the last one counts downwards."""

_RANK = {Level.GOOD: 0, Level.FAIR: 1, Level.POOR: 2}


def judge(measured: Measured) -> QualityVerdict:
    """Say what the numbers mean: the worst decides, the first in the order of `Trouble` among equals."""
    verdicts = [QualityVerdict(level=Level.GOOD, reason=Trouble.NONE)]
    numbers = {
        Trouble.LOSSY: measured.loss_percent,
        Trouble.SLOW: measured.rtt_ms,
        Trouble.UNSTEADY: measured.jitter_ms,
        Trouble.FEW_FRAMES: measured.frames_per_second,
    }
    for trouble, number in numbers.items():
        if number is not None and (level := _level(trouble, number)) is not Level.GOOD:
            verdicts.append(QualityVerdict(level=level, reason=trouble))
    return worse(verdicts)


def worse(verdicts: list[QualityVerdict]) -> QualityVerdict:
    """Return the worst of several, the first among equals. There has to be one."""
    return max(verdicts, key=lambda verdict: _RANK[verdict.level])


def _level(trouble: Trouble, number: float) -> Level:
    sign = -1 if trouble is Trouble.FEW_FRAMES else 1
    threshold = THRESHOLDS[trouble]
    if sign * number > sign * threshold.poor:
        return Level.POOR
    return Level.FAIR if sign * number > sign * threshold.fair else Level.GOOD
