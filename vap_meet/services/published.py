"""The record as other systems see it: REST answers and webhooks are made of the same types."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from vap_meet.domain.appointment import (
    Appointment,
    AppointmentState,
    Customer,
    IdentityAssurance,
    Mode,
    ServiceName,
)
from vap_meet.domain.feedback import Face, GivenOpinion, Topic
from vap_meet.domain.outcome import Evidence, OutcomeCode, OutcomeVersion

if TYPE_CHECKING:
    from vap_meet.domain.session import SessionView


class AppointmentOut(Struct, frozen=True, kw_only=True):
    """The record as the API shows it."""

    id: str
    reference: str
    service: ServiceName
    customer: Customer
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    question: str | None
    request_number: str | None
    state: AppointmentState
    schedule_version: int
    revision: int
    cancel_reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, appointment: Appointment) -> AppointmentOut:
        """Return the record's answer."""
        return msgspec.convert(appointment, cls, from_attributes=True)


class OutcomeOut(Struct, frozen=True, kw_only=True):
    """One version of an outcome."""

    version: int
    code: OutcomeCode
    answer: str
    next_steps: str
    internal_notes: str
    follow_up_on: date | None
    answer_pending: bool
    reason: str | None
    evidence: Evidence
    author: str
    at: datetime

    @classmethod
    def of(cls, version: OutcomeVersion) -> OutcomeOut:
        """Return the version's answer."""
        content = version.content
        return cls(
            version=version.version,
            code=content.code,
            answer=content.answer,
            next_steps=content.next_steps,
            internal_notes=content.internal_notes,
            follow_up_on=content.follow_up_on,
            answer_pending=version.answer_pending,
            reason=version.reason,
            evidence=version.evidence,
            author=version.author,
            at=version.at,
        )


class SessionOut(Struct, frozen=True, kw_only=True):
    """The session as projected from the facts."""

    identity_assurance: IdentityAssurance
    first_joined_at: datetime | None
    waiting_since: datetime | None
    first_admitted_at: datetime | None
    admitted_at: datetime | None
    talked_s: int
    agent_joined_at: datetime | None
    ended_at: datetime | None
    agent_id: str | None

    @classmethod
    def of(cls, view: SessionView) -> SessionOut:
        """Return the session's answer."""
        return msgspec.convert(view, cls, from_attributes=True)


class FeedbackOut(Struct, frozen=True, kw_only=True):
    """How the customer found it; null to a question that was left out."""

    face: Face
    topics: tuple[Topic, ...]
    comment: str
    would_have_come: bool | None
    must_still_come: bool | None
    given_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, given: GivenOpinion) -> FeedbackOut:
        """Return the opinion's answer, its topics in one order."""
        opinion = given.opinion
        return cls(
            face=opinion.face,
            topics=tuple(topic for topic in Topic if topic in opinion.topics),
            comment=opinion.comment,
            would_have_come=opinion.would_have_come,
            must_still_come=opinion.must_still_come,
            given_at=given.given_at,
            changed_at=given.changed_at,
        )
