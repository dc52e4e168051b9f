"""Availability: which starts are left for a service, from hours, capacity and what is taken. Pure.

A pool's units are the people who take its appointments. An appointment takes a run of ticks of one unit, the
buffer behind it included. Units start on a five-minute grid, each a step later than the one before it, so
that appointments don't all begin on the hour. Runs of ticks are bits of one integer: a month is about one
kilobyte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from vap_meet.domain import slot_errors as error
from vap_meet.domain.opening import (
    TICK_S,
    Timetable,
    both,
    day_ticks,
    moment_of,
    open_ticks,
    tick_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

MAX_DAYS = 62
"""As many days as are answered at once."""


class Need(StrEnum):
    """What a customer needs to take part; somebody who gives it is reserved too."""

    SIGN_LANGUAGE = "sign_language"


@dataclass(frozen=True, slots=True)
class Unit:
    """One person's time. Without a timetable of their own they have the pool's; never more than it."""

    id: int
    position: int
    timetable: Timetable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """People who take the same appointments. `units` are those who work in it now."""

    id: str
    name_ar: str
    name_en: str
    zone: ZoneInfo
    timetable: Timetable
    buffer_minutes: int = 5
    lead_minutes: int = 120
    horizon_days: int = 60
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a service is given: by whom, how long, and who interprets if that is needed."""

    service_id: str
    pool: Pool
    duration_minutes: int
    interpreters: Pool | None = None

    @property
    def talk(self) -> int:
        """Return how many ticks the appointment itself takes, rounded up."""
        return -(-self.duration_minutes * 60 // TICK_S)

    @property
    def run(self) -> int:
        """Return how many ticks are reserved: the appointment and the buffer behind it."""
        return -(-(self.duration_minutes + self.pool.buffer_minutes) * 60 // TICK_S)


class Runs(NamedTuple):
    """Ticks that are taken, so many from each of these on: a month of a large pool has 20,000 runs."""

    firsts: Sequence[int]
    length: int


def slots(
    offer: Offer, first: date, last: date, taken: Mapping[int, Iterable[Runs]], *, now: datetime
) -> tuple[datetime, ...]:
    """Return every start from one local day to another that can be had now, in order, in UTC.

    `taken` holds what is reserved of the pool's units and the interpreters' in these days and around them.
    """
    pool = offer.pool
    window = _window(offer, first, last, now=now)
    if not window:
        return ()
    free = _free(offer, pool, window, taken, staggered=True)
    if offer.interpreters is not None:
        free &= _free(offer, offer.interpreters, window, taken, staggered=False)
    return tuple(moment_of(window.start + bit) for bit in _bits(free))


def candidates(offer: Offer, pool: Pool, start: datetime) -> tuple[Unit, ...]:
    """Return the units that are open and may start at `start`, whether they are taken or not."""
    tick = tick_of(start)
    day = start.astimezone(pool.zone).date()
    staggered = pool is offer.pool
    return tuple(
        unit
        for unit in pool.units
        if any(tick in _starts(ticks, offer, unit if staggered else None) for ticks in _open(pool, unit, day))
    )


def check_start(offer: Offer, start: datetime, *, now: datetime) -> None:
    """Raise the reason why nobody can be had at `start`, however free they are.

    `OffGrid`, `SlotPast`, `SlotTooSoon`, `SlotTooFar`, `SlotClosed`, `OutsideHours`, or `SlotTaken` for a
    start between those that are offered.
    """
    pool = offer.pool
    if start.timestamp() % TICK_S:
        raise error.OffGrid("An appointment starts at a whole five minutes.")
    if start <= now:
        raise error.SlotPast("This time is over; choose a later one.")
    if start < now + timedelta(minutes=pool.lead_minutes):
        raise error.SlotTooSoon("This time is too near; choose a later one.")
    day = start.astimezone(pool.zone).date()
    if day > last_day(pool, now=now):
        raise error.SlotTooFar("Bookings are not taken that far ahead yet.")
    hours = open_ticks(pool.timetable, pool.zone, day)
    if not hours:
        raise error.SlotClosed("There are no appointments on that day; choose another.")
    tick = tick_of(start)
    if not any(ticks.start <= tick and tick + offer.talk <= ticks.stop for ticks in hours):
        raise error.OutsideHours("This time is outside the opening hours.")
    if not candidates(offer, pool, start):
        raise error.SlotTaken("This time can't be had; choose another.")


def last_day(pool: Pool, *, now: datetime) -> date:
    """Return the last local day on which bookings are taken."""
    return now.astimezone(pool.zone).date() + timedelta(days=pool.horizon_days)


def _window(offer: Offer, first: date, last: date, *, now: datetime) -> range:
    """Return the ticks in which an appointment may start."""
    pool = offer.pool
    last = min(last, first + timedelta(days=MAX_DAYS - 1), last_day(pool, now=now))
    soonest = -(-int((now + timedelta(minutes=pool.lead_minutes)).timestamp()) // TICK_S)
    start = max(day_ticks(first, pool.zone).start, soonest, tick_of(now) + 1)
    return range(start, day_ticks(last, pool.zone).stop) if last >= first else range(0)


def _free(
    offer: Offer, pool: Pool, window: range, taken: Mapping[int, Iterable[Runs]], *, staggered: bool
) -> int:
    """Return the starts at which some unit of the pool is open and not taken, as bits of the window."""
    found = 0
    starts: dict[tuple[Timetable | None, int], int] = {}
    for unit in pool.units:
        offset = unit.position % offer.run if staggered else 0
        key = (unit.timetable, offset)
        if key not in starts:
            starts[key] = _start_bits(offer, pool, unit, window, staggered=staggered)
        found |= starts[key] & ~_blocked(taken.get(unit.id, ()), offer.run, window)
    return found


def _start_bits(offer: Offer, pool: Pool, unit: Unit, window: range, *, staggered: bool) -> int:
    bits = bytearray(len(window))
    day = moment_of(window.start).astimezone(pool.zone).date()
    last = moment_of(window.stop).astimezone(pool.zone).date()
    while day <= last:
        for ticks in _open(pool, unit, day):
            for tick in _starts(ticks, offer, unit if staggered else None):
                if tick in window:
                    bits[tick - window.start] = 1
        day += timedelta(days=1)
    return _integer(bits)


def _blocked(taken: Iterable[Runs], length: int, window: range) -> int:
    """Return the starts that would run into something taken: all of one length are spread at once."""
    found = 0
    for firsts, ticks in taken:
        earliest = window.start - ticks + 1  # what begins there reaches into the window
        size = window.stop + length - 1 - earliest
        bits = bytearray(size)
        for first in firsts:
            place = first - earliest
            if 0 <= place < size:
                bits[place] = 1
        found |= _spread(_integer(bits), ticks + length - 1) >> (ticks + length - 2)
    return found & ((1 << len(window)) - 1)


def _spread(number: int, width: int) -> int:
    """Return the places of the ones, and so many less one behind each."""
    done = 1
    while done < width:
        step = min(done, width - done)
        number |= number << step
        done += step
    return number


def _open(pool: Pool, unit: Unit, day: date) -> tuple[range, ...]:
    hours = open_ticks(pool.timetable, pool.zone, day)
    if unit.timetable is None:
        return hours
    return both(hours, open_ticks(unit.timetable, pool.zone, day))


def _starts(ticks: range, offer: Offer, staggered: Unit | None) -> range:
    """Return the starts in an opening: every tick, or one after another from the unit's own offset."""
    stop = ticks.stop - offer.talk + 1
    if staggered is None:
        return range(ticks.start, stop)
    return range(ticks.start + staggered.position % offer.run, stop, offer.run)


def _integer(bits: bytearray) -> int:
    """Return zeros and ones as one integer whose lowest bit comes first."""
    bits.reverse()
    return int(bits.translate(_DIGITS), 2) if bits else 0


def _bits(number: int) -> Iterator[int]:
    """Return the places of the ones, lowest first."""
    digits = f"{number:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


_DIGITS = bytes([ord("0"), ord("1")]) + bytes(254)
