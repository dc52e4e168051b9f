"""What a customer thought of an appointment, and the case that an unhappy customer opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.outcome import OutcomeCode

if TYPE_CHECKING:
    from datetime import tzinfo


class Face(StrEnum):
    """How it was, as one of three faces."""

    HAPPY = "happy"
    NEUTRAL = "neutral"
    UNHAPPY = "unhappy"


class Topic(StrEnum):
    """What decided the face; none, one or several."""

    ANSWER = "answer"
    OFFICIAL = "official"
    WAITING = "waiting"
    CONNECTION = "connection"
    BOOKING = "booking"


class CaseState(StrEnum):
    """How the case of an unhappy customer stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


NOT_ASKED = frozenset({OutcomeCode.CUSTOMER_NO_SHOW})
"""Outcomes after which nobody is asked how it was: they have not been there."""

CHANGEABLE_FOR = timedelta(days=1)
WORKING_DAYS = 2
"""Within how many days, Monday to Friday, somebody has to have dealt with an unhappy customer."""

MAX_COMMENT_CHARS = 1_000
MIN_DONE_CHARS, MAX_DONE_CHARS = 5, 1_000
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the customer says; None to a question they left out."""

    face: Face
    topics: frozenset[Topic] = frozenset()
    comment: str = ""
    would_have_come: bool | None = None
    must_still_come: bool | None = None

    @property
    def visit_saved(self) -> bool:
        """Whether somebody stayed at home who would have come to a centre."""
        return self.would_have_come is True and self.must_still_come is False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOpinion:
    """An opinion as it stands in the record of an appointment."""

    appointment_id: str
    opinion: Opinion
    given_at: datetime
    changed_at: datetime

    def is_changeable(self, now: datetime) -> bool:
        """Whether the customer may still think again."""
        return now < self.given_at + CHANGEABLE_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An unhappy customer somebody has to see to. Nobody owns it until it is taken (`owner_id` None).

    `done` says what was done; it stays when a new complaint opens the case again.
    """

    appointment_id: str
    opened_at: datetime
    due_at: datetime
    owner_id: str | None = None
    taken_at: datetime | None = None
    closed_at: datetime | None = None
    done: str = ""

    def state(self, now: datetime) -> CaseState:
        """Return how it stands."""
        if self.closed_at is not None:
            return CaseState.CLOSED
        return CaseState.OVERDUE if now > self.due_at else CaseState.OPEN


def check_opinion(opinion: Opinion) -> None:
    """Raise `InvalidRequest` if the comment can't be kept."""
    if len(opinion.comment) > MAX_COMMENT_CHARS or "\0" in opinion.comment:
        raise InvalidRequest(
            "The feedback can't be taken as it is.",
            fields={"comment": f"At most {MAX_COMMENT_CHARS} characters, no NUL among them."},
        )


def check_done(done: str) -> None:
    """Raise `InvalidRequest` unless it says what was done."""
    if not MIN_DONE_CHARS <= len(done) <= MAX_DONE_CHARS or "\0" in done:
        raise InvalidRequest(
            "The case can't be closed like this.",
            fields={"done": f"What was done, in {MIN_DONE_CHARS} to {MAX_DONE_CHARS} characters."},
        )


def due_at(opened_at: datetime, zone: tzinfo) -> datetime:
    """Return when a case opened then is overdue: the same time of day, `WORKING_DAYS` later."""
    local = opened_at.astimezone(zone)
    left = WORKING_DAYS
    while left:
        local += timedelta(days=1)
        left -= local.weekday() < _SATURDAY
    return local.astimezone(UTC)
