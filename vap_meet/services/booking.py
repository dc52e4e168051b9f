"""Booking: put, read, move and cancel an appointment. One transaction each, audited and promised in it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.appointment import Appointment, AppointmentState, Step, step
from vap_meet.domain.booking import (
    changed_fields,
    check_ahead,
    check_reason,
    check_request,
    check_time,
    request_hash,
)
from vap_meet.domain.errors import AppointmentExists, VersionConflict, WrongState
from vap_meet.domain.outbox import Kind, room_command, room_lane
from vap_meet.domain.reference import make_reference
from vap_meet.services import reserving
from vap_meet.services.announcing import Announce, AppointmentEvent, announce, no_one
from vap_meet.store import appointments, audit, booking_details, customer_names, outbox, sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import BookingRequest
    from vap_meet.services.reserving import Wish
    from vap_meet.store.engine import Database

_STALE = "The appointment has changed since it was read; read it again."


class Booking:
    """The use cases of the schedule. `wake` is called after a commit that promised something."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        wake: Callable[[], None] = no_one,
        announce: Announce = announce,
        choose: Callable[[str], str] = secrets.choice,
    ) -> None:
        self._db = db
        self._clock = clock
        self._wake = wake
        self._announce = announce
        self._choose = choose

    async def get(self, appointment_id: str) -> Appointment:
        """Return the record. Raises `NotFound`."""
        async with self._db.read() as tx:
            return await appointments.get(tx, appointment_id)

    async def put(
        self,
        appointment_id: str,
        request: BookingRequest,
        *,
        by: str,
        if_match: int | None,
        wish: Wish | None = None,
    ) -> tuple[Appointment, bool]:
        """Book, or edit what is booked; whether it was created. With a wish, somebody's time is reserved.

        The same request again returns the same record. Other content without `if_match` raises
        `AppointmentExists`, with a stale one `VersionConflict`; impossible content `InvalidRequest`; an edit
        of what is over, or another time during the session, `WrongState`.
        """
        check_request(appointment_id, request)
        digest = request_hash(request)
        async with self._db.write() as tx:
            record, created = await self._put(
                tx, appointment_id, request, digest, by=by, if_match=if_match, wish=wish
            )
        self._wake()
        return record, created

    async def _put(
        self,
        tx: AsyncConnection,
        appointment_id: str,
        request: BookingRequest,
        digest: str,
        *,
        by: str,
        if_match: int | None,
        wish: Wish | None,
    ) -> tuple[Appointment, bool]:
        now = self._clock()
        current = await appointments.find(tx, appointment_id, hold=True)
        while current is None:
            if if_match is not None:
                raise VersionConflict("There is no such appointment to edit.")
            created = await self._create(tx, appointment_id, request, digest, by=by, now=now, wish=wish)
            if created is not None:
                await self._announce(tx, AppointmentEvent.BOOKED, created, at=now)
                return created, True
            # Somebody else has just booked it, or has just been given the reference that was free.
            current = await appointments.find(tx, appointment_id, hold=True)
        changes = changed_fields(current, request)
        if if_match is None:
            if changes and digest != await appointments.request_hash_of(tx, appointment_id):
                raise AppointmentExists("The appointment is booked already, with other content.")
            return current, False
        if not changes:
            return current, False
        if if_match != current.revision:
            raise VersionConflict(_STALE)
        edited = await self._edit(tx, current, request, changes, by=by, now=now)
        await appointments.update(tx, edited, request_hash=digest)
        if changes & {"service", "starts_at", "ends_at"}:
            await reserving.follow(tx, edited, now=now)
        if edited.schedule_version != current.schedule_version:
            await self._announce(tx, AppointmentEvent.MOVED, edited, at=now)
        return edited, False

    async def move(
        self,
        appointment_id: str,
        *,
        starts_at: datetime,
        duration_minutes: int | None,
        by: str,
        if_match: int,
    ) -> Appointment:
        """Give it another time; links and tokens of the old one end. No duration keeps the present one.

        The same move again changes nothing.

        Raises `NotFound`, `InvalidRequest`, `VersionConflict`, `WrongState`.
        """
        check_time(starts_at, duration_minutes)
        async with self._db.write() as tx:
            now = self._clock()
            current = await appointments.get(tx, appointment_id, hold=True)
            length = current.ends_at - current.starts_at
            if duration_minutes is not None:
                length = timedelta(minutes=duration_minutes)
            starts_at = starts_at.astimezone(UTC)
            is_there = (starts_at, starts_at + length) == (current.starts_at, current.ends_at)
            if is_there and if_match in (current.revision, current.revision - 1):
                return current  # the same again, whose first answer may have been lost
            if if_match != current.revision:
                raise VersionConflict(_STALE)
            check_ahead(starts_at + length, now=now)
            moved = replace(
                await self._another_time(tx, current, now=now),
                starts_at=starts_at,
                ends_at=starts_at + length,
                revision=current.revision + 1,
                updated_at=now,
            )
            await appointments.update(tx, moved)
            await reserving.follow(tx, moved, now=now)
            public = _versions(moved, by) | {"starts_at": starts_at.isoformat()}
            await audit.record(
                tx, at=now, action="appointment.moved", appointment_id=appointment_id, public=public
            )
            await self._announce(tx, AppointmentEvent.MOVED, moved, at=now)
        self._wake()
        return moved

    async def cancel(self, appointment_id: str, *, reason: str, by: str, if_match: int | None) -> Appointment:
        """Call it off; cancelling again changes nothing.

        Raises `NotFound`, `InvalidRequest`, `VersionConflict`, `WrongState`.
        """
        check_reason(reason)
        async with self._db.write() as tx:
            now = self._clock()
            current = await appointments.get(tx, appointment_id, hold=True)
            if current.state is AppointmentState.CANCELLED:
                return current
            if if_match not in (None, current.revision):
                raise VersionConflict(_STALE)
            cancelled = replace(
                current,
                state=step(current.state, Step.CANCEL),
                cancel_reason=reason,
                schedule_version=current.schedule_version + 1,
                revision=current.revision + 1,
                updated_at=now,
            )
            await appointments.update(tx, cancelled)
            await reserving.release(tx, cancelled, now=now)
            await _revoke_room(tx, appointment_id, now=now)
            await audit.record(
                tx,
                at=now,
                action="appointment.cancelled",
                appointment_id=appointment_id,
                public=_versions(cancelled, by),
                personal={"reason": reason},
            )
            await self._announce(tx, AppointmentEvent.CANCELLED, cancelled, at=now)
        self._wake()
        return cancelled

    async def _create(
        self,
        tx: AsyncConnection,
        appointment_id: str,
        request: BookingRequest,
        digest: str,
        *,
        by: str,
        now: datetime,
        wish: Wish | None,
    ) -> Appointment | None:
        starts_at = request.starts_at.astimezone(UTC)
        ends_at = starts_at + timedelta(minutes=request.duration_minutes)
        if wish is None:  # a wish is told the exact reason when its time is taken
            check_ahead(ends_at, now=now)
        created = Appointment(
            id=appointment_id,
            reference=await self._free_reference(tx),
            service=request.service,
            customer=request.customer,
            starts_at=starts_at,
            ends_at=ends_at,
            mode=request.mode,
            question=request.question,
            request_number=request.request_number,
            state=AppointmentState.BOOKED,
            schedule_version=1,
            revision=1,
            cancel_reason=None,
            created_at=now,
            updated_at=now,
        )
        if not await appointments.insert(tx, created, request_hash=digest):
            return None
        await customer_names.write(tx, appointment_id, created.customer.name)
        if wish is not None:
            await reserving.take(tx, created, wish, now=now)
        await audit.record(
            tx,
            at=now,
            action="appointment.booked",
            appointment_id=appointment_id,
            public=_versions(created, by)
            | {"service_id": created.service.id, "starts_at": starts_at.isoformat(), "mode": created.mode},
            personal=_personal(created),
        )
        return created

    async def _edit(
        self,
        tx: AsyncConnection,
        current: Appointment,
        request: BookingRequest,
        changes: frozenset[str],
        *,
        by: str,
        now: datetime,
    ) -> Appointment:
        if not current.is_open:
            raise WrongState("The appointment is over and can't be edited any more.")
        base = current
        starts_at = request.starts_at.astimezone(UTC)
        ends_at = starts_at + timedelta(minutes=request.duration_minutes)
        if changes & {"starts_at", "ends_at"}:
            check_ahead(ends_at, now=now)
            base = await self._another_time(tx, current, now=now)
        edited = replace(
            base,
            service=request.service,
            customer=request.customer,
            starts_at=starts_at,
            ends_at=ends_at,
            mode=request.mode,
            question=request.question,
            request_number=request.request_number,
            revision=current.revision + 1,
            updated_at=now,
        )
        if edited.customer.phone != current.customer.phone:
            await booking_details.forget_proof(tx, current.id)
        if edited.customer.name != current.customer.name:
            await customer_names.rewrite(tx, current.id, edited.customer.name)
        await audit.record(
            tx,
            at=now,
            action="appointment.edited",
            appointment_id=current.id,
            public=_versions(edited, by) | {"changed": sorted(changes)},
            personal=_personal(edited),
        )
        return edited

    async def _another_time(self, tx: AsyncConnection, current: Appointment, *, now: datetime) -> Appointment:
        """Return the record with its next schedule version; send away who waits, begin the session anew."""
        state = step(current.state, Step.MOVE)
        # Rooms stamp facts in whole milliseconds.
        await appointments.set_moved(
            tx, current.id, at=now.replace(microsecond=now.microsecond // 1000 * 1000)
        )
        await sessions.forget(tx, current.id)
        await _revoke_room(tx, current.id, now=now)
        return replace(current, state=state, schedule_version=current.schedule_version + 1)

    async def _free_reference(self, tx: AsyncConnection) -> str:
        while True:
            reference = make_reference(self._choose)
            if not await appointments.reference_taken(tx, reference):
                return reference


async def _revoke_room(tx: AsyncConnection, appointment_id: str, *, now: datetime) -> None:
    await outbox.promise(
        tx,
        lane=room_lane(appointment_id),
        kind=Kind.ROOM_REVOKE,
        payload=room_command(appointment_id),
        at=now,
    )


def _versions(appointment: Appointment, by: str) -> dict[str, str | int]:
    return {
        "by": by,
        "revision": appointment.revision,
        "schedule_version": appointment.schedule_version,
    }


def _personal(appointment: Appointment) -> dict[str, str | None]:
    customer = appointment.customer
    return {
        "name": customer.name,
        "phone": customer.phone,
        "email": customer.email,
        "question": appointment.question,
    }
