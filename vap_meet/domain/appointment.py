"""The appointment: its values and its state machine.

booked -> waiting -> in_session -> completed      in_session -> waiting is legal
booked, waiting, in_session -> cancelled | no_show | technical_failure
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.errors import WrongState

if TYPE_CHECKING:
    from datetime import datetime


class AppointmentState(StrEnum):
    """Where the appointment as a whole stands."""

    BOOKED = "booked"
    WAITING = "waiting"
    IN_SESSION = "in_session"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    TECHNICAL_FAILURE = "technical_failure"


class Step(StrEnum):
    """What moves an appointment from one state to another."""

    CUSTOMER_WAITS = "customer_waits"
    CUSTOMER_ADMITTED = "customer_admitted"
    CUSTOMER_BACK_IN_LOBBY = "customer_back_in_lobby"
    MOVE = "move"
    COMPLETE = "complete"
    CANCEL = "cancel"
    NO_SHOW = "no_show"
    FAIL = "fail"


_S, _T = AppointmentState, Step
TRANSITIONS: dict[tuple[AppointmentState, Step], AppointmentState] = {
    (_S.BOOKED, _T.CUSTOMER_WAITS): _S.WAITING,
    (_S.WAITING, _T.CUSTOMER_ADMITTED): _S.IN_SESSION,
    (_S.IN_SESSION, _T.CUSTOMER_BACK_IN_LOBBY): _S.WAITING,
    (_S.IN_SESSION, _T.CUSTOMER_WAITS): _S.WAITING,  # left the call and came back
    (_S.BOOKED, _T.MOVE): _S.BOOKED,
    (_S.WAITING, _T.MOVE): _S.BOOKED,
    (_S.IN_SESSION, _T.COMPLETE): _S.COMPLETED,
    (_S.WAITING, _T.COMPLETE): _S.COMPLETED,
    **{
        (state, step): target
        for state in (_S.BOOKED, _S.WAITING, _S.IN_SESSION)
        for step, target in (
            (_T.CANCEL, _S.CANCELLED),
            (_T.NO_SHOW, _S.NO_SHOW),
            (_T.FAIL, _S.TECHNICAL_FAILURE),
        )
    },
}
"""The whole machine; a pair that is absent is refused with `WrongState`."""

OPEN_STATES = frozenset({_S.BOOKED, _S.WAITING, _S.IN_SESSION})


def step(state: AppointmentState, taken: Step) -> AppointmentState:
    """Return the state after `taken`. Raises `WrongState` if the table has no such pair."""
    target = TRANSITIONS.get((state, taken))
    if target is None:
        raise WrongState(f"An appointment that is {state} can't take the step {taken}.")
    return target


class Mode(StrEnum):
    """How the customer asked to talk."""

    VIDEO = "video"
    SOUND = "sound"


class Language(StrEnum):
    """The languages on the screen."""

    AR = "ar"
    EN = "en"


class IdentityAssurance(StrEnum):
    """How sure we are who joined."""

    LINK = "link"
    OTP = "otp"
    AGENT_CHECKED = "agent_checked"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceName:
    """A municipal service, as named to people."""

    id: str
    name_ar: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who the appointment is for. Personal data; never logged."""

    name: str
    phone: str | None = None  # E.164
    email: str | None = None
    language: Language = Language.AR


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """What a booking system asks for."""

    service: ServiceName
    customer: Customer
    starts_at: datetime
    duration_minutes: int = 15
    mode: Mode = Mode.VIDEO
    question: str | None = None
    request_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """The record. `schedule_version` rises when it moves or is cancelled: links and tokens carry it.

    `revision` rises when a person or the API edits the record: it is the ETag. The session's projection
    (`state` through waiting and in_session) touches neither.
    """

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

    @property
    def is_open(self) -> bool:
        """Whether somebody may still meet in it."""
        return self.state in OPEN_STATES
