"""Curves as SVG: what the template draws, worked out here, so that it only writes numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WIDTH, HEIGHT = 560, 120
GAP_S = 30
"""A pause longer than this breaks the line: nobody measured anything in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One participant's curve: strings for ``<polyline points>``, one for each stretch without a gap."""

    name: str
    stretches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One number over time. `bound_y` is where its threshold lies, None if that is off the chart."""

    key: str
    top: int
    lines: tuple[Line, ...]
    bound_y: float | None


def chart(
    key: str,
    series: Sequence[tuple[str, Sequence[tuple[datetime, float | None]]]],
    *,
    begins: datetime,
    ends: datetime,
    bound: float | None = None,
    at_least: float = 1,
) -> Chart:
    """Lay named series out between two moments; `at_least` keeps small numbers from looking large."""
    values = [value for _, points in series for _, value in points if value is not None]
    top = _round_up(max([at_least, *values]))
    span_s = max(1.0, (ends - begins).total_seconds())

    def place(at: datetime, value: float) -> str:
        x = (at - begins).total_seconds() / span_s * WIDTH
        return f"{x:.1f},{HEIGHT - value / top * HEIGHT:.1f}"

    lines = tuple(
        Line(
            name=name,
            stretches=tuple(" ".join(place(*point) for point in stretch) for stretch in _stretches(points)),
        )
        for name, points in series
    )
    bound_y = HEIGHT - bound / top * HEIGHT if bound is not None and bound <= top else None
    return Chart(key=key, top=top, lines=lines, bound_y=bound_y)


def _stretches(points: Sequence[tuple[datetime, float | None]]) -> list[list[tuple[datetime, float]]]:
    found: list[list[tuple[datetime, float]]] = []
    before: datetime | None = None
    for at, value in points:
        if value is None:
            before = None
            continue
        if before is None or (at - before).total_seconds() > GAP_S:
            found.append([])
        found[-1].append((at, value))
        before = at
    return [stretch * 2 if len(stretch) == 1 else stretch for stretch in found]  # a line to itself is a dot


def _round_up(value: float) -> int:
    """Return 1, 2 or 5 times a power of ten, at or above the value: a top that can be read."""
    step = 1
    while True:
        for times in (1, 2, 5):
            if times * step >= value:
                return times * step
        step *= 10
