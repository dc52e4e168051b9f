"""SQL of guests, of colleagues who are asked to join, and of links that lead to another device."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import Row, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.appointment import Language
from vap_meet.domain.guests import Guest, GuestPart, StaffAsk, StaffPart, guest_id_of
from vap_meet.domain.hand_over import HandOver
from vap_meet.store.schema import link
from vap_meet.store.schema_guests import guest, hand_over, staff_ask

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

# --- guests -----------------------------------------------------------------------------------------


async def add(tx: AsyncConnection, invited: Guest) -> None:
    """Insert a guest."""
    await tx.execute(guest.insert().values(**asdict(invited)))


async def find(tx: AsyncConnection, guest_id: str, *, hold: bool = False) -> Guest | None:
    """Return a guest, None if there is none; `hold` keeps others from writing it until the commit."""
    if "\0" in guest_id:  # PostgreSQL refuses such a text even in a comparison
        return None
    query = select(guest).where(guest.c.id == guest_id)
    row = (await tx.execute(query.with_for_update() if hold else query)).one_or_none()
    return None if row is None else _guest(row)


async def of_appointment(tx: AsyncConnection, appointment_id: str) -> tuple[Guest, ...]:
    """Return everybody who was ever invited to an appointment, in that order."""
    query = select(guest).where(guest.c.appointment_id == appointment_id)
    return tuple(map(_guest, await tx.execute(query.order_by(guest.c.created_at, guest.c.id))))


async def withdraw(tx: AsyncConnection, invited: Guest, *, at: datetime) -> None:
    """Take a guest's invitation back, and the links to it."""
    await tx.execute(update(guest).where(guest.c.id == invited.id).values(withdrawn_at=at))
    await tx.execute(
        update(link)
        .where(
            link.c.appointment_id == invited.appointment_id,
            link.c.participant_id == invited.participant_id,
            link.c.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )


async def names(tx: AsyncConnection, participants: Collection[str]) -> dict[str, str]:
    """Return the names of those participants who are guests, as far as they are still known."""
    ids = [found for one in participants if (found := guest_id_of(one)) is not None]
    if not ids:
        return {}
    rows = await tx.execute(select(guest).where(guest.c.id.in_(ids), guest.c.name != ""))
    return {one.participant_id: one.name for one in map(_guest, rows)}


# --- colleagues -------------------------------------------------------------------------------------


async def ask(tx: AsyncConnection, asked: StaffAsk) -> None:
    """Ask a member of staff; whoever was asked before is asked anew."""
    values = asdict(asked)
    statement = new_row(staff_ask).values(**values, closed_at=None)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[staff_ask.c.appointment_id, staff_ask.c.staff_id],
            set_={
                "part": asked.part,
                "asked_by": asked.asked_by,
                "asked_at": asked.asked_at,
                "closed_at": None,
            },
        )
    )


async def asks_of(tx: AsyncConnection, appointment_id: str) -> tuple[StaffAsk, ...]:
    """Return who is asked to join an appointment."""
    query = select(staff_ask).where(
        staff_ask.c.appointment_id == appointment_id, staff_ask.c.closed_at.is_(None)
    )
    return tuple(map(_ask, await tx.execute(query.order_by(staff_ask.c.asked_at))))


async def asks_for(tx: AsyncConnection, staff_id: str, *, since: datetime) -> tuple[StaffAsk, ...]:
    """Return what somebody was asked to join since then, the last one first."""
    query = select(staff_ask).where(
        staff_ask.c.staff_id == staff_id, staff_ask.c.closed_at.is_(None), staff_ask.c.asked_at >= since
    )
    return tuple(map(_ask, await tx.execute(query.order_by(staff_ask.c.asked_at.desc()))))


async def close_ask(tx: AsyncConnection, appointment_id: str, staff_id: str, *, at: datetime) -> bool:
    """Ask somebody no more; false if they were not asked."""
    closed = await tx.execute(
        update(staff_ask)
        .where(
            staff_ask.c.appointment_id == appointment_id,
            staff_ask.c.staff_id == staff_id,
            staff_ask.c.closed_at.is_(None),
        )
        .values(closed_at=at)
    )
    return closed.rowcount == 1


# --- other devices ----------------------------------------------------------------------------------


async def add_hand_over(tx: AsyncConnection, made: HandOver, *, code_sha256: str) -> None:
    """Insert a link to another device."""
    await tx.execute(hand_over.insert().values(**asdict(made), code_sha256=code_sha256))


async def find_hand_over(tx: AsyncConnection, code_sha256: str, *, hold: bool = False) -> HandOver | None:
    """Return the link whose code has this hash, None if there is none."""
    query = select(hand_over).where(hand_over.c.code_sha256 == code_sha256)
    row = (await tx.execute(query.with_for_update() if hold else query)).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    del values["code_sha256"]
    return HandOver(**values)


async def use_hand_over(tx: AsyncConnection, made: HandOver, *, at: datetime) -> None:
    """Note that a link to another device has done its work."""
    await tx.execute(update(hand_over).where(hand_over.c.id == made.id).values(used_at=at))


async def forget_hand_overs(tx: AsyncConnection, *, visit_id: str, before: datetime) -> None:
    """Delete links that have long expired, and those of a visit that were not used."""
    unused = and_(hand_over.c.visit_id == visit_id, hand_over.c.used_at.is_(None))
    await tx.execute(delete(hand_over).where(or_(unused, hand_over.c.expires_at < before)))


def _guest(row: Row[tuple[object, ...]]) -> Guest:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values |= {"part": GuestPart(values["part"]), "language": Language(values["language"])}
    return Guest(**values)


def _ask(row: Row[tuple[object, ...]]) -> StaffAsk:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    del values["closed_at"]
    return StaffAsk(**{**values, "part": StaffPart(values["part"])})
