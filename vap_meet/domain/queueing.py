"""Queueing: when somebody will be called in, from how long calls really take today. Pure.

A `Line` is served in the order of the booked starts. It is played through three times: with short calls and
only those who are surely there, as it looks, and with long calls and everybody who may still come. The range
that is promised spans these, rounded outwards; so nobody is told an earlier time because a call takes longer.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

STEP: Final = timedelta(minutes=5)
"""To what a range is rounded, and the least it spans."""

STILL_EXPECTED: Final = timedelta(minutes=10)
"""How long after the booked start somebody who has not come is still counted in."""

LATE_FROM_MINUTES: Final = 5
"""From how many minutes on a start is called late."""

ENOUGH: Final = 3
"""How many calls it takes to say how long calls take; with fewer, they take what was booked."""

_MINUTE: Final = timedelta(minutes=1)


class Standing(StrEnum):
    """How somebody of a line stands."""

    IN_CALL = "in_call"
    HERE = "here"  # waits, and is connected
    AWAY = "away"  # waits, as far as the record goes, but the page is closed: the place is kept
    EXPECTED = "expected"  # booked, and has not come yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in a line: `since` is when they came, or when their call began."""

    id: str
    standing: Standing
    starts_at: datetime
    ends_at: datetime
    since: datetime | None = None

    @property
    def booked(self) -> timedelta:
        """How long they were booked for."""
        return self.ends_at - self.starts_at

    def will_come(self, now: datetime) -> bool:
        """Whether they may still have to be served before others."""
        return self.standing is not Standing.EXPECTED or now <= self.starts_at + STILL_EXPECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Those who are served by the same. `lengths` are the calls that have ended there today.

    `known`: whether it is certain who serves whom, so that a position is worth telling.
    """

    people: tuple[Person, ...]
    servers: int = 1
    lengths: tuple[timedelta, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """What one person may expect. Times are aware UTC.

    `late_by_minutes` compares the likeliest start with the booked one (or with when they came, if that was
    later), never negative. `before` is how many are served before them, None if that can't be known.
    `begun` is false while their time has come and nobody serves: then no time is worth telling.
    """

    earliest: datetime
    latest: datetime
    late_by_minutes: int
    before: int | None = None
    begun: bool = True

    def said_from(self, now: datetime) -> datetime:
        """Return the earliest time as it is said: one that moved with the clock would change all the time."""
        return self.earliest if self.earliest > now else _down(now)

    @property
    def late(self) -> bool:
        """Whether to say so."""
        return self.late_by_minutes >= LATE_FROM_MINUTES


@dataclass(frozen=True, slots=True)
class _Play:
    """How long calls take, and who is served, in one way of playing a line."""

    length: timedelta | None  # None: as booked
    served: frozenset[Standing]
    rest: timedelta = timedelta()  # of a call that has taken longer already

    def takes(self, person: Person) -> timedelta:
        return person.booked if self.length is None else self.length


def expectations(line: Line, *, now: datetime) -> dict[str, Expected]:
    """Return what everybody in a line who is still to be called in may expect."""
    order = sorted(line.people, key=lambda one: (one.starts_at, one.id))
    short, likely, long = (_starts(line, order, play, now) for play in _plays(line.lengths))
    before = _before(order, now) if line.known else {}
    serving = any(one.standing is Standing.IN_CALL for one in order)
    return {
        one.id: _expected(
            one,
            (short[one.id], likely[one.id], long[one.id]),
            before.get(one.id),
            now=now,
            serving=serving,
        )
        for one in order
        if one.standing is not Standing.IN_CALL
    }


def plain_start(line: Line, person: str, *, now: datetime) -> datetime:
    """Return the likeliest time at which somebody is called in."""
    order = sorted(line.people, key=lambda one: (one.starts_at, one.id))
    return _starts(line, order, _plays(line.lengths)[1], now)[person]


def servers_of(booked: Collection[tuple[datetime, datetime]]) -> int:
    """Return how many must serve where nobody is known to: as many as are booked at once, at least one."""
    # An end counts before a start at the same moment.
    edges = sorted([(start, 1) for start, _ in booked] + [(end, -1) for _, end in booked])
    most = at_once = 0
    for _, change in edges:
        at_once += change
        most = max(most, at_once)
    return max(1, most)


def _plays(lengths: Sequence[timedelta]) -> tuple[_Play, _Play, _Play]:
    """Return the short, the likely and the long way."""
    known = sorted(lengths)
    quarter = len(known) // 4
    low, middle, high = (
        (None, None, None)
        if len(known) < ENOUGH
        else (known[quarter], known[len(known) // 2], known[-1 - quarter])
    )
    sure = frozenset({Standing.HERE})
    return (
        _Play(low, sure),
        _Play(middle, sure | {Standing.EXPECTED}),
        _Play(high, sure | {Standing.EXPECTED, Standing.AWAY}, rest=STEP),
    )


def _starts(line: Line, order: Sequence[Person], play: _Play, now: datetime) -> Mapping[str, datetime]:
    """Play a line through: everybody begins when somebody is free, and not before their booked start."""
    calls = [one for one in order if one.standing is Standing.IN_CALL]
    free = [max((one.since or now) + play.takes(one), now + _rest(one, play, now)) for one in calls]
    free += [now] * (line.servers - len(free))
    heapq.heapify(free)
    starts: dict[str, datetime] = {}
    for one in order:
        if one.standing is Standing.IN_CALL:
            continue
        starts[one.id] = start = max(free[0], now, one.starts_at)
        if one.standing in play.served and one.will_come(now):
            heapq.heapreplace(free, start + play.takes(one))
    return starts


def _rest(one: Person, play: _Play, now: datetime) -> timedelta:
    over = now >= (one.since or now) + play.takes(one)
    return play.rest if over else timedelta()


def _before(order: Sequence[Person], now: datetime) -> dict[str, int]:
    """Return how many will really be served before each: who is there, or is still expected."""
    served = (Standing.HERE, Standing.EXPECTED)
    counted: dict[str, int] = {}
    before = 0
    for one in order:
        counted[one.id] = before
        before += one.standing in served and one.will_come(now)
    return counted


def _expected(
    one: Person,
    starts: tuple[datetime, datetime, datetime],
    before: int | None,
    *,
    now: datetime,
    serving: bool,
) -> Expected:
    short, likely, long = starts
    earliest = max(_down(short), now, one.starts_at)
    since = max(one.starts_at, one.since or now)
    late_by = max(timedelta(), likely - since)
    return Expected(
        earliest=earliest,
        latest=_up(max(long, earliest + STEP)),
        late_by_minutes=late_by // _MINUTE,
        before=before,
        begun=serving or late_by < LATE_FROM_MINUTES * _MINUTE or likely > now,
    )


def _down(at: datetime) -> datetime:
    return at - (at - _EPOCH) % STEP


def _up(at: datetime) -> datetime:
    return at + (_EPOCH - at) % STEP
