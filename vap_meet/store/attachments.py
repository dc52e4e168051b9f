"""Attachments in SQL. The content is read only when it is handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from vap_meet.domain.attachment import Attachment, FileKind
from vap_meet.store.schema_attachments import attachment as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_SHOWN = tuple(column for column in table.c if column.name != "content")


async def insert(tx: AsyncConnection, new: Attachment, content: bytes) -> None:
    """Write one whose id is not there yet."""
    await tx.execute(
        table.insert().values(
            id=new.id,
            appointment_id=new.appointment_id,
            name=new.name,
            kind=new.kind,
            size=new.size,
            sha256=new.sha256,
            sent_by=new.sent_by,
            attached_by=new.attached_by,
            attached_at=new.attached_at,
            content=content,
        )
    )


async def get(tx: AsyncConnection, attachment_id: str) -> Attachment | None:
    """Return one without its content, whosever it is."""
    row = (await tx.execute(select(*_SHOWN).where(table.c.id == attachment_id))).one_or_none()
    return None if row is None else _attachment(row)


async def of_appointment(tx: AsyncConnection, appointment_id: str) -> tuple[Attachment, ...]:
    """Return those of an appointment, the first first."""
    query = select(*_SHOWN).where(table.c.appointment_id == appointment_id)
    rows = await tx.execute(query.order_by(table.c.attached_at, table.c.id))
    return tuple(_attachment(row) for row in rows)


async def content(tx: AsyncConnection, attachment_id: str) -> bytes:
    """Return the bytes of one that is there."""
    query = select(table.c.content).where(table.c.id == attachment_id)
    return bytes((await tx.execute(query)).scalar_one())


async def withdraw(tx: AsyncConnection, attachment_id: str, *, by: str, at: datetime) -> None:
    """Empty one that is there of its name and content, and write who took it back."""
    emptied = {"name": "", "sha256": b"", "content": b"", "withdrawn_by": by, "withdrawn_at": at}
    await tx.execute(update(table).where(table.c.id == attachment_id).values(emptied))


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(
        id=row.id,
        appointment_id=row.appointment_id,
        name=row.name,
        kind=FileKind(row.kind),
        size=row.size,
        sha256=bytes(row.sha256),
        sent_by=row.sent_by,
        attached_by=row.attached_by,
        attached_at=row.attached_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
    )
