"""What REST bodies hold, as types: snake_case JSON, unknown fields refused by name.

What the values may be is the domain's to say; here are only their shapes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from vap_meet.domain import outcome
from vap_meet.domain.access import CUSTOMER, Role
from vap_meet.domain.appointment import (
    BookingRequest,
    Customer,
    Language,
    Mode,
    ServiceName,
)
from vap_meet.domain.booking import (
    MAX_CUSTOMER_CHARS,
    MAX_MINUTES,
    MAX_QUESTION_CHARS,
    MAX_REASON_CHARS,
    MAX_SERVICE_CHARS,
    MAX_SHORT_CHARS,
    MIN_MINUTES,
)
from vap_meet.domain.feedback import Case, CaseState
from vap_meet.domain.fields import ID_PATTERN, MAX_EMAIL_CHARS, PHONE_PATTERN
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.published import AppointmentOut, FeedbackOut, OutcomeOut, SessionOut

if TYPE_CHECKING:
    from vap_meet.services.sessions import TimelineItem

__all__ = ["AppointmentOut", "OutcomeOut", "SessionOut"]

Moment = Annotated[datetime, Meta(tz=True)]


def shown(**schema: Any) -> Meta:
    """Return what the API's description says of a value that the domain judges."""
    return Meta(extra_json_schema=schema)


def line(most: int) -> Meta:
    """Return that a value is one line of text that says something."""
    return shown(minLength=1, maxLength=most, pattern=r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$")


AppointmentId = Annotated[str, shown(pattern=f"^{ID_PATTERN}$")]
ShortLine = Annotated[str, line(MAX_SHORT_CHARS)]
ServiceLine = Annotated[str, line(MAX_SERVICE_CHARS)]
CustomerLine = Annotated[str, line(MAX_CUSTOMER_CHARS)]
Phone = Annotated[str, shown(pattern=f"^{PHONE_PATTERN}$")]
Email = Annotated[str, shown(format="email", maxLength=MAX_EMAIL_CHARS)]
Minutes = Annotated[int, shown(minimum=MIN_MINUTES, maximum=MAX_MINUTES)]
Question = Annotated[str, shown(maxLength=MAX_QUESTION_CHARS)]
CancelReason = Annotated[str, shown(maxLength=MAX_REASON_CHARS)]
OutcomeText = Annotated[str, shown(maxLength=outcome.MAX_TEXT_CHARS)]
AmendReason = Annotated[str, shown(maxLength=outcome.MAX_REASON_CHARS)]


class _In(Struct, forbid_unknown_fields=True, kw_only=True):
    """A body that is read; a field that is not known is a mistake of the caller."""


class ServiceIn(_In):
    """The municipal service the appointment is about."""

    id: ShortLine
    name_ar: ServiceLine
    name_en: ServiceLine


class CustomerIn(_In):
    """Who the appointment is for."""

    name: CustomerLine
    phone: Phone | None = None
    email: Email | None = None
    language: Language = Language.AR


class BookingIn(_In):
    """The body of `PUT /api/v1/appointments/{id}`."""

    service: ServiceIn
    customer: CustomerIn
    starts_at: Moment
    duration_minutes: Minutes = 15
    mode: Mode = Mode.VIDEO
    question: Question | None = None
    request_number: ShortLine | None = None

    def request(self) -> BookingRequest:
        """Return the booking as the use case takes it. Raises `InvalidRequest`."""
        service, customer = self.service, self.customer
        return BookingRequest(
            service=ServiceName(id=service.id, name_ar=service.name_ar, name_en=service.name_en),
            customer=Customer(
                name=customer.name, phone=customer.phone, email=customer.email, language=customer.language
            ),
            starts_at=in_utc(self.starts_at),
            duration_minutes=self.duration_minutes,
            mode=self.mode,
            question=self.question,
            request_number=self.request_number,
        )


class MoveIn(_In):
    """The body of `POST .../move`."""

    starts_at: Moment
    duration_minutes: Minutes | None = None


class CancelIn(_In):
    """The body of `POST .../cancel`."""

    reason: CancelReason


class JoinLinkIn(_In):
    """The body of `POST .../join-links`; may be left out."""

    participant: str = CUSTOMER


class TokenIn(_In):
    """The body of `POST .../tokens`. An agent's token says which agent's."""

    role: Role = Role.CUSTOMER
    staff_id: str | None = None


class OutcomeIn(_In):
    """The body of `PUT .../outcome`. A later version needs the reason."""

    code: OutcomeCode
    answer: OutcomeText = ""
    next_steps: OutcomeText = ""
    internal_notes: OutcomeText = ""
    follow_up_on: date | None = None
    answer_pending: bool = False
    reason: AmendReason | None = None

    def content(self) -> OutcomeContent:
        """Return what the outcome says, as the use case takes it."""
        return OutcomeContent(
            code=self.code,
            answer=self.answer,
            next_steps=self.next_steps,
            internal_notes=self.internal_notes,
            follow_up_on=self.follow_up_on,
        )


class JoinLinkOut(Struct, frozen=True, kw_only=True):
    """A link. Only this answer holds its code: it is stored as a hash."""

    id: str
    url: str
    participant: str
    schedule_version: int
    opens_at: datetime
    expires_at: datetime


class TokenOut(Struct, frozen=True, kw_only=True):
    """A join token, and the address that carries it where no server or log sees it."""

    token: str
    url: str


class OutcomesOut(Struct, frozen=True, kw_only=True):
    """Every version of an outcome, oldest first, and the one that counts."""

    latest: OutcomeOut
    versions: tuple[OutcomeOut, ...]


class TimelineOut(Struct, frozen=True, kw_only=True):
    """One fact; `epoch` and `seq` are its place in the room's log, and never change."""

    epoch: str
    seq: int
    at: datetime
    type: str
    participant: str | None
    by: str | None
    detail: str | None

    @classmethod
    def of(cls, item: TimelineItem) -> TimelineOut:
        """Return the fact's answer."""
        return msgspec.convert(item, cls, from_attributes=True)


def in_utc(moment: datetime) -> datetime:
    """Return an aware time in UTC; at the end of the calendar, as it is, for the domain to refuse."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment


class CaseOut(Struct, frozen=True, kw_only=True):
    """The case an unhappy customer has opened. `owner` is a staff member's id, null until it is taken."""

    state: CaseState
    opened_at: datetime
    due_at: datetime
    owner: str | None
    taken_at: datetime | None
    closed_at: datetime | None
    done: str

    @classmethod
    def of(cls, case: Case, now: datetime) -> CaseOut:
        """Return the case's answer as it stands now."""
        return cls(
            state=case.state(now),
            opened_at=case.opened_at,
            due_at=case.due_at,
            owner=case.owner_id,
            taken_at=case.taken_at,
            closed_at=case.closed_at,
            done=case.done,
        )


class FeedbackAndCaseOut(Struct, frozen=True, kw_only=True):
    """The answer of `GET /api/v1/appointments/{id}/feedback`."""

    feedback: FeedbackOut
    case: CaseOut | None
