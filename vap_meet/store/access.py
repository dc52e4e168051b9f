"""SQL of links and visits. Of a code or a cookie only the SHA-256 is ever here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, insert, select, update

from vap_meet.store.schema import link, visit

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

# Built once: building a statement and naming it for the cache costs as much as running it.
_LINK_BY_CODE = select(link).where(link.c.code_sha256 == bindparam("code"))
_INSERT_VISIT = insert(visit)
_FIND_VISIT = select(visit).where(
    visit.c.browser_sha256 == bindparam("browser"),
    visit.c.appointment_id == bindparam("appointment"),
    visit.c.participant_id == bindparam("participant"),
    visit.c.schedule_version == bindparam("version"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that was issued: for whom, for which time of the appointment, derived with which key."""

    id: str
    appointment_id: str
    participant_id: str
    schedule_version: int
    key_id: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One browser's access to one appointment as one participant, given at one schedule version."""

    id: str
    browser_sha256: str
    appointment_id: str
    participant_id: str
    schedule_version: int
    notice_version: str
    created_at: datetime


_OF_LINK = tuple(field.name for field in fields(Link))
_OF_VISIT = tuple(field.name for field in fields(Visit))


async def add_link(tx: AsyncConnection, added: Link, *, code_sha256: str) -> None:
    """Insert a link."""
    await tx.execute(
        insert(link).values(
            id=added.id,
            appointment_id=added.appointment_id,
            participant_id=added.participant_id,
            schedule_version=added.schedule_version,
            key_id=added.key_id,
            code_sha256=code_sha256,
            created_at=added.created_at,
        )
    )


async def find_link(
    tx: AsyncConnection, *, appointment_id: str, participant_id: str, schedule_version: int, key_id: str
) -> Link | None:
    """Return the link that was issued for exactly this, None if there is none."""
    row = (
        await tx.execute(
            select(link).where(
                link.c.appointment_id == appointment_id,
                link.c.participant_id == participant_id,
                link.c.schedule_version == schedule_version,
                link.c.key_id == key_id,
            )
        )
    ).one_or_none()
    return None if row is None else read_link(row)


async def link_by_code(tx: AsyncConnection, code_sha256: str) -> Link | None:
    """Return the link whose code has this hash, None if there is none."""
    row = (await tx.execute(_LINK_BY_CODE, {"code": code_sha256})).one_or_none()
    return None if row is None else read_link(row)


async def add_visit(tx: AsyncConnection, added: Visit) -> None:
    """Insert a visit."""
    await tx.execute(_INSERT_VISIT, asdict(added))


async def find_visit(
    tx: AsyncConnection,
    *,
    browser_sha256: str,
    appointment_id: str,
    participant_id: str,
    schedule_version: int,
) -> Visit | None:
    """Return the visit of this browser to exactly this, None if there is none."""
    which = {
        "browser": browser_sha256,
        "appointment": appointment_id,
        "participant": participant_id,
        "version": schedule_version,
    }
    row = (await tx.execute(_FIND_VISIT, which)).one_or_none()
    return None if row is None else read_visit(row)


async def accept_notice(tx: AsyncConnection, visit_id: str, notice_version: str) -> None:
    """Note that a visit's person has accepted another version of the notice."""
    await tx.execute(update(visit).where(visit.c.id == visit_id).values(notice_version=notice_version))


def read_link(row: Row[Any], prefix: str = "") -> Link:
    """Return the link in a row whose columns are named as the table's, behind `prefix`."""
    return Link(**{name: getattr(row, prefix + name) for name in _OF_LINK})


def read_visit(row: Row[Any], prefix: str = "") -> Visit:
    """Return the visit in a row, as `read_link` does."""
    return Visit(**{name: getattr(row, prefix + name) for name in _OF_VISIT})
