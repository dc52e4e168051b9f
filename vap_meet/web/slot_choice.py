"""Choosing a slot: a strip of days, and of the chosen day its times, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from vap_meet.web.appkeys import RENDERER

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from aiohttp import web

    from vap_meet.services.availability import Slots

FEW_ENOUGH = 24
"""As many times of a day as are shown at once."""
AN_HOUR = 4
"""As many of an hour as are shown of more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The days that have times, the day that is shown, and its times: first those before noon."""

    days: tuple[date, ...]
    day: date | None
    morning: tuple[datetime, ...]
    afternoon: tuple[datetime, ...]
    more: bool  # whether there are other times that day

    @classmethod
    def of(cls, slots: Slots, wanted: str, *, zone: ZoneInfo, every: bool) -> Choice:
        """Return what a page shows: the wanted day, or the first one that has times.

        `zone` is the one in which the page shows times, wherever the people are who take the appointments.
        """
        days = slots.by_day(zone)
        if not days:
            return cls(days=(), day=None, morning=(), afternoon=(), more=False)
        day = next((each for each in days if each.isoformat() == wanted), next(iter(days)))
        starts = days[day]
        shown = starts if every or len(starts) <= FEW_ENOUGH else spread(starts)
        noon = 12
        return cls(
            days=tuple(days),
            day=day,
            morning=tuple(start for start in shown if start.hour < noon),
            afternoon=tuple(start for start in shown if start.hour >= noon),
            more=len(shown) < len(starts),
        )


def asked_for(request: web.Request, slots: Slots) -> Choice:
    """Return what an address asks to see: `day`, and with `all` every time of it."""
    return Choice.of(
        slots,
        request.query.get("day", ""),
        zone=request.app[RENDERER].zone,
        every="all" in request.query,
    )


def spread(starts: list[datetime]) -> list[datetime]:
    """Return a few times of each hour, other minutes from one hour to the next."""
    shown: list[datetime] = []
    for number, (_, group) in enumerate(groupby(starts, key=lambda start: (start.date(), start.hour))):
        hour = list(group)
        if len(hour) > AN_HOUR:
            step = len(hour) / AN_HOUR
            first = number % max(1, int(step))
            hour = [hour[int(first + step * nth)] for nth in range(AN_HOUR)]
        shown += hour
    return shown
