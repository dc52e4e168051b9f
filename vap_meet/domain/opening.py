"""Opening hours: the week, dated exceptions, and what both come to in any time zone.

Hours are said in the wall clock of a place and mean instants: time is cut into ticks of five minutes of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.slot_errors import TimeDoubled, TimeMissing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

TICK = timedelta(minutes=5)
TICK_S = 300
DAY_MINUTES = 24 * 60
_TICK_MINUTES = 5
_SATURDAY = 5


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """Open on a weekday (0 is Monday) from one minute of the wall clock to another, 1440 being midnight."""

    weekday: int
    opens: int
    closes: int


Week = tuple[Opening, ...]
"""Openings by weekday and time, apart from one another; an empty week is closed."""


@dataclass(frozen=True, slots=True)
class Period:
    """Other hours from one day to another, both included: a half day, Ramadan, a holiday (an empty week)."""

    first: date
    last: date
    week: Week


@dataclass(frozen=True, slots=True)
class Timetable:
    """The usual week and its exceptions. Of several that hold on a day, the shortest one counts."""

    week: Week
    periods: tuple[Period, ...] = ()

    def on(self, day: date) -> Week:
        """Return the openings of a day."""
        holding = [period for period in self.periods if period.first <= day <= period.last]
        exception = (
            min(holding, key=lambda period: (period.last - period.first, -period.first.toordinal()))
            if holding
            else None
        )
        week = self.week if exception is None else exception.week
        return tuple(opening for opening in week if opening.weekday == day.weekday())


def check_week(openings: Iterable[Opening]) -> Week:
    """Return openings as a week. Raises `InvalidRequest` if one is impossible or two of them meet."""
    week = tuple(sorted(openings))
    for opening in week:
        fits = 0 <= opening.weekday <= 6 and 0 <= opening.opens < opening.closes <= DAY_MINUTES  # noqa: PLR2004
        if not fits or opening.opens % _TICK_MINUTES or opening.closes % _TICK_MINUTES:
            raise InvalidRequest(
                "The hours can't be taken as they are.",
                fields={"week": "Closing comes after opening, on one day, in steps of five minutes."},
            )
    for before, after in pairwise(week):
        if before.weekday == after.weekday and after.opens < before.closes:
            raise InvalidRequest(
                "The hours can't be taken as they are.", fields={"week": "Two openings of a day overlap."}
            )
    return week


def check_period(first: date, last: date) -> None:
    """Raise `InvalidRequest` if an exception ends before it begins, or never."""
    if not first <= last <= first + timedelta(days=366):
        raise InvalidRequest(
            "The dates can't be taken as they are.",
            fields={"last_day": "Not before the first day, and within a year of it."},
        )


def tick_of(moment: datetime) -> int:
    """Return the tick that a moment is in."""
    return int(moment.timestamp()) // TICK_S


def moment_of(tick: int) -> datetime:
    """Return when a tick begins, in UTC."""
    return datetime.fromtimestamp(tick * TICK_S, UTC)


@lru_cache(maxsize=4096)
def open_ticks(timetable: Timetable, zone: ZoneInfo, day: date) -> tuple[range, ...]:
    """Return the ticks of a local day's openings.

    A wall-clock time that is missing that day is the moment at which the clock jumps; of a doubled one, the
    first opens and the second closes. So a night in which the clock jumps is shorter or longer by as much.
    """
    found = (
        range(_tick(day, opening.opens, zone, closing=False), _tick(day, opening.closes, zone, closing=True))
        for opening in timetable.on(day)
    )
    return tuple(ticks for ticks in found if ticks)


def both(one: tuple[range, ...], other: tuple[range, ...]) -> tuple[range, ...]:
    """Return the ticks that are in both."""
    found = (range(max(a.start, b.start), min(a.stop, b.stop)) for a in one for b in other)
    return tuple(sorted((ticks for ticks in found if ticks), key=lambda ticks: ticks.start))


def day_ticks(day: date, zone: ZoneInfo) -> range:
    """Return the ticks of a whole local day: 276, 288 or 300 of them in most zones."""
    return range(_tick(day, 0, zone, closing=False), _tick(day, DAY_MINUTES, zone, closing=False))


def local_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, that a naive wall-clock time of a zone means.

    Raises `TimeMissing` for a time that the clock jumps over, `TimeDoubled` for one that comes twice.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != wall:
        raise TimeMissing("The clock jumps over this time on that day; choose another.")
    if first != second:
        raise TimeDoubled("This time comes twice on that day; say which by its offset from UTC.")
    return first


def default_week(opens: int = 7 * 60 + 30, closes: int = 15 * 60 + 30, friday: int = 12 * 60) -> Week:
    """Return the week of Dubai's government: Monday to Thursday, and half of Friday."""
    return tuple(Opening(day, opens, friday if day == _SATURDAY - 1 else closes) for day in range(_SATURDAY))


def _tick(day: date, minute: int, zone: ZoneInfo, *, closing: bool) -> int:
    """Return the tick at which an opening begins (rounded up) or ends (rounded down)."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    at = second if closing else first
    if second < first:  # missing: `second` is before the jump, `first` behind it (PEP 495)
        after = second.astimezone(zone).utcoffset()
        at = second
        while at.astimezone(zone).utcoffset() == after:
            at += timedelta(minutes=1)
    seconds = int(at.timestamp())
    return seconds // TICK_S if closing else -(-seconds // TICK_S)
