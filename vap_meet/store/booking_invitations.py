"""SQL of invitations to book. Of a link's code only the SHA-256 is ever here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.appointment import Customer, Language, ServiceName
from vap_meet.domain.booking_invitations import BookingInvitation, InvitationState
from vap_meet.store.schema_booking_invitations import booking_invitation as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

FORGOTTEN = ""
"""What stands for a name once it is erased; no invitation is without one."""


async def insert(tx: AsyncConnection, invitation: BookingInvitation, *, code_sha256: str) -> bool:
    """Insert an invitation; false if its id is taken."""
    service, customer = invitation.service, invitation.customer
    new = new_row(table).values(
        id=invitation.id,
        code_sha256=code_sha256,
        key_id=invitation.key_id,
        service_id=service.id,
        service_name_ar=service.name_ar,
        service_name_en=service.name_en,
        customer_name=customer.name,
        customer_phone=customer.phone,
        customer_email=customer.email,
        customer_language=customer.language,
        request_number=invitation.request_number,
        reason_ar=invitation.reason_ar,
        reason_en=invitation.reason_en,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        at_once=invitation.at_once,
    )
    return (await tx.execute(new.on_conflict_do_nothing(index_elements=["id"]))).rowcount > 0


async def find(tx: AsyncConnection, invitation_id: str) -> BookingInvitation | None:
    """Return an invitation by its id."""
    row = (await tx.execute(select(table).where(table.c.id == invitation_id))).one_or_none()
    return None if row is None else _read(row)


async def by_code(tx: AsyncConnection, code_sha256: str) -> BookingInvitation | None:
    """Return the invitation whose link has a code with this hash."""
    row = (await tx.execute(select(table).where(table.c.code_sha256 == code_sha256))).one_or_none()
    return None if row is None else _read(row)


async def use(tx: AsyncConnection, invitation_id: str, appointment_id: str, *, at: datetime) -> bool:
    """Note which booking an open invitation has led to; false if it is not open, whoever races."""
    done = await tx.execute(
        update(table)
        .where(
            table.c.id == invitation_id,
            table.c.used_at.is_(None),
            table.c.cancelled_at.is_(None),
            table.c.expires_at > at,
        )
        .values(used_at=at, appointment_id=appointment_id)
    )
    return done.rowcount > 0


async def is_at_once(tx: AsyncConnection, invitation_id: str) -> bool:
    """Whether no lead time binds who books by this invitation."""
    query = select(table.c.at_once).where(table.c.id == invitation_id)
    return bool((await tx.execute(query)).scalar_one_or_none())


async def cancel(tx: AsyncConnection, invitation_id: str, *, at: datetime) -> bool:
    """Call off an invitation that was neither used nor called off; false if there is no such one."""
    done = await tx.execute(
        update(table)
        .where(table.c.id == invitation_id, table.c.used_at.is_(None), table.c.cancelled_at.is_(None))
        .values(cancelled_at=at)
    )
    return done.rowcount > 0


async def page(
    tx: AsyncConnection,
    *,
    state: InvitationState | None,
    service_id: str | None,
    request_number: str | None,
    after: BookingInvitation | None,
    at_most: int,
    now: datetime,
) -> tuple[BookingInvitation, ...]:
    """Return invitations from behind one on, the newest first."""
    query = select(table)
    if state is not None:
        query = query.where(*_in_state(state, now))
    if service_id is not None:
        query = query.where(table.c.service_id == service_id)
    if request_number is not None:
        query = query.where(table.c.request_number == request_number)
    if after is not None:
        place = tuple_(literal(after.created_at, table.c.created_at.type), literal(after.id))
        query = query.where(tuple_(table.c.created_at, table.c.id) < place)
    rows = await tx.execute(query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(at_most))
    return tuple(_read(row) for row in rows)


async def forget_people(tx: AsyncConnection, before: datetime) -> None:
    """Take out whom invitations were for whose time was over before then."""
    await tx.execute(
        update(table)
        .where(table.c.expires_at < before, table.c.customer_name != FORGOTTEN)
        .values(
            customer_name=FORGOTTEN,
            customer_phone=None,
            customer_email=None,
            request_number=None,
            reason_ar=None,
            reason_en=None,
        )
    )


def _in_state(state: InvitationState, now: datetime) -> tuple[ColumnElement[bool], ...]:
    used, cancelled = table.c.used_at, table.c.cancelled_at
    untouched = (used.is_(None), cancelled.is_(None))
    return {
        InvitationState.USED: (used.is_not(None),),
        InvitationState.CANCELLED: (used.is_(None), cancelled.is_not(None)),
        InvitationState.OPEN: (*untouched, table.c.expires_at > now),
        InvitationState.EXPIRED: (*untouched, table.c.expires_at <= now),
    }[state]


def _read(row: Row[Any]) -> BookingInvitation:
    return BookingInvitation(
        id=row.id,
        service=ServiceName(id=row.service_id, name_ar=row.service_name_ar, name_en=row.service_name_en),
        customer=Customer(
            name=row.customer_name,
            phone=row.customer_phone,
            email=row.customer_email,
            language=Language(row.customer_language),
        ),
        request_number=row.request_number,
        reason_ar=row.reason_ar,
        reason_en=row.reason_en,
        key_id=row.key_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        appointment_id=row.appointment_id,
        cancelled_at=row.cancelled_at,
        at_once=row.at_once,
    )
