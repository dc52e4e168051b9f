"""SQL of staff accounts and their sign-ins. Of a cookie only the SHA-256 is ever here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.store.schema import staff, staff_session

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who is signed in, since when, and until when."""

    member: StaffMember
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A staff account with what proves its owner."""

    member: StaffMember
    password_hash: str
    active: bool


async def add(tx: AsyncConnection, member: StaffMember, *, password_hash: str, at: datetime) -> bool:
    """Insert an active account; false if the user name is taken."""
    added = await tx.execute(
        new_row(staff)
        .values(
            id=member.id,
            username=member.username,
            display_name_ar=member.name_ar,
            display_name_en=member.name_en,
            password_hash=password_hash,
            role=member.role.value,
            active=True,
            created_at=at,
        )
        .on_conflict_do_nothing()
    )
    return added.rowcount == 1


async def account(tx: AsyncConnection, username: str) -> Account | None:
    """Return the account with this user name, None if there is none."""
    row = (await tx.execute(select(staff).where(staff.c.username == username))).one_or_none()
    if row is None:
        return None
    return Account(member=_member(row), password_hash=row.password_hash, active=row.active)


async def active_member(tx: AsyncConnection, staff_id: str) -> StaffMember | None:
    """Return whoever has this id, None if nobody does or the account is closed."""
    row = (
        await tx.execute(select(staff).where(staff.c.id == staff_id, staff.c.active.is_(True)))
    ).one_or_none()
    return None if row is None else _member(row)


async def agents(tx: AsyncConnection) -> tuple[StaffMember, ...]:
    """Return every agent whose account is open, by name."""
    query = select(staff).where(staff.c.role == StaffRole.AGENT.value, staff.c.active.is_(True))
    return tuple(map(_member, await tx.execute(query.order_by(staff.c.display_name_en, staff.c.id))))


async def set_password_hash(tx: AsyncConnection, staff_id: str, password_hash: str) -> None:
    """Replace what a password is checked against."""
    await tx.execute(update(staff).where(staff.c.id == staff_id).values(password_hash=password_hash))


async def add_session(
    tx: AsyncConnection, *, id_: str, cookie_sha256: str, staff_id: str, at: datetime, expires_at: datetime
) -> None:
    """Insert a sign-in."""
    await tx.execute(
        insert(staff_session).values(
            id=id_, cookie_sha256=cookie_sha256, staff_id=staff_id, created_at=at, expires_at=expires_at
        )
    )


async def sign_in_by_cookie(tx: AsyncConnection, cookie_sha256: str, *, now: datetime) -> SignIn | None:
    """Return the sign-in of this cookie, None once it ended, expired or the account was closed."""
    row = (
        await tx.execute(
            select(
                staff,
                staff_session.c.id.label("session_id"),
                staff_session.c.created_at.label("since"),
                staff_session.c.expires_at.label("until"),
            )
            .join(staff_session, staff_session.c.staff_id == staff.c.id)
            .where(
                staff_session.c.cookie_sha256 == cookie_sha256,
                staff_session.c.ended_at.is_(None),
                staff_session.c.expires_at > now,
                staff.c.active.is_(True),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return SignIn(member=_member(row, session_id=row.session_id), since=row.since, until=row.until)


async def renew_session(tx: AsyncConnection, session_id: str, *, until: datetime) -> None:
    """Let a sign-in last longer, unless it has ended."""
    await tx.execute(
        update(staff_session)
        .where(staff_session.c.id == session_id, staff_session.c.ended_at.is_(None))
        .values(expires_at=until)
    )


async def end_session(tx: AsyncConnection, cookie_sha256: str, *, at: datetime) -> str | None:
    """End a sign-in and return whose it was; None if there was none to end."""
    ended: str | None = (
        await tx.execute(
            update(staff_session)
            .where(staff_session.c.cookie_sha256 == cookie_sha256, staff_session.c.ended_at.is_(None))
            .values(ended_at=at)
            .returning(staff_session.c.staff_id)
        )
    ).scalar_one_or_none()
    return ended


async def forget_sessions(tx: AsyncConnection, moment: datetime) -> int:
    """Delete sign-ins that ended or expired before a moment; return how many."""
    over = or_(staff_session.c.expires_at < moment, staff_session.c.ended_at < moment)
    return (await tx.execute(delete(staff_session).where(over))).rowcount


def _member(row: Row[tuple[object, ...]], *, session_id: str | None = None) -> StaffMember:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return StaffMember(
        id=values["id"],
        username=values["username"],
        role=StaffRole(values["role"]),
        name_ar=values["display_name_ar"],
        name_en=values["display_name_en"],
        session_id=session_id,
    )
