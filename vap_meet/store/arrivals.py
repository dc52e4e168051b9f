"""SQL of the way in: what a link or a visit leads to, read in one statement.

Thousands come at the same minute, each by four requests. A statement costs more on its way to the database
and back than in it, so each of these requests asks once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from vap_meet.store import access, appointments, catalogue, sessions
from vap_meet.store.schema import appointment, link, session, visit
from vap_meet.store.schema_catalogue import service
from vap_meet.store.schema_self_booking import booking_detail

if TYPE_CHECKING:
    from sqlalchemy import Label, Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.catalogue import Service
    from vap_meet.domain.session import SessionView
    from vap_meet.store.access import Link, Visit

_LINK, _VISIT, _SERVICE = "of_link_", "of_visit_", "of_service_"


def _named(table: Table, prefix: str) -> list[Label[Any]]:
    """Return a table's columns under names that no other table's have."""
    return [column.label(prefix + column.name) for column in table.c]


def _with_session(read: Select[Any]) -> Select[Any]:
    """Add an appointment's session, as `sessions.read_row` wants it, to what is read of the appointment."""
    return (
        read.add_columns(*sessions.COLUMNS)
        .outerjoin(session, session.c.appointment_id == appointment.c.id)
        .outerjoin(booking_detail, booking_detail.c.appointment_id == appointment.c.id)
    )


_BY_CODE: Select[Any] = (
    select(*_named(link, _LINK), *appointment.c)
    .join(appointment, appointment.c.id == link.c.appointment_id)
    .where(link.c.code_sha256 == bindparam("code"))
)
_HOLD_BY_CODE = _BY_CODE.with_for_update(of=appointment, key_share=True)
_LOOK_BY_CODE = _with_session(_BY_CODE)
_BY_VISIT: Select[Any] = _with_session(
    select(*_named(visit, _VISIT), *appointment.c, *_named(service, _SERVICE))
    .join(appointment, appointment.c.id == visit.c.appointment_id)
    .outerjoin(service, service.c.id == appointment.c.service_id)
    .where(visit.c.id == bindparam("which"), visit.c.browser_sha256 == bindparam("browser"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedTo:
    """A link with its appointment; `session` is None before anybody has come."""

    link: Link
    appointment: Appointment
    session: SessionView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A visit with its appointment; `service` is the catalogue's, None if it has none of this id."""

    visit: Visit
    appointment: Appointment
    session: SessionView | None
    service: Service | None


async def by_link(tx: AsyncConnection, code_sha256: str) -> LinkedTo | None:
    """Return what the link leads to whose code has this hash, None if there is none."""
    row = (await tx.execute(_LOOK_BY_CODE, {"code": code_sha256})).one_or_none()
    if row is None:
        return None
    return LinkedTo(
        link=access.read_link(row, _LINK),
        appointment=appointments.read_row(row),
        session=sessions.read_row(row),
    )


async def hold_by_link(tx: AsyncConnection, code_sha256: str) -> tuple[Link, Appointment] | None:
    """Return a link and the appointment it leads to, and hold the appointment; None if there is none."""
    row = (await tx.execute(_HOLD_BY_CODE, {"code": code_sha256})).one_or_none()
    return None if row is None else (access.read_link(row, _LINK), appointments.read_row(row))


async def by_visit(tx: AsyncConnection, visit_id: str, *, browser_sha256: str) -> Visited | None:
    """Return what a visit leads to if it is this browser's, None otherwise."""
    if "\0" in visit_id:  # PostgreSQL refuses such a text even in a comparison
        return None
    row = (await tx.execute(_BY_VISIT, {"which": visit_id, "browser": browser_sha256})).one_or_none()
    if row is None:
        return None
    return Visited(
        visit=access.read_visit(row, _VISIT),
        appointment=appointments.read_row(row),
        session=sessions.read_row(row),
        service=catalogue.read_joined(row, _SERVICE),
    )
