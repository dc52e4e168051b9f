"""A session's quality as the admin's page shows it: curves, and every measurement beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.device_check import Level
from vap_meet.domain.quality import THRESHOLDS, Trouble
from vap_meet.web.charts import Chart, chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vap_meet.services.quality import Sample
    from vap_meet.web.staff_words import StaffWords

CURVES: tuple[tuple[str, Trouble | None, float], ...] = (
    ("rtt_ms", Trouble.SLOW, 100),
    ("jitter_ms", Trouble.UNSTEADY, 20),
    ("loss_percent", Trouble.LOSSY, 5),
    ("frames_per_second", Trouble.FEW_FRAMES, 20),
    ("in_kbps", None, 100),
)
"""Which numbers are drawn, what makes each of them poor, and the least height of its axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """What the template draws. `rows` are the measurements with the name of who made them."""

    charts: tuple[Chart, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[str, Sample], ...]
    weak_percent: int


def quality_view(samples: Sequence[Sample], words: StaffWords) -> QualityView | None:
    """Lay a session's measurements out; None if there are none."""
    if not samples:
        return None
    people = tuple(dict.fromkeys(sample.reporter for sample in samples))
    names = {person: words.participant(person) for person in people}
    begins, ends = samples[0].at, samples[-1].at
    charts = tuple(
        chart(
            key,
            [
                (names[person], [(s.at, getattr(s.measured, key)) for s in samples if s.reporter == person])
                for person in people
            ],
            begins=begins,
            ends=ends,
            bound=THRESHOLDS[trouble].poor if trouble else None,
            at_least=at_least,
        )
        for key, trouble, at_least in CURVES
    )
    weak = sum(sample.verdict.level is Level.POOR for sample in samples)
    return QualityView(
        charts=charts,
        names=tuple(names.values()),
        rows=tuple((names[sample.reporter], sample) for sample in samples),
        weak_percent=round(100 * weak / len(samples)),
    )
