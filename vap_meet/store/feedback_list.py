"""SQL of the list of feedback, as booking systems read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select, tuple_

from vap_meet.domain.feedback import Case, Face, GivenOpinion, Opinion, Topic
from vap_meet.store.schema import appointment
from vap_meet.store.schema_feedback import feedback, feedback_case

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackEntry:
    """One customer's opinion, of which appointment about which service, and the case it has opened."""

    given: GivenOpinion
    reference: str
    service_id: str
    case: Case | None

    @property
    def id(self) -> str:
        """Return the appointment's id: it has one feedback at most."""
        return self.given.appointment_id


async def find(tx: AsyncConnection, appointment_id: str) -> FeedbackEntry | None:
    """Return the feedback of an appointment."""
    query = _entries().where(feedback.c.appointment_id == appointment_id)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _read(row)


async def page(
    tx: AsyncConnection,
    *,
    given_from: datetime | None,
    given_before: datetime | None,
    face: Face | None,
    service_id: str | None,
    open_case: bool | None,
    after: FeedbackEntry | None,
    at_most: int,
) -> tuple[FeedbackEntry, ...]:
    """Return feedback from behind one on, what was given last first."""
    query = _entries()
    if given_from is not None:
        query = query.where(feedback.c.given_at >= given_from)
    if given_before is not None:
        query = query.where(feedback.c.given_at < given_before)
    if face is not None:
        query = query.where(feedback.c.face == face)
    if service_id is not None:
        query = query.where(appointment.c.service_id == service_id)
    if open_case is not None:
        is_open = feedback_case.c.opened_at.is_not(None) & feedback_case.c.closed_at.is_(None)
        query = query.where(is_open if open_case else ~is_open)
    if after is not None:
        place = tuple_(literal(after.given.given_at, feedback.c.given_at.type), literal(after.id))
        query = query.where(tuple_(feedback.c.given_at, feedback.c.appointment_id) < place)
    order = (feedback.c.given_at.desc(), feedback.c.appointment_id.desc())
    return tuple(_read(row) for row in await tx.execute(query.order_by(*order).limit(at_most)))


def _entries() -> Select[Any]:
    of_case = [column for column in feedback_case.c if column.name != "appointment_id"]
    return (
        select(feedback, appointment.c.reference, appointment.c.service_id, *of_case)
        .join(appointment, appointment.c.id == feedback.c.appointment_id)
        .outerjoin(feedback_case, feedback_case.c.appointment_id == feedback.c.appointment_id)
    )


def _read(row: Row[Any]) -> FeedbackEntry:
    opinion = Opinion(
        face=Face(row.face),
        topics=frozenset(map(Topic, row.topics.split())),
        comment=row.comment,
        would_have_come=row.would_have_come,
        must_still_come=row.must_still_come,
    )
    case = None
    if row.opened_at is not None:
        case = Case(
            appointment_id=row.appointment_id,
            opened_at=row.opened_at,
            due_at=row.due_at,
            owner_id=row.owner_id,
            taken_at=row.taken_at,
            closed_at=row.closed_at,
            done=row.done,
        )
    given = GivenOpinion(
        appointment_id=row.appointment_id,
        opinion=opinion,
        given_at=row.given_at,
        changed_at=row.changed_at,
    )
    return FeedbackEntry(given=given, reference=row.reference, service_id=row.service_id, case=case)
