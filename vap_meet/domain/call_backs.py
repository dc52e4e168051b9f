"""Call-backs: when the call could not be held, somebody telephones; who, to which number, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.opening import TICK_S, moment_of, open_ticks
from vap_meet.domain.outcome import OutcomeCode

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.opening import Timetable

WITHIN_OPEN = timedelta(hours=2)
"""How much opening time may pass until the customer is called: what is promised to them."""

MAX_TRIES = 3
"""After so many calls that nobody answered, the customer is told in writing instead."""

CALLED_AFTER = frozenset({OutcomeCode.TECHNICAL_FAILURE, OutcomeCode.AGENT_NO_SHOW})
"""Outcomes that leave the customer without having been heard, through no fault of theirs."""

MAX_NOTE_CHARS = 500
_DAYS_LOOKED_AT = 31


class Asker(StrEnum):
    """Who wants the customer to be called."""

    CUSTOMER = "customer"
    AGENT = "agent"


class CallBackState(StrEnum):
    """How a call-back stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    REACHED = "reached"
    NOT_REACHED = "not_reached"  # tried `MAX_TRIES` times
    WITHDRAWN = "withdrawn"  # by the customer, or because the answer came in another way


class Result(StrEnum):
    """What came of a closed one."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """A customer to be called. Nobody owns it until it is taken (`owner_id` None).

    `note` says what was found out in the last try; it stays when the customer asks once more.
    """

    appointment_id: str
    phone: str
    asked_by: Asker
    asked_at: datetime
    due_at: datetime
    owner_id: str | None = None
    tries: int = 0
    last_try_at: datetime | None = None
    closed_at: datetime | None = None
    result: Result | None = None
    note: str = ""

    def state(self, now: datetime) -> CallBackState:
        """Return how it stands."""
        if self.result is not None:
            return CallBackState(self.result)
        return CallBackState.OVERDUE if now > self.due_at else CallBackState.OPEN


def may_be_asked(appointment: Appointment, code: OutcomeCode | None) -> bool:
    """Whether calling makes sense with this outcome: the customer was not heard, and has not cancelled."""
    return appointment.is_open if code is None else code in CALLED_AFTER


def may_book_again(code: OutcomeCode | None, call_back: CallBack | None) -> bool:
    """Whether another time is offered before everybody else's: nobody was met, by video or by telephone."""
    not_reached = call_back is not None and call_back.result is Result.NOT_REACHED
    return code in CALLED_AFTER or (code is None and not_reached)


def due_at(asked_at: datetime, timetable: Timetable, zone: ZoneInfo) -> datetime:
    """Return when `WITHIN_OPEN` of opening time has passed since then.

    Hours without an opening for a month bind nobody: then it is that long after the asking, as clocks go.
    """
    left = int(WITHIN_OPEN.total_seconds()) // TICK_S
    first = int(asked_at.timestamp()) // TICK_S
    day = asked_at.astimezone(zone).date()
    for _ in range(_DAYS_LOOKED_AT):
        for ticks in open_ticks(timetable, zone, day):
            usable = range(max(ticks.start, first), ticks.stop)
            if len(usable) >= left:
                return moment_of(usable.start + left)
            left -= len(usable)
        day += timedelta(days=1)
    return asked_at.astimezone(UTC) + WITHIN_OPEN


def check_note(note: str) -> None:
    """Raise `InvalidRequest` if a note can't be kept."""
    if len(note) > MAX_NOTE_CHARS or "\0" in note:
        raise InvalidRequest(
            "The note can't be taken as it is.",
            fields={"note": f"At most {MAX_NOTE_CHARS} characters, no NUL among them."},
        )
