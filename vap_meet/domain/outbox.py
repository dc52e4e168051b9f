"""Promises to tell someone: what the outbox holds, and when a promise is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from vap_meet.domain.audit import canonical

if TYPE_CHECKING:
    from datetime import datetime

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
BLOCKS_FOR = timedelta(minutes=10)
"""How long a promise that can't be kept holds back those behind it in its lane."""


class Kind(StrEnum):
    """What is promised; each has its handler in `services.delivery`."""

    ROOM_END = "room.end"
    ROOM_REVOKE = "room.revoke"
    PHONE_CODE = "message.phone_code"
    MESSAGE = "message"
    GUEST = "message.guest"
    INVITATION = "message.invitation"
    SERVICE_OPEN = "message.service_open"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A promise. Those of one lane are kept one after the other, in the order of their ids.

    `party` is who is told: only so many promises to one party are being kept at a time.
    """

    id: int
    party: str
    lane: str
    kind: str
    payload: str
    created_at: datetime
    attempts: int  # this one included


def room_lane(appointment_id: str) -> str:
    """Return the lane of an appointment's room commands, which wait for nothing else."""
    return f"room:{appointment_id}"


class RoomCommand(msgspec.Struct, frozen=True):
    """What a room is told after the record has changed; no participant means everybody."""

    room: str
    participant: str | None


def room_command(appointment_id: str, participant: str | None = None) -> str:
    """Return a room command's payload; no participant means everybody."""
    return canonical({"room": appointment_id, "participant": participant}).decode()


def read_room_command(payload: str) -> RoomCommand:
    """Return what `room_command` wrote."""
    return msgspec.json.decode(payload, type=RoomCommand)


def next_try(message: OutboxMessage, *, now: datetime, chance: float) -> datetime | None:
    """Return when a failed promise is tried again, None to give it up.

    The wait doubles with each attempt up to `LONGEST_DELAY`; `chance` in [0, 1) takes up to half of it away,
    so that promises that failed together are not tried together.
    """
    if now - message.created_at >= GIVE_UP_AFTER:
        return None
    doublings: int = 2 ** min(message.attempts - 1, 20)
    whole = min(LONGEST_DELAY, FIRST_DELAY * doublings)
    return now + whole * (1 - chance / 2)
