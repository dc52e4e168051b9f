"""The words of the wire: identifiers, bounds, and the closed lists that its messages are made of.

What is marked as sensitive never reach a log.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

SUBPROTOCOL = "vap.signal.v1"
MAX_FRAME_BYTES = 64 * 1024
MAX_SDP_CHARS = 48 * 1024
MAX_CANDIDATE_CHARS = 2 * 1024
MAX_CHAT_CHARS = 2_000

# Marks a field whose value is personal or secret; the log redactor reads it from the schema.
SENSITIVE = {"sensitive": True}

Ref = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
ParticipantId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
# Whom a signal is for: looked up among who is here, so its letters are not looked at one by one before.
Addressee = Annotated[str, Meta(min_length=1, max_length=64)]
Epoch = Annotated[str, Meta(min_length=8, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Pc = Annotated[int, Meta(ge=0, le=2**31 - 1, description="peer-connection generation of this pair")]
Sdp = Annotated[str, Meta(min_length=1, max_length=MAX_SDP_CHARS, extra_json_schema=SENSITIVE)]
CandidateLine = Annotated[str, Meta(max_length=MAX_CANDIDATE_CHARS, extra_json_schema=SENSITIVE)]
ChatId = Annotated[str, Meta(min_length=8, max_length=36, pattern=r"^[A-Za-z0-9-]+$")]
SentenceName = Annotated[
    str, Meta(min_length=1, max_length=32, pattern=r"^[a-z_]+$", description="one the application knows")
]
Moment = Annotated[int, Meta(ge=0, le=2**53 - 1, description="milliseconds since 1970")]
ChatText = Annotated[str, Meta(min_length=1, max_length=MAX_CHAT_CHARS, extra_json_schema=SENSITIVE)]
Part = Annotated[str, Meta(max_length=32, pattern=r"^[a-z_]*$")]
DisplayName = Annotated[str, Meta(max_length=120, extra_json_schema=SENSITIVE)]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}$")]
Names = Annotated[
    dict[Language, DisplayName],
    Meta(min_length=1, max_length=8, description="one name in each of several languages"),
]
Secret = Annotated[str, Meta(max_length=256, extra_json_schema=SENSITIVE)]


class Stage(StrEnum):
    """Where a participant stands in the room. Being online is a separate axis."""

    WATCHING = "watching"  # looks on from outside the call, and may take part at any time
    WAITING = "waiting"
    PREPARING = "preparing"
    ADMITTED = "admitted"
    HELD = "held"
    LEFT = "left"

    # Enum's own __hash__ is Python code; these are looked up for every signal.
    __hash__ = str.__hash__


class Grant(StrEnum):
    """What a participant may do."""

    PUBLISH = "publish"
    CHAT = "chat"
    SKIP_LOBBY = "skip_lobby"
    PLACE = "place"
    ADMIT = "admit"
    REMOVE = "remove"
    END = "end"

    __hash__ = str.__hash__


class MediaChoice(StrEnum):
    """What one medium of a participant is doing, as chosen by that person."""

    ON = "on"
    OFF = "off"
    NONE = "none"  # not offered at all: sound only, or no device


class Shows(StrEnum):
    """What a participant's picture is of."""

    CAMERA = "camera"  # themselves
    SCREEN = "screen"
    DOCUMENT = "document"  # to be read: nothing of it may be cut off


class Trouble(StrEnum):
    """What holds a participant's picture back against their will."""

    NONE = "none"
    DEVICE = "device"  # the system has paused the camera, as during a phone call
    NETWORK = "network"  # too weak: with the camera on it is smaller, with it off only sound goes


class RefusalCode(StrEnum):
    """Why a command had no effect. Stable; a client may act on it."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    HELLO_FIRST = "hello_first"
    HELLO_AGAIN = "hello_again"
    NOT_GRANTED = "not_granted"
    NOT_ADMITTED = "not_admitted"
    NO_SUCH_PARTICIPANT = "no_such_participant"
    NOT_HERE = "not_here"  # the person addressed has left or is waiting
    WRONG_STAGE = "wrong_stage"
    STALE_PC = "stale_pc"
    ROOM_ENDED = "room_ended"
    UNAVAILABLE = "unavailable"  # the log or the database can't take it now; try again
    NOT_YET = "not_yet"  # the participant asked for a minute, which is not over
    ROOM_FULL = "room_full"  # as many take part as a room takes
    NOBODY_ASKS = "nobody_asks"  # no device stands by for the seat, or not any more


class ByeAction(StrEnum):
    """What a client does after the server closed on it."""

    RESUME = "resume"  # connect again and say where it was
    REJOIN = "rejoin"  # load the page again
    STOP = "stop"  # stay away; `reason` says why


class ByeReason(StrEnum):
    """Why the server closes a connection."""

    RESTARTING = "restarting"
    TOO_SLOW = "too_slow"
    MISBEHAVED = "misbehaved"
    IDLE = "idle"
    MOVED_DEVICE = "moved_device"  # another device took this seat
    IN_USE = "in_use"  # the seat is in a call on another device
    ROOM_FULL = "room_full"  # as many are here as a room takes
    LOCKED = "locked"  # a host lets nobody new in
    LEFT = "left"
    TOO_LATE = "too_late"  # the time for coming back has passed
    REMOVED = "removed"
    ENDED = "ended"
    REVOKED = "revoked"  # cancelled, moved or signed out
    NO_ACCESS = "no_access"
    UNAVAILABLE = "unavailable"
