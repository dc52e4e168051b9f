"""What took effect in a room and must never be lost.

Applying an entry yields at most one `Fact`, which the `FactSink` stores in SQL in the transaction that
changes the session. Facts are tagged structs and hold nobody's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from signaling.vocabulary import Grant, Stage

if TYPE_CHECKING:
    from signaling.events import Position

HowLeft = Literal["left", "removed", "revoked", "expired"]


class _Fact(Struct, tag_field="type", frozen=True, omit_defaults=True):
    """What happened, for good."""


class Joined(_Fact, frozen=True, tag="joined"):
    """A participant entered (or came back after leaving); `stage` is where that put them.

    It says so again of who watched and takes part now at their own word. Who prepares or admits somebody does
    so too, which those facts say.

    `seat` names the device, so that a room that is opened anew still asks before another one takes over.
    """

    participant: str
    grants: tuple[Grant, ...]
    stage: Stage
    seat: str = ""


class Prepared(_Fact, frozen=True, tag="prepared"):
    """A host chose a waiting participant."""

    participant: str
    by: str


class Admitted(_Fact, frozen=True, tag="admitted"):
    """A host let a participant into the call."""

    participant: str
    by: str


class Held(_Fact, frozen=True, tag="held"):
    """A host put a participant on hold."""

    participant: str
    by: str


class SentToLobby(_Fact, frozen=True, tag="sentToLobby"):
    """A participant went back to the waiting room; `by` is None when a deadline did it."""

    participant: str
    by: str | None = None


class Summoned(_Fact, frozen=True, tag="summoned"):
    """A host called in a participant who waited, maybe away; `sentToLobby` follows if they don't come."""

    participant: str
    by: str


class Messaged(_Fact, frozen=True, tag="messaged"):
    """A host said something to a participant who waited: a known sentence, or (None) words of their own."""

    participant: str
    by: str
    sentence: str | None = None


class DeviceChanged(_Fact, frozen=True, tag="deviceChanged"):
    """A participant's seat moved to another device; `by` is None when that device just took it."""

    participant: str
    by: str | None = None
    seat: str = ""


class Locked(_Fact, frozen=True, tag="locked"):
    """A host lets nobody new in."""

    by: str


class Unlocked(_Fact, frozen=True, tag="unlocked"):
    """A host lets new people in again."""

    by: str


class Left(_Fact, frozen=True, tag="left"):
    """A participant is gone: left, removed by a host, revoked, or timed out while offline."""

    participant: str
    how: HowLeft
    by: str | None = None


class Ended(_Fact, frozen=True, tag="ended"):
    """The room is over; `by` is None when the record or a deadline did it."""

    by: str | None = None


Fact = (
    Joined | Prepared | Admitted | Held | SentToLobby | Summoned | Messaged | DeviceChanged
    | Locked | Unlocked | Left | Ended
)  # fmt: skip


class FactSink(Protocol):
    """Where facts go. The application's side writes SQL; tests keep a list."""

    async def commit(self, room: str, position: Position, at: int, fact: Fact) -> None:
        """Store one fact, exactly once by (room, epoch, seq), and return after the commit.

        May be called again with the same position; that changes nothing. Raises `FactNotStored` when the
        database can't take it now: the caller tries again and holds back the acknowledgement.
        """


class FactNotStored(Exception):  # noqa: N818 - says what happened
    """A fact could not be committed now; nothing was changed."""
