"""What people looked for and did not find, in SQL: who asked to be told of a service, and lost searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from vap_meet.domain.appointment import Language
from vap_meet.store.schema_catalogue import missed_search, service_interest

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """How many asked to be told of a service, and how many of them are still to be told."""

    service_id: str
    asked: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody who waits to be told. Personal data."""

    contact: str
    language: Language
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who waits to be told, by the id of what they asked. Personal data."""

    id: str
    contact: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedSearch:
    """Words that found nothing, as searches compare them."""

    text: str
    times: int
    first_at: datetime
    last_at: datetime


async def add_interest(
    tx: AsyncConnection,
    *,
    id_: str,
    service_id: str,
    contact: str,
    language: Language,
    consent_version: str,
    at: datetime,
) -> bool:
    """Note that somebody wants to be told; false if they are noted already."""
    new = insert(service_interest).values(
        id=id_,
        service_id=service_id,
        contact=contact,
        language=language,
        consent_version=consent_version,
        created_at=at,
    )
    return (await tx.execute(new.on_conflict_do_nothing())).rowcount == 1


async def interest(tx: AsyncConnection) -> tuple[Interest, ...]:
    """Return the demand for each service somebody asked about, the greatest first."""
    asked, waiting = func.count(), func.count(service_interest.c.contact)
    query = (
        select(service_interest.c.service_id, asked.label("asked"), waiting.label("waiting"))
        .group_by(service_interest.c.service_id)
        .order_by(asked.desc(), service_interest.c.service_id)
    )
    rows = await tx.execute(query)
    return tuple(Interest(service_id=row.service_id, asked=row.asked, waiting=row.waiting) for row in rows)


async def who_waits(tx: AsyncConnection, service_id: str) -> tuple[Asked, ...]:
    """Return who waits to be told of a service, the first who asked first."""
    query = (
        select(service_interest)
        .where(service_interest.c.service_id == service_id, service_interest.c.contact.is_not(None))
        .order_by(service_interest.c.created_at, service_interest.c.id)
    )
    return tuple(
        Asked(contact=row.contact, language=Language(row.language), at=row.created_at)
        for row in await tx.execute(query)
    )


async def waiting(tx: AsyncConnection, service_id: str) -> tuple[Waiting, ...]:
    """Return who waits to be told of a service, each by an id, the first who asked first."""
    query = (
        select(service_interest)
        .where(service_interest.c.service_id == service_id, service_interest.c.contact.is_not(None))
        .order_by(service_interest.c.created_at, service_interest.c.id)
    )
    return tuple(_waiting(row) for row in await tx.execute(query))


async def find_interest(tx: AsyncConnection, interest_id: str) -> Waiting | None:
    """Return somebody who still waits to be told, None if their contact is gone."""
    query = select(service_interest).where(
        service_interest.c.id == interest_id, service_interest.c.contact.is_not(None)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _waiting(row)


async def forget_contact(tx: AsyncConnection, interest_id: str) -> None:
    """Take somebody's contact away: they were told; the demand stays counted."""
    await tx.execute(
        service_interest.update().where(service_interest.c.id == interest_id).values(contact=None)
    )


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(id=row.id, contact=row.contact, language=Language(row.language))


async def forget_contacts(tx: AsyncConnection, service_id: str, *, until: datetime) -> int:
    """Take the contacts of those who asked up to a moment away; the demand stays counted."""
    done = await tx.execute(
        service_interest.update()
        .where(
            service_interest.c.service_id == service_id,
            service_interest.c.contact.is_not(None),
            service_interest.c.created_at <= until,
        )
        .values(contact=None)
    )
    return done.rowcount


async def note_miss(tx: AsyncConnection, text: str, *, at: datetime, at_most: int) -> None:
    """Count a search that found nothing; a new one only while fewer than `at_most` are kept."""
    counted = await tx.execute(
        missed_search.update()
        .where(missed_search.c.text == text)
        .values(times=missed_search.c.times + 1, last_at=at)
    )
    if counted.rowcount:
        return
    kept = (await tx.execute(select(func.count()).select_from(missed_search))).scalar_one()
    if kept < at_most:
        new = insert(missed_search).values(text=text, times=1, first_at=at, last_at=at)
        await tx.execute(new.on_conflict_do_nothing())


async def misses(tx: AsyncConnection, *, at_most: int) -> tuple[MissedSearch, ...]:
    """Return searches that found nothing, the most frequent first."""
    query = select(missed_search).order_by(
        missed_search.c.times.desc(), missed_search.c.last_at.desc(), missed_search.c.text
    )
    rows = (await tx.execute(query.limit(at_most))).mappings()
    return tuple(MissedSearch(**row) for row in rows)


async def drop_miss(tx: AsyncConnection, text: str) -> bool:
    """Forget one; whether it was there."""
    done = await tx.execute(missed_search.delete().where(missed_search.c.text == text))
    return done.rowcount == 1
