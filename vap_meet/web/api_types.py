"""What REST bodies hold, as types: snake_case JSON, unknown fields refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from vap_meet.domain.access import CUSTOMER, Role
from vap_meet.domain.appointment import (
    Appointment,
    AppointmentState,
    BookingRequest,
    Customer,
    Language,
    Mode,
    ServiceName,
)
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.outcome import Evidence, OutcomeCode, OutcomeContent, OutcomeVersion

MAX_TEXT_CHARS = 10_000
_YEARS = range(2000, 2200)

_LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*\Z"
_TEXT = r"^[^\x00]*\Z"
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=_LINE)]
PersonName = Annotated[str, Meta(min_length=1, max_length=120, pattern=_LINE)]
Token = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+\Z")]
Phone = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\Z")]
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS, pattern=_TEXT)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\x00\s][^\x00]*\Z")]
Minutes = Annotated[int, Meta(ge=5, le=240)]
Moment = Annotated[datetime, Meta(tz=True)]


class _In(Struct, forbid_unknown_fields=True, kw_only=True):
    """A body that is read; a field that is not known is a mistake of the caller."""


class ServiceIn(_In):
    """The municipal service the appointment is about."""

    id: Token
    name_ar: Line
    name_en: Line


class CustomerIn(_In):
    """Who the appointment is for."""

    name: PersonName
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
    question: Text | None = None
    request_number: Annotated[str, Meta(min_length=1, max_length=64, pattern=_LINE)] | None = None

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

    reason: Reason


class JoinLinkIn(_In):
    """The body of `POST .../join-links`; may be left out."""

    participant: Token = CUSTOMER


class TokenIn(_In):
    """The body of `POST .../tokens`. An agent's token says which agent's."""

    role: Role = Role.CUSTOMER
    staff_id: Token | None = None


class OutcomeIn(_In):
    """The body of `PUT .../outcome`. A later version needs the reason."""

    code: OutcomeCode
    answer: Text = ""
    next_steps: Text = ""
    internal_notes: Text = ""
    follow_up_on: date | None = None
    answer_pending: bool = False
    reason: Reason | None = None

    def content(self) -> OutcomeContent:
        """Return what the outcome says, as the use case takes it."""
        return OutcomeContent(
            code=self.code,
            answer=self.answer,
            next_steps=self.next_steps,
            internal_notes=self.internal_notes,
            follow_up_on=self.follow_up_on,
        )


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


class OutcomesOut(Struct, frozen=True, kw_only=True):
    """Every version of an outcome, oldest first, and the one that counts."""

    latest: OutcomeOut
    versions: tuple[OutcomeOut, ...]


def in_utc(moment: datetime, field: str = "starts_at") -> datetime:
    """Return an aware time in UTC. Raises `InvalidRequest` if it lies outside any calendar we keep."""
    if moment.year not in _YEARS:
        raise InvalidRequest("The time can't be used.", fields={field: "Between 2000 and 2199."})
    return moment.astimezone(UTC)
