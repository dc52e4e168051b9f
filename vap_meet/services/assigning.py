"""Assigning: who an appointment is given to until the customer is called in, and giving it to somebody else.

The customer and the calendar hear nothing of it: they are told of the time, not of the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.access import StaffRole
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.errors import Forbidden, NotFound
from vap_meet.domain.pools import OFFICIALS
from vap_meet.services import reserving
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, booking_details, reservations
from vap_meet.store import assigning as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.access import StaffMember
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.availability import Need
    from vap_meet.store.assigning import Official
    from vap_meet.store.engine import Database

_PROVISIONAL = frozenset({AppointmentState.BOOKED, AppointmentState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who has an appointment: None if it was booked elsewhere, and whoever is free takes it.

    `provisional`: whether that may still change; `others` are those who are free then and could have it.
    """

    official: Official | None
    interpreter: Official | None
    need: Need | None
    provisional: bool
    others: tuple[Official, ...]
    may_give: bool
    is_mine: bool
    may_take: bool  # the reader is free then, and has it not


class Assigning:
    """Shows and changes assignments. Admins may, and every agent of the pool."""

    def __init__(self, *, db: Database, clock: Clock, changed: Callable[[], None] = no_one) -> None:
        """`changed` is called after a commit: boards and lines show who has what."""
        self._db = db
        self._clock = clock
        self._changed = changed

    async def of(self, appointment: Appointment, reader: StaffMember) -> Assignment:
        """Return who has an appointment, as somebody may see and change it."""
        async with self._db.read() as tx:
            return await self._view(tx, appointment, reader)

    async def give(self, appointment_id: str, unit_id: int | None, *, by: StaffMember) -> None:
        """Give an appointment to somebody of its pool; None: whoever asks takes it.

        Raises `NotFound`, `Forbidden` for who is not of the pool, `WrongState` once the customer was called
        in, `SlotTaken` if the person has something else then.
        """
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            known = await self._view(tx, appointment, by)
            if known.official is None:
                raise NotFound("Nobody's time is reserved for it.")
            people = await store.of_pool(tx, known.official.pool_id)
            own = next((one.unit_id for one in people if one.staff_id == by.id), None)
            if by.role is not StaffRole.ADMIN and own is None:
                raise Forbidden("Only somebody of the same pool may change who has it.")
            to = own if unit_id is None else unit_id
            if to is None:
                raise Forbidden("You are not of the pool that takes this appointment.")
            if to not in {one.unit_id for one in people}:
                raise NotFound("There is nobody like that in the pool.")
            if to == known.official.unit_id:
                return
            await reserving.reassign(tx, appointment_id, to, by=f"staff:{by.id}", now=self._clock())
        self._changed()

    async def _view(self, tx: AsyncConnection, appointment: Appointment, reader: StaffMember) -> Assignment:
        reserved = await store.of_appointment(tx, appointment.id)
        officials = [one for one in reserved if one.kind == OFFICIALS]
        interpreters = [one for one in reserved if one.kind != OFFICIALS]
        provisional = bool(officials) and appointment.state in _PROVISIONAL
        people: tuple[Official, ...] = ()
        busy: frozenset[int] = frozenset()
        if provisional:
            people = await store.of_pool(tx, officials[0].official.pool_id)
            ids = [one.unit_id for one in people]
            busy = await reservations.busy(tx, ids, officials[0].ticks, besides=appointment.id)
        has = officials[0].official if officials else None
        others = tuple(one for one in people if one.unit_id not in busy and one != has)
        of_pool = any(one.staff_id == reader.id for one in people)
        return Assignment(
            official=has,
            interpreter=interpreters[0].official if interpreters else None,
            need=await booking_details.need_of(tx, appointment.id),
            provisional=provisional,
            others=others,
            may_give=provisional and (of_pool or reader.role is StaffRole.ADMIN),
            is_mine=has is not None and has.staff_id == reader.id,
            may_take=any(one.staff_id == reader.id for one in others),
        )
