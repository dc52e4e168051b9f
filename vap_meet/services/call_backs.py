"""Call-backs: a customer whose call could not be held is telephoned; nobody is left with a broken line.

The customer asks, or the official does for them. One call-back an appointment: asking again renews it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.domain.call_backs import (
    CALLED_AFTER,
    MAX_TRIES,
    Asker,
    CallBack,
    CallBackState,
    Result,
    check_note,
    due_at,
    may_be_asked,
    may_book_again,
)
from vap_meet.domain.contact import read_phone
from vap_meet.domain.errors import InvalidRequest, NotFound, WrongState
from vap_meet.domain.opening import Timetable, default_week
from vap_meet.domain.slot_errors import NotBookable
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, audit, availability, outcomes
from vap_meet.store import call_backs as store
from vap_meet.store.call_backs import CallBackRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.outcome import OutcomeCode
    from vap_meet.services.booking_invitations import BookingInvitations, Invited
    from vap_meet.store.engine import Database

__all__ = ["CallBackRow", "CallBacks", "Desk", "Ways", "answered"]

SHOWN = 200
SHOWN_CLOSED_FOR = timedelta(days=1)

_ANSWERED = frozenset(
    {
        AppointmentEvent.COMPLETED,
        AppointmentEvent.AMENDED,
        AppointmentEvent.CANCELLED,
        AppointmentEvent.NO_SHOW,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one official has to call, and has called lately."""

    open: tuple[CallBackRow, ...]
    closed: tuple[CallBackRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What there is for a customer: the call that was asked for, and what else may be done."""

    call_back: CallBack | None
    may_ask: bool
    may_book_again: bool


class CallBacks:
    """The use cases. `zone` counts where the service's hours are not known.

    `wake` is called after a commit that promised something.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        zone: ZoneInfo,
        invitations: BookingInvitations,
        wake: Callable[[], None] = no_one,
    ) -> None:
        self._db = db
        self._clock = clock
        self._zone = zone
        self._invitations = invitations
        self._wake = wake

    async def ask(
        self, appointment_id: str, *, by: Asker, phone: str | None = None, staff_id: str | None = None
    ) -> CallBack:
        """Ask for a call to `phone`, by default the appointment's number.

        An open call-back keeps its deadline and its owner; a closed one is opened again. Raises `NotFound`,
        `InvalidRequest` if the number is missing or unreadable, `WrongState` if the answer is there or the
        appointment was cancelled.
        """
        async with self._db.write() as tx:
            now = self._clock()
            appointment = await appointments.get(tx, appointment_id, hold=True)
            if not may_be_asked(appointment, await _code(tx, appointment_id)):
                raise WrongState("There is nothing left to call about.")
            number = _number(phone, appointment)
            before = await store.get(tx, appointment_id, hold=True)
            if before is not None and before.result is None:
                if before.phone == number:
                    return before
                asked = replace(before, phone=number)
            else:
                asked = CallBack(
                    appointment_id=appointment_id,
                    phone=number,
                    asked_by=by,
                    asked_at=now,
                    due_at=await self._due_at(tx, appointment, now),
                    owner_id=staff_id,
                    note="" if before is None else before.note,
                )
            await store.put(tx, asked, new=before is None)
            await _audit(tx, asked, "asked", by=f"staff:{staff_id}" if staff_id else by, at=now)
        return asked

    async def of(self, appointment_id: str) -> Ways:
        """Return the call-back and what else there is for this customer. Raises `NotFound`."""
        async with self._db.read() as tx:
            appointment = await appointments.get(tx, appointment_id)
            code = await _code(tx, appointment_id)
            found = await store.get(tx, appointment_id)
        return Ways(
            call_back=found,
            may_ask=may_be_asked(appointment, code),
            may_book_again=may_book_again(code, found),
        )

    async def book_again(self, appointment_id: str) -> Invited:
        """Return the invitation by which the customer books another time, before everybody else.

        Raises `NotFound`, `WrongState` if they were met, `NotBookable` if the service takes none any more.
        """
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            code, found = await _code(tx, appointment_id), await store.get(tx, appointment_id)
            if not may_book_again(code, found):
                raise WrongState("The customer was met.")
            return await self._invitations.again(tx, appointment, tell=False)

    async def withdraw(self, appointment_id: str) -> CallBack:
        """Take the customer's wish back; again changes nothing. Raises `NotFound`."""
        async with self._db.write() as tx:
            now = self._clock()
            await appointments.get(tx, appointment_id, hold=True)
            before = await store.get(tx, appointment_id, hold=True)
            if before is None:
                raise NotFound("Nobody asked for a call.")
            if before.result is not None:
                return before
            return await _close(tx, before, Result.WITHDRAWN, by="customer", at=now)

    async def desk(self, staff_id: str) -> Desk:
        """Return what somebody has to call: their own, and what is anybody's.

        That is what nobody has taken, and what a colleague has and has not done in time.
        """
        now = self._clock()
        since = now - SHOWN_CLOSED_FOR
        async with self._db.read() as tx:
            return Desk(
                open=await store.open_for(tx, staff_id, now=now, at_most=SHOWN),
                closed=await store.closed_by(tx, staff_id, since=since, at_most=SHOWN),
            )

    async def count(self, staff_id: str) -> int:
        """Count what somebody has to call."""
        async with self._db.read() as tx:
            return await store.count_open(tx, staff_id, now=self._clock())

    async def take(self, appointment_id: str, *, staff_id: str) -> CallBack:
        """Make one somebody's own. Raises `NotFound`, `WrongState` if it is closed or a colleague's.

        A colleague's that is overdue may be taken over: whoever has it may be away.
        """
        async with self._db.write() as tx:
            now = self._clock()
            call_back = await _open(tx, appointment_id)
            if call_back.owner_id == staff_id:
                return call_back
            if call_back.owner_id is not None and call_back.state(now) is not CallBackState.OVERDUE:
                raise WrongState("A colleague has taken this call.")
            taken = replace(call_back, owner_id=staff_id)
            await store.put(tx, taken, new=False)
            await _audit(tx, taken, "taken", by=f"staff:{staff_id}", at=now)
        return taken

    async def tried(self, appointment_id: str, *, reached: bool, note: str, staff_id: str) -> CallBack:
        """Note a call: whoever was reached is done; the third one in vain closes it as well.

        Then the customer is invited in writing to another time.

        Raises `NotFound`, `InvalidRequest`, `WrongState` if it is closed or a colleague's.
        """
        note = note.strip()
        check_note(note)
        async with self._db.write() as tx:
            now = self._clock()
            call_back = await _open(tx, appointment_id)
            if call_back.owner_id not in {None, staff_id}:
                raise WrongState("A colleague has taken this call.")
            tried = replace(
                call_back,
                owner_id=staff_id,
                tries=call_back.tries + 1,
                last_try_at=now,
                note=note or call_back.note,
            )
            by = f"staff:{staff_id}"
            if reached:
                return await _close(tx, tried, Result.REACHED, by=by, at=now)
            if tried.tries < MAX_TRIES:
                await store.put(tx, tried, new=False)
                await _audit(tx, tried, "tried", by=by, at=now)
                return tried
            tried = await _close(tx, tried, Result.NOT_REACHED, by=by, at=now)
            with suppress(NotBookable):  # the service takes no appointments any more
                appointment = await appointments.get(tx, appointment_id)
                await self._invitations.again(tx, appointment, tell=True)
        self._wake()
        return tried

    async def _due_at(self, tx: AsyncConnection, appointment: Appointment, now: datetime) -> datetime:
        pool_id = await availability.pool_id_of(tx, appointment.service.id)
        pool = await availability.find_pool(tx, pool_id, since=now.date() - timedelta(days=1))
        if pool is None:
            return due_at(now, Timetable(default_week()), self._zone)
        return due_at(now, pool.timetable, pool.zone)


