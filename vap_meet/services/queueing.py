"""Queueing: what everybody who waits, or will, may expect now; the record is read every few seconds.

Who was booked with somebody stands in that person's line. Who was not, as when a booking system plans by
itself, stands in the line of the service, which as many serve as it has booked at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.queueing import ENOUGH, Expected, Line, Person, Standing, expectations, servers_of
from vap_meet.store import queueing as store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.store.queueing import Queued

FRESH_FOR: Final = timedelta(seconds=2)
"""How old an answer may be: in a storm one look at the record answers everybody."""

NEAR: Final = timedelta(hours=12)
"""How far ahead and back the lines reach."""

COUNTS_FROM: Final = timedelta(minutes=1)
"""A shorter call says nothing of how long calls take: somebody hung up."""

_Key = tuple[str, int | str]


class Queueing:
    """Made once a process. `online` says who is connected to a room now, None while nobody can tell."""

    def __init__(self, *, zone: ZoneInfo, online: Callable[[str], Awaitable[Collection[str] | None]]) -> None:
        self._zone = zone
        self._online = online
        self._turn = asyncio.Lock()
        self._read_at: datetime | None = None
        self._known: Mapping[str, Expected] = {}

    async def expected(self, tx: AsyncConnection, appointment_id: str, *, now: datetime) -> Expected | None:
        """Return what a customer may expect; None if nobody can say: in the call, over, not today."""
        return (await self._all(tx, now)).get(appointment_id)

    async def expected_many(
        self, tx: AsyncConnection, ids: Collection[str], *, now: datetime
    ) -> dict[str, Expected]:
        """Return what customers may expect; those of whom nobody can say are left out."""
        known = await self._all(tx, now)
        return {one: known[one] for one in ids if one in known}

    async def _all(self, tx: AsyncConnection, now: datetime) -> Mapping[str, Expected]:
        async with self._turn:
            if self._read_at is None or not timedelta() <= now - self._read_at < FRESH_FOR:
                self._known = await self._read(tx, now)
                self._read_at = now
            return self._known

    async def _read(self, tx: AsyncConnection, now: datetime) -> Mapping[str, Expected]:
        queued = await store.near(tx, now - NEAR, now + NEAR)
        desks = await store.desks(tx)
        desk_of = {staff_id: one for one, (_, staff_id) in desks.items() if staff_id is not None}
        lengths = _Lengths(queued, desks, since=self._midnight(now))
        lines: dict[_Key, list[Person]] = defaultdict(list)
        booked: dict[_Key, list[tuple[datetime, datetime]]] = defaultdict(list)
        for one in queued:
            key = _key(one, desk_of)
            booked[key].append((one.starts_at, one.ends_at))
            if not one.over and not _went(one):
                lines[key].append(await self._person(one, now))
        known: dict[str, Expected] = {}
        for key, people in lines.items():
            desk = key[0] == "desk"
            line = Line(
                people=tuple(people),
                servers=1 if desk else servers_of(booked[key]),
                lengths=lengths.of(key),
                known=desk,
            )
            known |= expectations(line, now=now)
        return known

    async def _person(self, one: Queued, now: datetime) -> Person:
        standing, since = Standing.EXPECTED, None
        if one.state is AppointmentState.WAITING:
            online = await self._online(one.id)
            standing = Standing.HERE if online is None or CUSTOMER in online else Standing.AWAY
            since = one.first_joined_at
        elif one.state is AppointmentState.IN_SESSION:
            standing = Standing.IN_CALL
            since = (one.admitted_at or now) - timedelta(milliseconds=one.talked_ms)
        return Person(id=one.id, standing=standing, starts_at=one.starts_at, ends_at=one.ends_at, since=since)

    def _midnight(self, now: datetime) -> datetime:
        return datetime.combine(now.astimezone(self._zone).date(), time(), self._zone)


class _Lengths:
    """How long today's calls took, as near to a line as is known: its own, or its pool's."""

    def __init__(
        self, queued: Iterable[Queued], desks: Mapping[int, tuple[str, str | None]], *, since: datetime
    ) -> None:
        self._desks = desks
        self._lengths: dict[_Key, list[timedelta]] = defaultdict(list)
        desk_of = {staff_id: one for one, (_, staff_id) in desks.items() if staff_id is not None}
        for one in queued:
            length = timedelta(milliseconds=one.talked_ms)
            if not one.over or one.starts_at < since or length < COUNTS_FROM:
                continue
            key = _key(one, desk_of)
            self._lengths[key].append(length)
            if key[0] == "desk":
                self._lengths["pool", desks[int(key[1])][0]].append(length)

    def of(self, key: _Key) -> tuple[timedelta, ...]:
        """Return the lengths that say how long calls of a line take."""
        own = self._lengths.get(key, [])
        if len(own) >= ENOUGH or key[0] != "desk":
            return tuple(own)
        return tuple(self._lengths.get(("pool", self._desks[int(key[1])][0]), ()))


def _went(one: Queued) -> bool:
    """Whether somebody waited and has left: they stand in no line until they come back."""
    return one.state is AppointmentState.WAITING and one.waiting_since is None


def _key(one: Queued, desk_of: Mapping[str, int]) -> _Key:
    """Return whose line an appointment stands in; a call is in that of whoever has it."""
    busy = one.over or one.state is AppointmentState.IN_SESSION
    desk = desk_of.get(one.agent_id) if busy and one.agent_id else None
    desk = one.unit_id if desk is None else desk
    return ("service", one.service_id) if desk is None else ("desk", desk)
