"""What a customer asked for beside the appointment, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from vap_meet.domain.availability import Need
from vap_meet.store.schema_self_booking import booking_detail as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def add(
    tx: AsyncConnection,
    appointment_id: str,
    *,
    need: Need | None,
    wants_earlier: bool,
    terms_version: str | None,
    phone_proved_at: datetime | None,
) -> None:
    """Note it, once an appointment."""
    await tx.execute(
        insert(table).values(
            appointment_id=appointment_id,
            need=need,
            wants_earlier=wants_earlier,
            terms_version=terms_version,
            phone_proved_at=phone_proved_at,
        )
    )


async def forget_proof(tx: AsyncConnection, appointment_id: str) -> None:
    """Take back that the phone was proved: the record has another one now."""
    await tx.execute(
        update(table).where(table.c.appointment_id == appointment_id).values(phone_proved_at=None)
    )


async def need_of(tx: AsyncConnection, appointment_id: str) -> Need | None:
    """Return what the customer needs to take part, None if nothing is known of it."""
    query = select(table.c.need).where(table.c.appointment_id == appointment_id)
    text = (await tx.execute(query)).scalar_one_or_none()
    return None if text is None else Need(text)


async def is_phone_vouched_for(tx: AsyncConnection, appointment_id: str) -> bool:
    """Whether the appointment's phone is its customer's: proved by code, or named by a system or official."""
    query = select(table.c.terms_version, table.c.phone_proved_at).where(
        table.c.appointment_id == appointment_id
    )
    row = (await tx.execute(query)).one_or_none()
    return row is None or row.terms_version is None or row.phone_proved_at is not None
