"""Invitations to book: a back office asks somebody who has not asked to choose a time.

What they are told is why; what they have to say again is nothing. One invitation makes one booking.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.booking import MAX_CUSTOMER_CHARS, MAX_REASON_CHARS, MAX_SHORT_CHARS
from vap_meet.domain.errors import DomainError, ErrorCode
from vap_meet.domain.fields import email_fault, id_fault, line_fault, phone_fault, refuse, text_fault
from vap_meet.domain.links import derive_code

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.appointment import Customer, ServiceName

USUAL_LIFE = timedelta(days=14)
LONGEST_LIFE = timedelta(days=180)


class InvitationState(StrEnum):
    """What an invitation is still good for."""

    OPEN = "open"
    USED = "used"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class InvitationExists(DomainError):  # noqa: N818 - says what happened
    """The id is an invitation's already, with other content."""

    code = ErrorCode.INVITATION_EXISTS


class InvitationOver(DomainError):  # noqa: N818 - says what happened
    """It was used, called off, or its time is over; `state` says which."""

    code = ErrorCode.INVITATION_OVER

    def __init__(self, sentence: str, *, state: InvitationState) -> None:
        super().__init__(sentence)
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRequest:
    """What a back office asks for. A reason in one language alone is shown to readers of both.

    Without `expires_at` the invitation lives as long as is usual.
    """

    service_id: str
    customer: Customer
    request_number: str | None
    reason_ar: str | None
    reason_en: str | None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingInvitation:
    """An invitation as it is on the record.

    `at_once`: no lead time binds whoever could not be met through no fault of theirs; the reason says itself.
    """

    id: str
    service: ServiceName
    customer: Customer
    request_number: str | None
    reason_ar: str | None
    reason_en: str | None
    key_id: str  # of the link key that its code is derived with
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    appointment_id: str | None = None
    cancelled_at: datetime | None = None
    at_once: bool = False

    def state(self, now: datetime) -> InvitationState:
        """Return what it is good for now."""
        if self.used_at is not None:
            return InvitationState.USED
        if self.cancelled_at is not None:
            return InvitationState.CANCELLED
        return InvitationState.OPEN if now < self.expires_at else InvitationState.EXPIRED

    def reason(self, language: str) -> str:
        """Return why, in this language if it is there, in the other if not."""
        first, second = (self.reason_ar, self.reason_en)[:: 1 if language == "ar" else -1]
        return first or second or ""

    def asks_for(self, request: InvitationRequest) -> bool:
        """Whether a request would make this very invitation."""
        mine = (
            self.service.id,
            self.customer,
            self.request_number,
            self.reason_ar,
            self.reason_en,
            self.expires_at if request.expires_at else None,
        )
        return mine == (
            request.service_id,
            request.customer,
            request.request_number,
            request.reason_ar,
            request.reason_en,
            request.expires_at,
        )


def check_invitation(invitation_id: str, request: InvitationRequest, *, now: datetime) -> None:
    """Raise `InvalidRequest` naming every faulty field, as the API names it."""
    customer = request.customer
    reasons = {"reasonAr": request.reason_ar, "reasonEn": request.reason_en}
    faults = {
        "id": id_fault(invitation_id),
        "customer.name": line_fault(customer.name, MAX_CUSTOMER_CHARS),
        "customer.phone": phone_fault(customer.phone),
        "customer.email": email_fault(customer.email),
        "requestNumber": None
        if request.request_number is None
        else line_fault(request.request_number, MAX_SHORT_CHARS),
        **{name: text_fault(text, MAX_REASON_CHARS) for name, text in reasons.items()},
        "expiresAt": None
        if request.expires_at is None or now < request.expires_at <= now + LONGEST_LIFE
        else f"In the future, within {LONGEST_LIFE.days} days.",
    }
    if not any(text and text.strip() for text in reasons.values()):
        faults["reasonAr"] = "Say why, in one language at least."
    if customer.phone is None and customer.email is None:
        faults["customer.phone"] = "A phone or an email has to be there, or nobody can be told."
    refuse(faults, "The invitation can't be made as it is.")


def again_id(appointment_id: str) -> str:
    """Return the id of the one invitation that makes up for an appointment at which nobody was met."""
    return f"again.{hashlib.sha256(appointment_id.encode()).hexdigest()[:32]}"


def invitation_code(key: bytes, *, key_id: str, invitation_id: str) -> str:
    """Return the code of an invitation's link; no appointment's can be the same (ids hold no colon)."""
    return derive_code(
        key,
        key_id=key_id,
        appointment_id=f"invitation:{invitation_id}",
        participant_id="invited",
        schedule_version=0,
    )


def over(state: InvitationState) -> InvitationOver:
    """Return the refusal of an invitation that is not open any more."""
    return InvitationOver(f"The invitation is {state}.", state=state)
