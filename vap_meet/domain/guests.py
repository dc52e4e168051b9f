"""The third and fourth person: whom customers and officials invite to an appointment, and as what.

A guest comes by a link of their own and may talk; a colleague comes by their own account. Neither sees the
record, moves the appointment or reads the answer by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.appointment import Language

MAX_INVITED = 4
"""As many invitations may be open at once: two of them find a place, the others whoever can't come."""

MAX_NAME_CHARS = 60
_PREFIX = "guest."


class GuestPart(StrEnum):
    """What a guest is in the call."""

    COMPANION = "companion"
    INTERPRETER = "interpreter"


class StaffPart(StrEnum):
    """As what somebody who works here is asked to join a colleague's call."""

    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who was invited. `invited_by` is a participant id, `name` empty once it was erased."""

    id: str
    appointment_id: str
    part: GuestPart
    name: str
    language: Language
    invited_by: str
    schedule_version: int
    created_at: datetime
    phone: str | None = None
    email: str | None = None
    withdrawn_at: datetime | None = None

    @property
    def participant_id(self) -> str:
        """Return who they are in the room."""
        return guest_participant(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAsk:
    """A member of staff who is asked to join a colleague's call."""

    id: str
    appointment_id: str
    staff_id: str
    part: StaffPart
    asked_by: str
    asked_at: datetime


def guest_participant(guest_id: str) -> str:
    """Return the participant id of a guest."""
    return _PREFIX + guest_id


def guest_id_of(participant_id: str) -> str | None:
    """Return whose participant id this is, None if it is no guest's."""
    return participant_id.removeprefix(_PREFIX) if participant_id.startswith(_PREFIX) else None


def read_name(text: str) -> str:
    """Return a guest's name in one line without controls; empty if nothing is left of it or it is too long.

    Others read it over a picture: what turns the direction of the text around it, or is no text, is left out.
    """
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return name if len(name) <= MAX_NAME_CHARS else ""
