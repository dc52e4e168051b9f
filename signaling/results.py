"""What applying one entry asks the hub to do."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from signaling.events import Due
from signaling.facts import Fact
from signaling.protocol import ServerMessage

Delivery = tuple[str, ServerMessage]
"""The connection to tell (on whichever node it is), and what."""


class Deadline(Struct, frozen=True):
    """A `Due` to append at `at` (milliseconds since 1970) or later."""

    at: int
    due: Due


class Result(Struct, gc=False):
    """What applying one entry asks for.

    `deliveries` go out at once. `replies` (ack, and a bye behind it) go to whoever sent the command, and if
    there is a `fact`, not before it is committed. With `changed`, everybody in the room is told the state.
    `arrived` is a connection that now holds its seat and is to be welcomed; `moved` if the seat was another
    device's, so that no position the connection names is its own.
    """

    deliveries: tuple[Delivery, ...] = ()
    replies: tuple[Delivery, ...] = ()
    fact: Fact | None = None
    dues: tuple[Deadline, ...] = ()
    changed: bool = False
    arrived: str | None = None
    moved: bool = False


NOTHING: Final = Result()
