"""Assigning: who an appointment is given to until the customer is called in, and giving it to somebody else.

The customer and the calendar hear nothing of it: they are told of the time, not of the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.access import StaffRole
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.errors import Forbidden, InvalidRequest, NotFound, VersionConflict
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
    """Shows and changes assignments. Admins may, every agent of the pool, and booking systems."""

    def __init__(self, *, db: Database, clock: Clock, changed: Callable[[], None] = no_one) -> None:
        """`changed` is called after a commit: boards and lines show who has what."""
        self._db = db
        self._clock = clock
        self._changed = changed

    async def of(self, appointment: Appointment, reader: StaffMember | None) -> Assignment:
        """Return who has an appointment, as somebody may see and change it; None is a booking system."""
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

    async def give_to_agent(
        self, appointment_id: str, staff_id: str, *, by: str, if_match: int | None
    ) -> Assignment:
        """Give an appointment to an agent of its pool by their account; who has it already keeps it.

        With `if_match`, only while that is the record's revision. Raises `NotFound` for no such appointment
        and where nobody's time is reserved, `InvalidRequest` for who is not of the pool, `VersionConflict`,
        `WrongState` once the customer was called in, `SlotTaken` if the agent has something else then.
        """
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            if if_match not in {None, appointment.revision}:
                raise VersionConflict("The appointment has changed since it was read.")
            known = await self._view(tx, appointment, None)
            if known.official is None:
                raise NotFound("Nobody's time is reserved for it.")
            people = await store.of_pool(tx, known.official.pool_id)
            to = next((one.unit_id for one in people if one.staff_id == staff_id), None)
            if to is None:
                raise InvalidRequest(
                    "It can't be given to them.", fields={"agent": "No agent of the pool that takes it."}
                )
            if to == known.official.unit_id:
                return known
            await reserving.reassign(tx, appointment_id, to, by=by, now=self._clock())
            given = await self._view(tx, appointment, None)
        self._changed()
        return given

    async def _view(
        self, tx: AsyncConnection, appointment: Appointment, reader: StaffMember | None
    ) -> Assignment:
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
        reader_id = None if reader is None else reader.id
        of_pool = reader_id is not None and any(one.staff_id == reader_id for one in people)
        return Assignment(
            official=has,
            interpreter=interpreters[0].official if interpreters else None,
            need=await booking_details.need_of(tx, appointment.id),
            provisional=provisional,
            others=others,
            may_give=provisional and (of_pool or reader is None or reader.role is StaffRole.ADMIN),
            is_mine=reader_id is not None and has is not None and has.staff_id == reader_id,
            may_take=of_pool and any(one.staff_id == reader_id for one in others),
        )