async def answered(
    tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment, *, at: datetime
) -> None:
    """Close the call-back of an appointment that was answered in another way, or cancelled.

    A listener (`services.announcing`): it runs in the transaction of the change.
    """
    if event not in _ANSWERED or await _code(tx, appointment.id) in CALLED_AFTER:
        return
    call_back = await store.get(tx, appointment.id, hold=True)
    if call_back is not None and call_back.result is None:
        await _close(tx, call_back, Result.WITHDRAWN, by="record", at=at)


async def _code(tx: AsyncConnection, appointment_id: str) -> OutcomeCode | None:
    latest = await outcomes.latest(tx, appointment_id)
    return None if latest is None else latest.content.code


async def _open(tx: AsyncConnection, appointment_id: str) -> CallBack:
    await appointments.get(tx, appointment_id, hold=True)
    call_back = await store.get(tx, appointment_id, hold=True)
    if call_back is None:
        raise NotFound("Nobody asked for a call.")
    if call_back.result is not None:
        raise WrongState("The call-back is closed.")
    return call_back


async def _close(
    tx: AsyncConnection, call_back: CallBack, result: Result, *, by: str, at: datetime
) -> CallBack:
    closed = replace(call_back, closed_at=at, result=result)
    await store.put(tx, closed, new=False)
    await _audit(tx, closed, result.value, by=by, at=at)
    return closed


def _number(phone: str | None, appointment: Appointment) -> str:
    number = appointment.customer.phone if phone is None else read_phone(phone)
    if number is None:
        raise InvalidRequest("There is no number to call.", fields={"phone": "A telephone number."})
    return number


async def _audit(tx: AsyncConnection, call_back: CallBack, verb: str, *, by: str, at: datetime) -> None:
    await audit.record(
        tx,
        at=at,
        action=f"call_back.{verb}",
        appointment_id=call_back.appointment_id,
        public={"by": by, "due_at": call_back.due_at.isoformat(), "tries": call_back.tries},
        personal={"phone": call_back.phone, "note": call_back.note},
    )
