"""The device check: what was found on somebody's device and network, and what that means for a call.

Nothing here says who somebody is: no address, no device name, no browser version.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

Milliseconds = Annotated[float, Meta(ge=0, le=60_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
FramesPerSecond = Annotated[float, Meta(ge=0, le=240)]


class CameraState(StrEnum):
    """How the camera is. Not wanting a picture is a choice and never a fault."""

    OK = "ok"
    UNUSED = "unused"
    FAILED = "failed"


class MicrophoneState(StrEnum):
    """How the microphone is: open and heard, open and silent so far, or not to be had."""

    HEARD = "heard"
    QUIET = "quiet"
    FAILED = "failed"


class SpeakerState(StrEnum):
    """What the person said about the sound that was played."""

    HEARD = "heard"
    NOT_HEARD = "not_heard"
    UNANSWERED = "unanswered"


class EchoState(StrEnum):
    """Whether the network could be tested at all; the rest is our doing, not the customer's."""

    DONE = "done"
    FULL = "full"
    UNAVAILABLE = "unavailable"


class Way(StrEnum):
    """How media would travel: straight, or over a TURN server that is reached in one of three ways."""

    DIRECT = "direct"
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class DeviceKind(StrEnum):
    """What is held in the hand or stands on the desk."""

    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFound:
    """What an echo over one way found. The numbers are None where it did not connect.

    Those of the sound are None too where none was sent; they are of the worse direction.
    """

    way: Way
    connected: bool
    rtt_ms: Milliseconds | None = None
    jitter_ms: Milliseconds | None = None
    loss_percent: Percent | None = None
    frames_per_second: FramesPerSecond | None = None
    sound_back: bool | None = None
    sound_jitter_ms: Milliseconds | None = None
    sound_loss_percent: Percent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that one check found."""

    device: DeviceKind
    camera: CameraState
    microphone: MicrophoneState
    speaker: SpeakerState
    echo: EchoState
    paths: Annotated[tuple[PathFound, ...], Meta(max_length=8)] = ()


class Level(StrEnum):
    """What to expect of a call."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Reason(StrEnum):
    """What decided the level; each has words and one thing to do, in both languages."""

    NONE = "none"
    MICROPHONE_FAILED = "microphone_failed"
    NO_PATH = "no_path"
    NO_SOUND = "no_sound"
    LOSSY = "lossy"
    SLOW = "slow"
    UNSTEADY = "unsteady"
    FEW_FRAMES = "few_frames"
    CAMERA_FAILED = "camera_failed"
    SPEAKER = "speaker"
    QUIET = "quiet"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A level and what decided it; `way` is how media would travel, None if untested or not at all."""

    level: Level
    reason: Reason
    way: Way | None = None


POOR_RTT_MS, POOR_LOSS_PERCENT, POOR_JITTER_MS, POOR_FPS = 500, 10, 30, 7
"""Beyond any of these people talk over each other, or lose words."""

FAIR_RTT_MS, FAIR_LOSS_PERCENT, FAIR_JITTER_MS, FAIR_FPS = 250, 3, 15, 12


def verdict(found: Findings) -> Verdict:
    """Say what the findings mean: the worst thing decides, and what stops a call before what spoils it."""
    path = best_path(found.paths)
    way = path.way if path else None
    reasons = [*_device_reasons(found), *_network_reasons(found, path)]
    for level in (Level.POOR, Level.FAIR):
        for of_level, reason in reasons:
            if of_level is level:
                return Verdict(level=level, reason=reason, way=way)
    untested = found.echo is not EchoState.DONE
    return Verdict(level=Level.GOOD, reason=Reason.UNTESTED if untested else Reason.NONE, way=way)


def best_path(paths: tuple[PathFound, ...]) -> PathFound | None:
    """Return the path that browsers would take: the direct one, else the relayed one with least delay."""
    connected = [path for path in paths if path.connected]
    return min(connected, key=lambda path: (path.way is not Way.DIRECT, path.rtt_ms or 0), default=None)


def _device_reasons(found: Findings) -> list[tuple[Level, Reason]]:
    reasons = []
    if found.microphone is MicrophoneState.FAILED:
        reasons.append((Level.POOR, Reason.MICROPHONE_FAILED))
    if found.camera is CameraState.FAILED:
        reasons.append((Level.FAIR, Reason.CAMERA_FAILED))
    if found.speaker is SpeakerState.NOT_HEARD:
        reasons.append((Level.FAIR, Reason.SPEAKER))
    if found.microphone is MicrophoneState.QUIET:
        reasons.append((Level.FAIR, Reason.QUIET))
    return reasons


def _network_reasons(found: Findings, path: PathFound | None) -> list[tuple[Level, Reason]]:
    if found.echo is not EchoState.DONE:
        return []
    if path is None:
        return [(Level.POOR, Reason.NO_PATH)]
    if path.sound_back is False:
        return [(Level.POOR, Reason.NO_SOUND)]
    # The measured number goes first; frames count downwards.
    fps = path.frames_per_second
    loss = max(path.loss_percent or 0, path.sound_loss_percent or 0)
    jitter = max(path.jitter_ms or 0, path.sound_jitter_ms or 0)
    measured = (
        (loss, POOR_LOSS_PERCENT, FAIR_LOSS_PERCENT, Reason.LOSSY),
        (path.rtt_ms, POOR_RTT_MS, FAIR_RTT_MS, Reason.SLOW),
        (jitter, POOR_JITTER_MS, FAIR_JITTER_MS, Reason.UNSTEADY),
        (None if fps is None else -fps, -POOR_FPS, -FAIR_FPS, Reason.FEW_FRAMES),
    )
    return [
        (Level.POOR if number > poor else Level.FAIR, reason)
        for number, poor, fair, reason in measured
        if number is not None and number > fair
    ]
