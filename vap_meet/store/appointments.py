"""The appointment record in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.appointment import (
    Appointment,
    AppointmentState,
    Customer,
    Language,
    Mode,
    ServiceName,
)
from vap_meet.domain.errors import NotFound
from vap_meet.store.schema import appointment as table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


# Built once: building a statement and naming it for the cache costs as much as running it.
_FIND = select(table).where(table.c.id == bindparam("which"))
_HOLD = _FIND.with_for_update(key_share=True)  # SQLite has no such clause and needs none: who writes is alone
_FIND_ALL = select(table).where(table.c.id.in_(bindparam("ids", expanding=True)))
_MOVED_AT = select(table.c.moved_at).where(table.c.id == bindparam("which"))
_HOLD_STANDING = (
    select(table.c.id, table.c.state, table.c.moved_at)
    .where(table.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(table.c.id)
    .with_for_update(key_share=True)
)
_SET_STATE = (
    table.update()
    .where(table.c.id == bindparam("which"))
    .values(state=bindparam("state"), updated_at=bindparam("updated_at"))
)


async def insert(tx: AsyncConnection, appointment: Appointment, *, request_hash: str) -> bool:
    """Add a new record, and hold it; false if its id or its reference is there already."""
    statement = new_row(table).values(**_columns(appointment), request_hash=request_hash)
    return (await tx.execute(statement.on_conflict_do_nothing())).rowcount == 1


async def update(tx: AsyncConnection, appointment: Appointment, *, request_hash: str | None = None) -> None:
    """Write the whole record over the one with its id; `request_hash` only when a booking was put."""
    values = _columns(appointment) | ({} if request_hash is None else {"request_hash": request_hash})
    await tx.execute(table.update().where(table.c.id == appointment.id).values(**values))


async def set_state(
    tx: AsyncConnection, appointment_id: str, state: AppointmentState, *, at: datetime
) -> None:
    """Write the state alone, which touches neither version."""
    await set_states(tx, {appointment_id: state}, at=at)


async def set_moved(tx: AsyncConnection, appointment_id: str, *, at: datetime) -> None:
    """Note since when the record has its present time: facts before it are of an earlier one."""
    await tx.execute(table.update().where(table.c.id == appointment_id).values(moved_at=at))


async def get(tx: AsyncConnection, appointment_id: str, *, hold: bool = False) -> Appointment:
    """Return the record; with `hold`, nobody else changes it before this one ends. Raises `NotFound`."""
    found = await find(tx, appointment_id, hold=hold)
    if found is None:
        raise NotFound("There is no such appointment.")
    return found


async def find(tx: AsyncConnection, appointment_id: str, *, hold: bool = False) -> Appointment | None:
    """Return the record, or None; `hold` as in `get`."""
    if "\0" in appointment_id:  # PostgreSQL refuses such a text even in a comparison
        return None
    row = (await tx.execute(_HOLD if hold else _FIND, {"which": appointment_id})).one_or_none()
    return None if row is None else read_row(row)


async def of_ids(tx: AsyncConnection, ids: Collection[str]) -> dict[str, Appointment]:
    """Return the records that have these ids."""
    if not ids:
        return {}
    return {row.id: read_row(row) for row in await tx.execute(_FIND_ALL, {"ids": padded(ids)})}


async def request_hash_of(tx: AsyncConnection, appointment_id: str) -> str | None:
    """Return the digest of the booking as it was last put."""
    query = select(table.c.request_hash).where(table.c.id == appointment_id)
    return (await tx.execute(query)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an appointment stands for its facts: its state, and since when it has its present time."""

    state: AppointmentState
    moved_at: datetime | None

    def is_present(self, at: datetime) -> bool:
        """Whether a fact at this time is of the present time of the appointment."""
        return self.moved_at is None or at >= self.moved_at


async def hold_standing(tx: AsyncConnection, ids: Collection[str]) -> dict[str, Standing]:
    """Hold records, always in the order of their ids so that nobody waits in a circle, and return them."""
    return {
        id_: Standing(AppointmentState(state), moved_at)
        for id_, state, moved_at in await tx.execute(_HOLD_STANDING, {"ids": padded(ids)})
    }


async def set_states(tx: AsyncConnection, states: Mapping[str, AppointmentState], *, at: datetime) -> None:
    """Write states alone, which touches no version. At least one."""
    await tx.execute(_SET_STATE, [{"which": id_, "state": s, "updated_at": at} for id_, s in states.items()])


def padded(ids: Collection[str]) -> list[str]:
    """Return ids, the last repeated up to a power of two: few lengths make few statements to prepare."""
    every = sorted(ids)
    return every + every[-1:] * ((1 << (len(every) - 1).bit_length()) - len(every)) if every else every


async def of_phone(tx: AsyncConnection, phone: str, *, at_most: int) -> tuple[Appointment, ...]:
    """Return what was booked for a phone, the latest first."""
    query = select(table).where(table.c.customer_phone == phone)
    query = query.order_by(table.c.starts_at.desc(), table.c.id).limit(at_most)
    return tuple(read_row(row) for row in await tx.execute(query))


async def of_reference(tx: AsyncConnection, reference: str) -> Appointment | None:
    """Return the record that has a reference, or None."""
    row = (await tx.execute(select(table).where(table.c.reference == reference))).one_or_none()
    return None if row is None else read_row(row)


async def moved_at(tx: AsyncConnection, appointment_id: str) -> datetime | None:
    """Return since when the record has its present time; None if it has never moved."""
    return (await tx.execute(_MOVED_AT, {"which": appointment_id})).scalar_one_or_none()


async def reference_taken(tx: AsyncConnection, reference: str) -> bool:
    """Whether some record has this reference."""
    query = select(table.c.id).where(table.c.reference == reference)
    return (await tx.execute(query)).first() is not None


def read_row(row: Row[Any]) -> Appointment:
    """Return the record in a row that holds every column of the table under its own name."""
    return Appointment(
        id=row.id,
        reference=row.reference,
        service=ServiceName(id=row.service_id, name_ar=row.service_name_ar, name_en=row.service_name_en),
        customer=Customer(
            name=row.customer_name,
            phone=row.customer_phone,
            email=row.customer_email,
            language=Language(row.language),
        ),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        mode=Mode(row.mode),
        question=row.question,
        request_number=row.request_number,
        state=AppointmentState(row.state),
        schedule_version=row.schedule_version,
        revision=row.revision,
        cancel_reason=row.cancel_reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _columns(appointment: Appointment) -> dict[str, Any]:
    return {
        "id": appointment.id,
        "reference": appointment.reference,
        "service_id": appointment.service.id,
        "service_name_ar": appointment.service.name_ar,
        "service_name_en": appointment.service.name_en,
        "customer_name": appointment.customer.name,
        "customer_phone": appointment.customer.phone,
        "customer_email": appointment.customer.email,
        "language": appointment.customer.language,
        "mode": appointment.mode,
        "question": appointment.question,
        "request_number": appointment.request_number,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
        "state": appointment.state,
        "cancel_reason": appointment.cancel_reason,
        "schedule_version": appointment.schedule_version,
        "revision": appointment.revision,
        "created_at": appointment.created_at,
        "updated_at": appointment.updated_at,
    }
