"""Who may come in, as what, and when: roles, the notice, and what a link is worth at a moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.errors import DomainError, LinkCancelled, LinkMoved, LinkOver, TooEarly

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.appointment import Appointment

CUSTOMER = "customer"
"""The participant id of an appointment's customer."""

NOTICE_VERSION = "1"
"""The notice (purpose, retention, contact) that is shown now; whoever enters accepts this very one."""

_STAFF_PREFIX = "staff."


class Role(StrEnum):
    """What somebody is in an appointment; grants come from it in `services.joining`."""

    CUSTOMER = "customer"
    AGENT = "agent"


class StaffRole(StrEnum):
    """What an account may see. One role an account."""

    AGENT = "agent"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Somebody who works here. `session_id` names the sign-in, None when it came about without one."""

    id: str
    username: str
    role: StaffRole
    name_ar: str
    name_en: str
    session_id: str | None = None


class LinkStatus(StrEnum):
    """What a link, or the visit that came from it, is worth now."""

    OPEN = "open"
    EARLY = "early"
    MOVED = "moved"
    CANCELLED = "cancelled"
    OVER = "over"


OVERRUN = timedelta(hours=4)
"""How much longer access lasts while the call is on: none ends because its planned time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When the waiting room opens before the start, and until when after the end a link still opens it."""

    opens_before: timedelta
    closes_after: timedelta

    def opens_at(self, appointment: Appointment) -> datetime:
        """Return when the appointment's waiting room opens."""
        return appointment.starts_at - self.opens_before

    def closes_at(self, appointment: Appointment) -> datetime:
        """Return when the appointment's links end."""
        in_call = appointment.state is AppointmentState.IN_SESSION
        return appointment.ends_at + self.closes_after + (OVERRUN if in_call else timedelta())


def link_status(
    appointment: Appointment, *, schedule_version: int, now: datetime, hours: OpeningHours
) -> LinkStatus:
    """Return what access given at `schedule_version` is worth at `now`.

    Cancelled says more than moved (cancelling raises the version too), and moved more than over: access
    from before the move shows nothing of what came after it.
    """
    if appointment.state is AppointmentState.CANCELLED:
        return LinkStatus.CANCELLED
    if schedule_version != appointment.schedule_version:
        return LinkStatus.MOVED
    if not appointment.is_open or now > hours.closes_at(appointment):
        return LinkStatus.OVER
    if now < hours.opens_at(appointment):
        return LinkStatus.EARLY
    return LinkStatus.OPEN


def may_enter(appointment: Appointment, status: LinkStatus, *, now: datetime, hours: OpeningHours) -> bool:
    """Whether a link lets somebody in: to wait, to see the countdown, or to read the answer afterwards."""
    if status in {LinkStatus.OPEN, LinkStatus.EARLY}:
        return True
    completed = status is LinkStatus.OVER and appointment.state is AppointmentState.COMPLETED
    return completed and now <= hours.closes_at(appointment)


def refusal(status: LinkStatus) -> DomainError:
    """Return the error that says why access with this status leads nowhere."""
    kind, sentence = _REFUSED[status]
    return kind(sentence)


_REFUSED: dict[LinkStatus, tuple[type[DomainError], str]] = {
    LinkStatus.EARLY: (TooEarly, "The waiting room is not open yet."),
    LinkStatus.MOVED: (LinkMoved, "The appointment has another time now; the latest message has its link."),
    LinkStatus.CANCELLED: (LinkCancelled, "The appointment was cancelled."),
    LinkStatus.OVER: (LinkOver, "The appointment is over."),
}


def browser_sha256(cookie: str) -> str:
    """Return what is stored of the cookie that names a browser: any text, since anybody can send one."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def staff_participant(staff_id: str) -> str:
    """Return the participant id of a staff member."""
    return _STAFF_PREFIX + staff_id


def staff_id_of(participant_id: str) -> str | None:
    """Return whose participant id this is, None if it is no staff member's."""
    return participant_id.removeprefix(_STAFF_PREFIX) if participant_id.startswith(_STAFF_PREFIX) else None
