"""The room log: what it promises, and the in-process implementation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from signaling.events import Entry, Event, Opened, Position, Snapshot

FORGET_MS = 60 * 60_000
_SWEEP_EVERY_MS = 60_000

OnEntry = Callable[[str, Entry], None]
"""Called with (epoch, entry), synchronously and in order; must not raise or block."""

OnLost = Callable[[], None]
"""Called once when the log is gone or has gone another way, as the last thing of a subscription."""


class LogUnavailable(Exception):  # noqa: N818 - says what happened
    """The log can't take or give entries now; media goes on.

    What was to be appended was not: except where the line to the log broke after it was sent, when it may yet
    turn up. Whoever sends it again must be able to bear it twice.
    """


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

        Raises `NoSuchLog` if the room is not open, `LogUnavailable` if it can't be appended: within the
        log's own deadline, so that callers need none.
        """

    async def compact(self, room: str, snapshot: Entry) -> None:
        """Let `snapshot` (an entry with event `Snapshot`) stand for every entry up to its seq.

        Every node makes the same snapshot at the same seq. One of another epoch, or behind the snapshot that
        is there, changes nothing. Raises `NoSuchLog`, `LogUnavailable`.
        """

    async def subscribe(
        self, room: str, after: Position | None, on_entry: OnEntry, on_lost: OnLost | None = None
    ) -> Subscription:
        """Deliver every entry after `after` (None, or another epoch: from the snapshot on), then live.

        All are of one epoch, without a gap and none twice. When the log is lost, or opened anew under another
        epoch, `on_lost` ends the subscription. Raises `NoSuchLog`, `LogUnavailable`.
        """

    async def close(self) -> None:
        """Release what the log holds; subscriptions end silently."""


class _Log:
    __slots__ = ("entries", "epoch", "followers", "seq", "touched_at")

    def __init__(self, epoch: str, first: Entry) -> None:
        self.epoch = epoch
        self.entries = [first]
        self.seq = first.seq
        self.followers: tuple[_Following, ...] = ()
        self.touched_at = first.at


class _Following:
    __slots__ = ("_log", "on_entry")

    def __init__(self, log: _Log, on_entry: OnEntry) -> None:
        self._log = log
        self.on_entry = on_entry

    def close(self) -> None:
        log = self._log
        log.followers = tuple(one for one in log.followers if one is not self)


class MemoryLog:
    """The in-process `RoomLog`. Nothing here suspends: an append walks to its readers and returns.

    A log that nobody follows any more is forgotten after an hour, as Redis would forget it: the room is then
    opened anew from SQL, under another epoch.
    """

    def __init__(self, *, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._logs: dict[str, _Log] = {}
        self._swept_at = 0

    async def open(self, room: str, opened: Opened) -> Position:
        """Put `opened` at seq 0 if there is no log yet."""
        now = self._clock_ms()
        self._sweep(now)
        log = self._logs.get(room)
        if log is None:
            log = self._logs[room] = _Log(opened.epoch, Entry(0, now, opened))
        return Position(log.epoch, log.seq)

    async def append(self, room: str, event: Event) -> Position:
        """Append, and call the followers before answering."""
        log = self._find(room)
        at = self._clock_ms()
        seq = log.seq = log.seq + 1
        log.touched_at = at
        entry = Entry(seq, at, event)
        log.entries.append(entry)
        epoch = log.epoch
        for one in log.followers:
            one.on_entry(epoch, entry)
        return Position(epoch, seq)

    async def compact(self, room: str, snapshot: Entry) -> None:
        """Replace all entries up to the snapshot's seq by it."""
        log = self._find(room)
        event = snapshot.event
        first = log.entries[0].seq
        if not isinstance(event, Snapshot) or event.epoch != log.epoch or not first < snapshot.seq <= log.seq:
            return
        log.entries[: snapshot.seq - first + 1] = [snapshot]

    async def subscribe(
        self,
        room: str,
        after: Position | None,
        on_entry: OnEntry,
        on_lost: OnLost | None = None,  # noqa: ARG002 - a followed log stays as long as the process
    ) -> Subscription:
        """Tell what came after `after` (from the snapshot on if that is too long ago), then follow."""
        log = self._find(room)
        first = log.entries[0].seq
        known = after is not None and after.epoch == log.epoch and first <= after.seq
        skip = after.seq - first + 1 if known and after is not None else 0
        for entry in log.entries[skip:]:
            on_entry(log.epoch, entry)
        following = _Following(log, on_entry)
        log.followers = (*log.followers, following)
        return following

    async def close(self) -> None:
        """Forget everything."""
        for log in self._logs.values():
            log.followers = ()
        self._logs.clear()

    def _find(self, room: str) -> _Log:
        log = self._logs.get(room)
        if log is None:
            raise NoSuchLog(room)
        return log

    def _sweep(self, now: int) -> None:
        if now - self._swept_at < _SWEEP_EVERY_MS:
            return
        self._swept_at = now
        old = [
            room for room, log in self._logs.items() if not log.followers and now - log.touched_at > FORGET_MS
        ]
        for room in old:
            del self._logs[room]
