"""What boards and lists show of many appointments at once, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, func, literal, or_, select, tuple_

from vap_meet.domain.appointment import OPEN_STATES, AppointmentState
from vap_meet.store import customer_names
from vap_meet.store.appointments import read_row
from vap_meet.store.schema import appointment, outcome, outcome_draft, session

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.appointment import Appointment


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An appointment with what its session says now."""

    appointment: Appointment
    waiting_since: datetime | None
    agent_id: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which appointments a list wants: None wants all. Starts in [starts_from, starts_before).

    `text` is in a name or a number, `number` in the reference or the request number. The others are the
    customer's whole phone (E.164), the whole numbers, and the parts of a name as `sought_parts` gives them.
    """

    starts_from: datetime | None = None
    starts_before: datetime | None = None
    state: AppointmentState | None = None
    service_id: str | None = None
    text: str | None = None
    number: str | None = None
    phone: str | None = None
    reference: str | None = None
    request_number: str | None = None
    name: tuple[tuple[str, ...], ...] = ()


async def starting_between(tx: AsyncConnection, first: datetime, last: datetime) -> tuple[Listed, ...]:
    """Return appointments that start in [first, last], the earliest first."""
    between = appointment.c.starts_at.between(first, last)
    return await _read(tx, _listed().where(between).order_by(appointment.c.starts_at, appointment.c.id))


async def waiting(tx: AsyncConnection) -> tuple[Listed, ...]:
    """Return appointments whose customer is in the waiting room, who came first first."""
    query = _listed().where(
        appointment.c.state == AppointmentState.WAITING, session.c.waiting_since.is_not(None)
    )
    return await _read(tx, query.order_by(session.c.waiting_since, appointment.c.id))


async def owed(tx: AsyncConnection) -> tuple[Listed, ...]:
    """Return appointments that somebody still has to write about, the oldest first.

    Their answer is pending, their call ended without an outcome, or there is only a draft; one that is in its
    call is not owed yet, whatever is drafted.
    """
    newest = (
        select(func.max(outcome.c.version))
        .where(outcome.c.appointment_id == appointment.c.id)
        .correlate(appointment)
        .scalar_subquery()
    )
    pending = (
        select(outcome.c.version)
        .where(
            outcome.c.appointment_id == appointment.c.id,
            outcome.c.version == newest,
            outcome.c.answer_pending,
        )
        .exists()
    )
    drafted = select(outcome_draft.c.at).where(outcome_draft.c.appointment_id == appointment.c.id).exists()
    over = session.c.ended_at.is_not(None)
    put_aside = and_(drafted, appointment.c.state != AppointmentState.IN_SESSION)
    undecided = and_(newest.is_(None), appointment.c.state.in_(OPEN_STATES), or_(over, put_aside))
    query = _listed().where(or_(pending, undecided))
    return await _read(tx, query.order_by(appointment.c.updated_at, appointment.c.id))


async def count(tx: AsyncConnection, wanted: Wanted) -> int:
    """Return how many appointments a list wants."""
    query = select(func.count()).select_from(appointment).where(*_conditions(wanted))
    return (await tx.execute(query)).scalar_one()


async def page(tx: AsyncConnection, wanted: Wanted, *, offset: int, at_most: int) -> tuple[Listed, ...]:
    """Return a part of what a list wants, the latest start first."""
    query = _listed().where(*_conditions(wanted))
    query = query.order_by(appointment.c.starts_at.desc(), appointment.c.id)
    return await _read(tx, query.offset(offset).limit(at_most))


async def following(
    tx: AsyncConnection, wanted: Wanted, *, after: Appointment | None, at_most: int
) -> tuple[Appointment, ...]:
    """Return what a list wants from behind an appointment on, the earliest start first."""
    query = select(appointment).where(*_conditions(wanted))
    if after is not None:
        place = tuple_(literal(after.starts_at, appointment.c.starts_at.type), literal(after.id))
        query = query.where(tuple_(appointment.c.starts_at, appointment.c.id) > place)
    query = query.order_by(appointment.c.starts_at, appointment.c.id).limit(at_most)
    return tuple(read_row(row) for row in await tx.execute(query))


def _listed() -> Select[Any]:
    joined = appointment.outerjoin(session, session.c.appointment_id == appointment.c.id)
    of_session = (session.c.waiting_since, session.c.agent_id, session.c.ended_at)
    return select(appointment, *of_session).select_from(joined)


async def _read(tx: AsyncConnection, query: Select[Any]) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            appointment=read_row(row),
            waiting_since=row.waiting_since,
            agent_id=row.agent_id,
            ended_at=row.ended_at,
        )
        for row in await tx.execute(query)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.starts_from is not None:
        conditions.append(appointment.c.starts_at >= wanted.starts_from)
    if wanted.starts_before is not None:
        conditions.append(appointment.c.starts_at < wanted.starts_before)
    if wanted.state is not None:
        conditions.append(appointment.c.state == wanted.state)
    if wanted.service_id is not None:
        conditions.append(appointment.c.service_id == wanted.service_id)
    if wanted.number:
        numbers = (appointment.c.reference, appointment.c.request_number)
        conditions.append(or_(*(column.icontains(wanted.number, autoescape=True) for column in numbers)))
    exactly = (
        (appointment.c.customer_phone, wanted.phone),
        (appointment.c.reference, wanted.reference),
        (appointment.c.request_number, wanted.request_number),
    )
    conditions += [column == value for column, value in exactly if value is not None]
    conditions += [customer_names.named(part) for part in wanted.name]
    if wanted.text:
        searched = (
            appointment.c.id,
            appointment.c.reference,
            appointment.c.request_number,
            appointment.c.customer_name,
        )
        conditions.append(or_(*(column.icontains(wanted.text, autoescape=True) for column in searched)))
    return conditions
