"""The room log: what it promises, and the in-process implementation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from signaling.events import Entry, Event, Opened, Position

OnEntry = Callable[[str, Entry], None]
"""Called with (epoch, entry), synchronously and in order; must not raise or block."""


class LogUnavailable(Exception):  # noqa: N818 - says what happened
    """The log can't take or give entries now. Nothing was appended; media goes on."""


class NoSuchLog(Exception):  # noqa: N818 - says what happened
    """The room's log is not open (never was, or was lost); a room opens only by `RoomLog.open`."""


class Subscription(Protocol):
    """A standing delivery of one room's entries to one callback."""

    def close(self) -> None:
        """Stop; no callback after this returns. Closing twice is fine."""


class RoomLog(Protocol):
    """An append-only, totally ordered log a room. Two implementations pass one contract suite."""

    async def open(self, room: str, opened: Opened) -> Position:
        """Put `opened` at seq 0 if the log is empty; answer where the log stands either way.

        Raises `LogUnavailable`.
        """

    async def append(self, room: str, event: Event) -> Position:
        """Append one event and answer its position, after every local subscriber has been called.

        Raises `NoSuchLog` if the room is not open, `LogUnavailable` if it can't be appended.
        """

    async def subscribe(self, room: str, after: Position | None, on_entry: OnEntry) -> Subscription:
        """Deliver every entry after `after` (None, or another epoch: from the snapshot on), then live.

        Raises `NoSuchLog`, `LogUnavailable`.
        """

    async def close(self) -> None:
        """Release what the log holds; subscriptions end silently."""
