"""Call-backs in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, update

from vap_meet.domain.call_backs import Asker, CallBack, Result
from vap_meet.store.schema import appointment
from vap_meet.store.schema_call_backs import call_back as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackRow:
    """A call-back with what the official needs beside the number."""

    call_back: CallBack
    reference: str
    customer_name: str
    language: str
    service_name_ar: str
    service_name_en: str
    question: str | None


async def get(tx: AsyncConnection, appointment_id: str, *, hold: bool = False) -> CallBack | None:
    """Return the call-back of an appointment; `hold` keeps others from writing it until the commit."""
    query = select(table).where(table.c.appointment_id == appointment_id)
    row = (await tx.execute(query.with_for_update() if hold else query)).one_or_none()
    return None if row is None else _call_back(row)


async def put(tx: AsyncConnection, call_back: CallBack, *, new: bool) -> None:
    """Write a call-back, a new one or over what it was."""
    values = asdict(call_back)
    appointment_id = values.pop("appointment_id")
    if new:
        await tx.execute(table.insert().values(appointment_id=appointment_id, **values))
    else:
        await tx.execute(update(table).where(table.c.appointment_id == appointment_id).values(**values))


async def open_for(
    tx: AsyncConnection, staff_id: str, *, now: datetime, at_most: int
) -> tuple[CallBackRow, ...]:
    """Return what is somebody's to do, and what anybody may take, the most urgent first."""
    query = _rows().where(_open_to(staff_id, now)).order_by(table.c.due_at).limit(at_most)
    return tuple(map(_row, await tx.execute(query)))


async def closed_by(
    tx: AsyncConnection, staff_id: str, *, since: datetime, at_most: int
) -> tuple[CallBackRow, ...]:
    """Return what somebody has closed since then, the last one first."""
    query = (
        _rows()
        .where(table.c.closed_at >= since, table.c.owner_id == staff_id)
        .order_by(table.c.closed_at.desc())
        .limit(at_most)
    )
    return tuple(map(_row, await tx.execute(query)))


async def count_open(tx: AsyncConnection, staff_id: str, *, now: datetime) -> int:
    """Count what `open_for` would return without a bound."""
    query = select(func.count()).select_from(table).where(_open_to(staff_id, now))
    return int((await tx.execute(query)).scalar_one())


def _open_to(staff_id: str, now: datetime) -> ColumnElement[bool]:
    whose = or_(table.c.owner_id == staff_id, table.c.owner_id.is_(None), table.c.due_at < now)
    return and_(table.c.closed_at.is_(None), whose)


def _rows() -> Any:
    return select(
        table,
        appointment.c.reference,
        appointment.c.customer_name,
        appointment.c.language,
        appointment.c.service_name_ar,
        appointment.c.service_name_en,
        appointment.c.question,
    ).join(appointment, appointment.c.id == table.c.appointment_id)


def _call_back(row: Row[Any]) -> CallBack:
    return CallBack(
        appointment_id=row.appointment_id,
        phone=row.phone,
        asked_by=Asker(row.asked_by),
        asked_at=row.asked_at,
        due_at=row.due_at,
        owner_id=row.owner_id,
        tries=row.tries,
        last_try_at=row.last_try_at,
        closed_at=row.closed_at,
        result=None if row.result is None else Result(row.result),
        note=row.note,
    )


def _row(row: Row[Any]) -> CallBackRow:
    return CallBackRow(
        call_back=_call_back(row),
        reference=row.reference,
        customer_name=row.customer_name,
        language=row.language,
        service_name_ar=row.service_name_ar,
        service_name_en=row.service_name_en,
        question=row.question,
    )
