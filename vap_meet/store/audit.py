"""Audit entries in SQL: written unsealed by use cases, sealed by one sealer, their personal part erasable."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from vap_meet.domain.audit import (
    ERASED,
    SALT_BYTES,
    AuditEntry,
    NewEntry,
    canonical,
    commitment,
    public_bytes,
)
from vap_meet.store.schema import audit_entry as table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT = insert(table)


async def record(
    tx: AsyncConnection,
    *,
    at: datetime,
    action: str,
    appointment_id: str | None,
    public: Mapping[str, Any],
    personal: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry, unsealed; `NewEntry` says what belongs where."""
    entry = NewEntry(at=at, action=action, appointment_id=appointment_id, public=public, personal=personal)
    await record_all(tx, [entry])


async def record_all(tx: AsyncConnection, entries: Sequence[NewEntry]) -> None:
    """Write entries, unsealed. At least one."""
    await tx.execute(_INSERT, [_row(entry) for entry in entries])


def _row(entry: NewEntry) -> dict[str, Any]:
    secret = None if entry.personal is None else canonical(entry.personal)
    salt = secrets.token_bytes(SALT_BYTES)
    public = public_bytes(
        at=entry.at, action=entry.action, appointment_id=entry.appointment_id, public=entry.public
    )
    return {
        "at": entry.at,
        "action": entry.action,
        "appointment_id": entry.appointment_id,
        "public": public,
        "personal": secret,
        "salt": salt,
        "commitment": commitment(salt, secret or b""),
    }


async def of_appointment(tx: AsyncConnection, appointment_id: str) -> tuple[AuditEntry, ...]:
    """Return every entry about an appointment, in the order of writing."""
    query = select(table).where(table.c.appointment_id == appointment_id).order_by(table.c.id)
    return tuple(AuditEntry(**row) for row in (await tx.execute(query)).mappings())


async def unsealed(tx: AsyncConnection, *, at_most: int) -> tuple[AuditEntry, ...]:
    """Return the oldest entries that wait for their seal."""
    query = select(table).where(table.c.seal_no.is_(None)).order_by(table.c.id).limit(at_most)
    return tuple(AuditEntry(**row) for row in (await tx.execute(query)).mappings())


async def count_unsealed(tx: AsyncConnection) -> int:
    """Return how many entries wait for their seal."""
    query = select(func.count()).select_from(table).where(table.c.seal_no.is_(None))
    return (await tx.execute(query)).scalar_one()


async def unsealed_since(tx: AsyncConnection, moment: datetime) -> bool:
    """Whether some entry of before a moment still waits for its seal."""
    query = select(table.c.id).where(table.c.seal_no.is_(None), table.c.at < moment)
    return (await tx.execute(query.limit(1))).first() is not None


async def last_seal(tx: AsyncConnection) -> tuple[int, bytes] | None:
    """Return number and hash of the newest sealed entry."""
    query = select(table.c.seal_no, table.c.hash).where(table.c.seal_no.is_not(None))
    row = (await tx.execute(query.order_by(table.c.seal_no.desc()).limit(1))).one_or_none()
    return None if row is None else (row.seal_no, row.hash)


async def seal(tx: AsyncConnection, seals: Sequence[tuple[int, int, bytes]]) -> None:
    """Write seals: (entry id, seal number, hash). At least one."""
    statement = update(table).where(table.c.id == bindparam("entry_id"))
    await tx.execute(
        statement.values(seal_no=bindparam("number"), hash=bindparam("digest")),
        [{"entry_id": entry_id, "number": number, "digest": digest} for entry_id, number, digest in seals],
    )


async def sealed_after(tx: AsyncConnection, seal_no: int, *, at_most: int) -> tuple[AuditEntry, ...]:
    """Return sealed entries behind `seal_no`, in the order of the chain."""
    query = select(table).where(table.c.seal_no > seal_no).order_by(table.c.seal_no).limit(at_most)
    return tuple(AuditEntry(**row) for row in (await tx.execute(query)).mappings())


async def erase(tx: AsyncConnection, appointment_id: str) -> tuple[bytes, ...]:
    """Take personal part and salt from an appointment's entries; return the commitments that stay."""
    query = (
        update(table)
        .where(table.c.appointment_id == appointment_id, table.c.personal.is_not(None))
        .values(personal=None, salt=None)
        .returning(table.c.commitment)
    )
    return tuple((await tx.execute(query)).scalars())


async def erasures(tx: AsyncConnection) -> tuple[AuditEntry, ...]:
    """Return the entries, sealed or not, that say which others were erased."""
    query = select(table).where(table.c.action == ERASED).order_by(table.c.id)
    return tuple(AuditEntry(**row) for row in (await tx.execute(query)).mappings())
