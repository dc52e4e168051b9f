"""Feedback in SQL: opinions, the cases of unhappy customers, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, select, update

from vap_meet.domain.feedback import Case, Face, GivenOpinion, Opinion, Topic
from vap_meet.store.schema import appointment
from vap_meet.store.schema_feedback import feedback as table
from vap_meet.store.schema_feedback import feedback_case as cases_table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What opinions add up to. `asked_visits` is how many said whether they would have come."""

    given: int
    happy: int
    neutral: int
    unhappy: int
    visits_saved: int
    asked_visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case with the opinion behind it and the appointment it is about."""

    case: Case
    opinion: Opinion
    reference: str
    service_name_ar: str
    service_name_en: str


async def get(tx: AsyncConnection, appointment_id: str) -> GivenOpinion | None:
    """Return what the customer said, None until they did."""
    row = (await tx.execute(select(table).where(table.c.appointment_id == appointment_id))).one_or_none()
    if row is None:
        return None
    return GivenOpinion(
        appointment_id=appointment_id,
        opinion=_opinion(row),
        given_at=row.given_at,
        changed_at=row.changed_at,
    )


async def put(tx: AsyncConnection, given: GivenOpinion, *, first: bool) -> None:
    """Write an opinion, the first or over the one before."""
    opinion = given.opinion
    values = {
        "face": opinion.face,
        "topics": " ".join(sorted(opinion.topics)),
        "comment": opinion.comment,
        "would_have_come": opinion.would_have_come,
        "must_still_come": opinion.must_still_come,
        "given_at": given.given_at,
        "changed_at": given.changed_at,
    }
    if first:
        await tx.execute(table.insert().values(appointment_id=given.appointment_id, **values))
    else:
        await tx.execute(update(table).where(table.c.appointment_id == given.appointment_id).values(**values))


async def case(tx: AsyncConnection, appointment_id: str, *, hold: bool = False) -> Case | None:
    """Return the case of an appointment; `hold` keeps others from writing it until the commit."""
    query = select(cases_table).where(cases_table.c.appointment_id == appointment_id)
    row = (await tx.execute(query.with_for_update() if hold else query)).one_or_none()
    return None if row is None else _case(row)


async def put_case(tx: AsyncConnection, case: Case, *, new: bool) -> None:
    """Write a case, a new one or over what it was."""
    values = {
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "owner_id": case.owner_id,
        "taken_at": case.taken_at,
        "closed_at": case.closed_at,
        "done": case.done,
    }
    if new:
        await tx.execute(cases_table.insert().values(appointment_id=case.appointment_id, **values))
    else:
        await tx.execute(
            update(cases_table).where(cases_table.c.appointment_id == case.appointment_id).values(**values)
        )


async def counts(tx: AsyncConnection, *, since: datetime) -> Counts:
    """Count the opinions given since then."""

    def those(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(sql_case((condition, 1), else_=0)), 0)

    came, must = table.c.would_have_come, table.c.must_still_come
    query = select(
        func.count().label("given"),
        *(those(table.c.face == face).label(face.value) for face in Face),
        those(came.is_(True) & must.is_(False)).label("visits_saved"),
        those(came.is_not(None) & must.is_not(None)).label("asked_visits"),
    ).where(table.c.given_at >= since)
    return Counts(**(await tx.execute(query)).mappings().one())


async def open_cases(tx: AsyncConnection, *, at_most: int) -> tuple[CaseRow, ...]:
    """Return cases nobody has closed, the most urgent first."""
    query = _rows().where(cases_table.c.closed_at.is_(None)).order_by(cases_table.c.due_at)
    return tuple(map(_case_row, await tx.execute(query.limit(at_most))))


async def closed_cases(tx: AsyncConnection, *, since: datetime, at_most: int) -> tuple[CaseRow, ...]:
    """Return cases closed since then, the last closed first."""
    query = _rows().where(cases_table.c.closed_at >= since).order_by(cases_table.c.closed_at.desc())
    return tuple(map(_case_row, await tx.execute(query.limit(at_most))))


def _rows() -> Any:
    said = (table.c.face, table.c.topics, table.c.comment, table.c.would_have_come, table.c.must_still_come)
    about = (appointment.c.reference, appointment.c.service_name_ar, appointment.c.service_name_en)
    return (
        select(cases_table, *said, *about)
        .join(table, table.c.appointment_id == cases_table.c.appointment_id)
        .join(appointment, appointment.c.id == cases_table.c.appointment_id)
    )


def _opinion(row: Row[Any]) -> Opinion:
    return Opinion(
        face=Face(row.face),
        topics=frozenset(map(Topic, row.topics.split())),
        comment=row.comment,
        would_have_come=row.would_have_come,
        must_still_come=row.must_still_come,
    )


def _case(row: Row[Any]) -> Case:
    return Case(
        appointment_id=row.appointment_id,
        opened_at=row.opened_at,
        due_at=row.due_at,
        owner_id=row.owner_id,
        taken_at=row.taken_at,
        closed_at=row.closed_at,
        done=row.done,
    )


def _case_row(row: Row[Any]) -> CaseRow:
    return CaseRow(
        case=_case(row),
        opinion=_opinion(row),
        reference=row.reference,
        service_name_ar=row.service_name_ar,
        service_name_en=row.service_name_en,
    )
