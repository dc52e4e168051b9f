"""Customers' names in SQL, as they are searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, or_, select

from vap_meet.domain.naming import name_keys
from vap_meet.store.schema import appointment
from vap_meet.store.schema_customer_names import customer_name_key as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

_BEYOND = "\U0010ffff"
_INSERT = insert(table)


async def write(tx: AsyncConnection, appointment_id: str, name: str) -> None:
    """Let a new appointment be found by its customer's name."""
    if keys := name_keys(name):
        rows = [{"name_key": key, "appointment_id": appointment_id} for key in sorted(keys)]
        await tx.execute(_INSERT, rows)


async def rewrite(tx: AsyncConnection, appointment_id: str, name: str) -> None:
    """Let an appointment be found by another name than before."""
    await tx.execute(delete(table).where(table.c.appointment_id == appointment_id))
    await write(tx, appointment_id, name)


def named(part: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that an appointment's customer has a part of a name, in one of its spellings."""
    beginnings = or_(
        *(and_(table.c.name_key >= spelling, table.c.name_key < spelling + _BEYOND) for spelling in part)
    )
    return appointment.c.id.in_(select(table.c.appointment_id).where(beginnings))
