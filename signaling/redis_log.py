"""The room log on Redis: what several processes share.

Appending is one script and one trip. Whoever appends is told in the answer what others appended in between;
everybody else is told by what Redis publishes. Of what is told twice, or too late, the seq shows it; what is
missing is read from the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import structlog

from signaling import redis_scripts as scripts
from signaling.events import Entry, Event, Opened, Position, Snapshot
from signaling.log import FORGET_MS, LogUnavailable, NoSuchLog, OnEntry, OnLost, Subscription
from signaling.redis_line import Script

if TYPE_CHECKING:
    from signaling.redis_line import RedisLine

log = structlog.get_logger("signaling")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode
_PARTS: Final = 5
_RENEW_AT_ONCE: Final = 500


class _Told(NamedTuple):
    epoch: str
    seq: int
    before: int  # `at` of the entry before: how a log that went another way is known
    at: int
    event: bytes

    @classmethod
    def read(cls, text: bytes) -> _Told:
        epoch, seq, before, at, event = text.split(b" ", _PARTS - 1)
        return cls(epoch.decode(), int(seq), int(before), int(at), event)


class _Followed:
    """One room as this process follows it. Without an epoch nothing has been read yet."""

    __slots__ = ("at", "epoch", "followers", "heard", "repairing", "room", "seq")

    def __init__(self, room: str) -> None:
        self.room = room
        self.epoch = ""
        self.seq = -1
        self.at = 0
        self.heard = -1  # the latest seq that was told, perhaps with something missing before it
        self.repairing = False
        self.followers: tuple[_Follower, ...] = ()


class _Follower:
    __slots__ = ("_followed", "_log", "on_entry", "on_lost")

    def __init__(self, log: RedisLog, followed: _Followed, on_entry: OnEntry, on_lost: OnLost | None) -> None:
        self._log = log
        self._followed = followed
        self.on_entry = on_entry
        self.on_lost = on_lost

    def close(self) -> None:
        self._log.unfollow(self._followed, self)


class RedisLog:
    """A `RoomLog` on a `RedisLine`, whose owner runs and closes it.

    A log is kept for an hour after the last node has stopped following it.
    """

    def __init__(self, line: RedisLine, *, forget_ms: int = FORGET_MS) -> None:
        self._line = line
        self._forget_ms = forget_ms
        self._rooms: dict[str, _Followed] = {}
        self._open, self._append = Script(scripts.OPEN), Script(scripts.APPEND)
        self._read, self._compact = Script(scripts.READ), Script(scripts.COMPACT)
        self._drop = Script(scripts.DROP)
        line.each_beat(self._renew)
        line.each_return(self._repair_all)

    # --- the interface ------------------------------------------------------------------------------

    async def open(self, room: str, opened: Opened) -> Position:
        """Put `opened` at seq 0 if there is no log yet."""
        arguments = (opened.epoch, _encode(opened), self._forget_ms)
        epoch, seq = await self._line.call(self._open, self._keys(room), arguments)
        return Position(epoch.decode(), seq)

    async def append(self, room: str, event: Event) -> Position:
        """Append, and call the followers of this process before answering."""
        followed = self._rooms.get(room)
        arguments = (_encode(event), self._forget_ms, *_latest(followed))
        answer = await self._line.call(self._append, self._keys(room), arguments)
        if answer is None:
            if followed is not None and followed.epoch:
                self._lose(followed)
            raise NoSuchLog(room)
        name, seq, before, at, missed = answer
        told = _Told(name.decode(), seq, int(before), int(at), b"")
        if followed is not None and self._rooms.get(room) is followed and followed.epoch:
            for text in missed:
                self._take(followed, _Told.read(text[1][1]))
            self._take(followed, told, event)
            if followed.heard > followed.seq:  # it was followed after this was sent
                await self._repair(followed)
        return Position(told.epoch, seq)

    async def compact(self, room: str, snapshot: Entry) -> None:
        """Let a snapshot stand for what came before."""
        event = snapshot.event
        if not isinstance(event, Snapshot):
            return
        arguments = (event.epoch, snapshot.seq, _encode(event), self._forget_ms)
        if await self._line.call(self._compact, self._keys(room), arguments) is None:
            raise NoSuchLog(room)

    async def subscribe(
        self, room: str, after: Position | None, on_entry: OnEntry, on_lost: OnLost | None = None
    ) -> Subscription:
        """Tell what came after `after`, then follow."""
        followed = self._rooms.get(room)
        if followed is None:
            followed = self._rooms[room] = _Followed(room)
        try:
            # Also where others follow already: it is confirmed only once the channel is heard.
            await self._line.listen(self._channel(room), lambda text: self._hear(followed, text))
            entries = await self._read_for(followed)
        except (LogUnavailable, NoSuchLog):
            self._forget_unless_followed(followed)
            raise
        follower = _Follower(self, followed, on_entry, on_lost)
        epoch, first = followed.epoch, entries[0].seq
        told = after.seq if after is not None and after.epoch == epoch and after.seq >= first else -1
        for entry in entries:
            if entry.seq > told:
                on_entry(epoch, entry)
        followed.followers = (*followed.followers, follower)
        return follower

    async def close(self) -> None:
        """End the subscriptions."""
        for followed in [*self._rooms.values()]:
            followed.followers = ()
            self._forget_unless_followed(followed)

    def unfollow(self, followed: _Followed, follower: _Follower) -> None:
        """Take a follower out; used by its `close`."""
        followed.followers = tuple(one for one in followed.followers if one is not follower)
        self._forget_unless_followed(followed)

    # --- following ----------------------------------------------------------------------------------

    async def _read_for(self, followed: _Followed) -> list[Entry]:
        """Return the whole log for a new follower, up to where the others are by then."""
        room = followed.room
        epoch, seq = "", -1
        entries: list[Entry] = []
        while True:
            answer = await self._line.call(self._read, self._keys(room), (epoch, seq, ""))
            if answer is None:
                raise NoSuchLog(room)
            told = _texts(answer)
            try:
                entries += [Entry(one.seq, one.at, _decode(one.event)) for one in told]
            except msgspec.DecodeError as error:
                log.exception("log_not_readable", room=room)
                raise LogUnavailable(room) from error
            if told:
                epoch, seq = told[-1].epoch, told[-1].seq
            if not followed.epoch:
                followed.epoch, followed.seq = epoch, seq
                followed.at = told[-1].at
            for one in told:
                self._take(followed, one)
            if followed.epoch != epoch or self._rooms.get(room) is not followed:
                raise LogUnavailable(room)
            if not told or seq >= max(followed.seq, followed.heard):
                followed.heard = followed.seq
                return entries

    def _hear(self, followed: _Followed, text: bytes) -> None:
        """Take what was published: an entry, or the epoch of a log that was deleted."""
        if self._rooms.get(followed.room) is not followed:
            return
        if b" " not in text:
            if text.decode() == followed.epoch:
                self._lose(followed)
            return
        told = _Told.read(text)
        if not followed.epoch:
            followed.heard = told.seq
            return
        self._take(followed, told)
        if followed.heard > followed.seq and not followed.repairing:
            followed.repairing = True
            self._line.spawn(self._repair(followed))

    def _take(self, followed: _Followed, told: _Told, event: Event | None = None) -> None:
        """Tell the followers one entry if it is the next; give the room up if the log went another way."""
        if told.epoch != followed.epoch:
            self._lose(followed)
            return
        seq = told.seq
        followed.heard = max(followed.heard, seq)
        if seq != followed.seq + 1:
            if seq == followed.seq and told.at != followed.at:
                self._give_up(followed)
            return
        if told.before != followed.at:
            self._give_up(followed)
            return
        if event is None:
            try:
                event = _decode(told.event)
            except msgspec.DecodeError:
                log.exception("log_not_readable", room=followed.room)
                self._lose(followed)
                return
        followed.seq, followed.at = seq, told.at
        entry = Entry(seq, told.at, event)
        for one in followed.followers:
            one.on_entry(told.epoch, entry)

    async def _repair(self, followed: _Followed) -> None:
        """Read what is missing. Raises `LogUnavailable`; the next entry, or the next return, tries again."""
        try:
            answer = await self._line.call(self._read, self._keys(followed.room), _latest(followed))
        finally:
            followed.repairing = False
        if self._rooms.get(followed.room) is not followed:
            return
        if answer is None or answer[0] is not None:  # gone, or trimmed beyond what this node knows
            self._lose(followed)
            return
        for one in _texts(answer):
            self._take(followed, one)

    async def _repair_all(self) -> None:
        for followed in [*self._rooms.values()]:
            if followed.epoch:
                await self._repair(followed)

    async def _renew(self) -> None:
        """Keep the logs that are followed, and find out which are gone."""
        rooms = [one for one in self._rooms.values() if one.epoch]
        for first in range(0, len(rooms), _RENEW_AT_ONCE):
            some = rooms[first : first + _RENEW_AT_ONCE]
            keys = [key for one in some for key in self._keys(one.room)]
            found = await self._line.call_all([("PEXPIRE", key, self._forget_ms) for key in keys])
            for followed, there in zip(some, found[::2], strict=True):
                if not there:
                    self._lose(followed)

    def _give_up(self, followed: _Followed) -> None:
        """Lose a log that has gone another way, for everybody: facts may be in SQL that are not in it."""
        self._lose(followed)
        self._line.spawn(self._delete(followed))

    async def _delete(self, followed: _Followed) -> None:
        await self._line.call(self._drop, self._keys(followed.room), (followed.epoch,))

    def _lose(self, followed: _Followed) -> None:
        """Tell the followers that there is nothing more to come."""
        followers, followed.followers = followed.followers, ()
        self._forget_unless_followed(followed)
        for one in followers:
            if one.on_lost is not None:
                one.on_lost()

    def _forget_unless_followed(self, followed: _Followed) -> None:
        if not followed.followers and self._rooms.get(followed.room) is followed:
            del self._rooms[followed.room]
            self._line.unlisten(self._channel(followed.room))

    def _channel(self, room: str) -> str:
        return f"{self._line.prefix}:log:{{{room}}}"

    def _keys(self, room: str) -> tuple[str, str]:
        stream = self._channel(room)
        return stream, f"{stream}:snapshot"


def _latest(followed: _Followed | None) -> tuple[str, int, int]:
    """Return the latest entry known, as the scripts take it."""
    return (followed.epoch, followed.seq, followed.at) if followed is not None else ("", -1, 0)


def _texts(answer: Any) -> list[_Told]:
    """Return what READ answered, the snapshot first."""
    saved, entries = answer
    told = [_Told.read(one[1][1]) for one in entries]
    return told if saved is None else [_Told.read(saved), *told]
