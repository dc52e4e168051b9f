"""The outcome of an appointment: versions that are never overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - msgspec reads these annotations
from enum import StrEnum

from vap_meet.domain.appointment import AppointmentState, Step
from vap_meet.domain.errors import InvalidRequest


class OutcomeCode(StrEnum):
    """What came of it."""

    RESOLVED = "resolved"
    FOLLOW_UP = "follow_up"
    REFERRED = "referred"
    OTHER_AUTHORITY = "other_authority"
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    CUSTOMER_LEFT = "customer_left"
    ABUSE = "abuse"
    CUSTOMER_NO_SHOW = "customer_no_show"
    AGENT_NO_SHOW = "agent_no_show"
    TECHNICAL_FAILURE = "technical_failure"


STEP_OF: dict[OutcomeCode, Step] = {
    OutcomeCode.RESOLVED: Step.COMPLETE,
    OutcomeCode.FOLLOW_UP: Step.COMPLETE,
    OutcomeCode.REFERRED: Step.COMPLETE,
    OutcomeCode.OTHER_AUTHORITY: Step.COMPLETE,
    OutcomeCode.IDENTITY_NOT_CONFIRMED: Step.COMPLETE,
    OutcomeCode.CUSTOMER_LEFT: Step.COMPLETE,
    OutcomeCode.ABUSE: Step.COMPLETE,
    OutcomeCode.CUSTOMER_NO_SHOW: Step.NO_SHOW,
    OutcomeCode.AGENT_NO_SHOW: Step.NO_SHOW,
    OutcomeCode.TECHNICAL_FAILURE: Step.FAIL,
}
"""The step each code makes the appointment take (a test proves it total)."""

FINAL_STATE: dict[Step, AppointmentState] = {
    Step.COMPLETE: AppointmentState.COMPLETED,
    Step.NO_SHOW: AppointmentState.NO_SHOW,
    Step.FAIL: AppointmentState.TECHNICAL_FAILURE,
}
"""Where an outcome's step ends: an amendment that corrects the code corrects the state with it."""

ANSWERED = frozenset(
    {OutcomeCode.RESOLVED, OutcomeCode.FOLLOW_UP, OutcomeCode.REFERRED, OutcomeCode.OTHER_AUTHORITY}
)
"""The codes that owe the customer a written answer."""

MAX_TEXT_CHARS = 10_000
MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeContent:
    """What the agent writes. `answer` and `next_steps` go to the customer; `internal_notes` never do."""

    code: OutcomeCode
    answer: str = ""
    next_steps: str = ""
    internal_notes: str = ""
    follow_up_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the facts say about the meeting, frozen into each version. Seconds and aware UTC times."""

    customer_waited_s: int | None
    first_admitted_at: datetime | None
    ended_at: datetime | None
    talked_s: int
    customer_joined: bool
    agent_joined: bool
    identity_assurance: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeVersion:
    """One version: 1 is the outcome, higher ones are amendments with a reason.

    `answer_pending` is true while the code is recorded but the written answer is still owed.
    """

    appointment_id: str
    version: int
    content: OutcomeContent
    answer_pending: bool
    reason: str | None
    evidence: Evidence
    author: str  # "staff:<id>" or "api:<key id>"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """What an agent has written so far; nothing of it is final, so the code may be missing."""

    code: OutcomeCode | None = None
    answer: str = ""
    next_steps: str = ""
    internal_notes: str = ""
    follow_up_on: date | None = None


def check_content(content: OutcomeContent | DraftContent, *, answer_pending: bool) -> None:
    """Raise `InvalidRequest` if a text is too long, or an answer is owed and neither there nor pending."""
    texts = {
        "answer": content.answer,
        "nextSteps": content.next_steps,
        "internalNotes": content.internal_notes,
    }
    fields = {
        name: f"At most {MAX_TEXT_CHARS} characters, no NUL among them."
        for name, text in texts.items()
        if len(text) > MAX_TEXT_CHARS or "\0" in text
    }
    if content.code in ANSWERED and not answer_pending and not content.answer.strip():
        fields["answer"] = "The customer is owed a written answer; write it, or say that it is pending."
    if fields:
        raise InvalidRequest("The outcome can't be taken as it is.", fields=fields)
