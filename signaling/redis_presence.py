"""Presence on Redis. A connection's lease is its node's: one key to renew, however many people there are.

    {nodes}:alive         nodes by the time their lease runs out
    {nodes}:rooms:<node>  the rooms a node hosts; when it dies, the others share them out
    online:<room>         the connections that have a seat, each ``<node>.<number>``
    went                  a channel: ``<room> <connection>`` of every seat given up

Only going is published: that somebody came, every node that hosts the room reads in its log.

Deadlines are not kept here. They follow from a room's log, so every node that hosts the room lets them come,
and the reducer takes the first; the rooms of nodes that died are hosted by others, or by the first node that
starts again, with their deadlines. Where Redis has forgotten who hosted what, whoever has the record closes
what nobody has been seen in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog

from signaling.log import LogUnavailable
from signaling.presence import new_node
from signaling.redis_line import Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from signaling.redis_line import RedisLine

log = structlog.get_logger("signaling")

LEASE_MS: Final = 15_000
_KEEP_MS: Final = 24 * 3600_000
_ADOPT_AT_ONCE: Final = 50
_CHANGES_AT_ONCE: Final = 500

BEAT: Final = """
local nodes, prefix, me, lease, limit = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = tonumber(redis.call('ZSCORE', nodes, me) or '0')
redis.call('ZADD', nodes, string.format('%.0f', now + lease), me)
local alive, adopted = {}, {}
local all = redis.call('ZRANGE', nodes, 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) >= now then
    alive[#alive + 1] = all[i]
  else
    local rooms = redis.call('SPOP', prefix .. all[i], limit)
    if #rooms == 0 then redis.call('ZREM', nodes, all[i]) end
    for _, room in ipairs(rooms) do
      redis.call('SADD', prefix .. me, room)
      adopted[#adopted + 1] = room
    end
  end
end
return {before >= now and 1 or 0, alive, adopted}
"""
"""Renew a node's lease. Returns whether it had not run out, the nodes that live, the rooms to host now."""


class _Hosted:
    __slots__ = ("changed", "gone", "mine", "others")

    def __init__(self, changed: Callable[[], None]) -> None:
        self.changed = changed
        self.mine: set[str] = set()
        self.others: set[str] = set()
        self.gone: set[str] | None = None  # who went while it is read who is there


class RedisPresence:
    """The `Presence` of one of several processes, on a `RedisLine` whose owner runs and closes it."""

    def __init__(self, line: RedisLine, *, lease_ms: int = LEASE_MS) -> None:
        self.node = new_node()
        self._line = line
        self._lease_ms = lease_ms
        self._rooms: dict[str, _Hosted] = {}
        self._alive: set[str] = {self.node}
        self._changes: dict[tuple[str, str, str], bool] = {}  # (key, member, room of a connection): in or out
        self._writing = False
        self._listens = False
        self._adopt: Callable[[str], None] | None = None
        self._beat_script = Script(BEAT)
        self._went_channel = f"{line.prefix}:went"
        line.each_beat(self._beat)
        line.each_return(self._read_all)

    def adopt(self, take: Callable[[str], None]) -> None:
        """Give the rooms of nodes that died to `take`."""
        self._adopt = take

    async def host(self, room: str, on_change: Callable[[], None]) -> None:
        """Join the nodes that host the room."""
        hosted = self._rooms[room] = _Hosted(on_change)
        self._change(self._rooms_key, room, there=True)
        try:
            if not self._listens:
                await self._line.listen(self._went_channel, self._hear)
                self._listens = True
            await self._read(room, hosted)
        except LogUnavailable:
            self.release(room)
            raise

    def release(self, room: str) -> None:
        """Leave the nodes that host the room."""
        hosted = self._rooms.pop(room, None)
        for connection in hosted.mine if hosted else ():
            self._seat(room, connection, there=False)
        self._change(self._rooms_key, room, there=False)

    def elsewhere(self, room: str) -> frozenset[str]:
        """Return the connections of nodes that live."""
        hosted = self._rooms.get(room)
        others = hosted.others if hosted else ()
        return frozenset(one for one in others if _node_of(one) in self._alive)

    def came(self, room: str, connection: str) -> None:
        """Put a connection of this node down as being there."""
        hosted = self._rooms.get(room)
        if hosted is not None:
            hosted.mine.add(connection)
        self._seat(room, connection, there=True)

    def went(self, room: str, connection: str) -> None:
        """Strike a connection of this node out."""
        hosted = self._rooms.get(room)
        if hosted is not None:
            hosted.mine.discard(connection)
        self._seat(room, connection, there=False)

    def saw(self, room: str, connection: str) -> None:
        """Believe the log: whoever said hello just now is there, and so is their node."""
        hosted = self._rooms.get(room)
        if hosted is not None:
            hosted.others.add(connection)
            self._alive.add(_node_of(connection))

    async def leave(self) -> None:
        """Give the lease up: the others need not wait for its end. Raises `LogUnavailable`."""
        await self._line.call_all([("ZADD", self._nodes_key, "XX", 1, self.node)])

    # --- telling ------------------------------------------------------------------------------------

    @property
    def _nodes_key(self) -> str:
        return f"{self._line.prefix}:{{nodes}}:alive"

    @property
    def _rooms_key(self) -> str:
        return f"{self._line.prefix}:{{nodes}}:rooms:{self.node}"

    def _seat(self, room: str, connection: str, *, there: bool) -> None:
        self._change(self._online_key(room), connection, room, there=there)

    def _change(self, key: str, member: str, room: str = "", *, there: bool) -> None:
        """Have Redis know; what it could not be told waits for the next beat."""
        self._changes.pop((key, member, room), None)
        self._changes[key, member, room] = there
        if not self._writing:
            self._writing = True
            self._line.spawn(self._write())

    async def _write(self) -> None:
        try:
            while self._changes:
                some = dict(list(self._changes.items())[:_CHANGES_AT_ONCE])
                for change in some:
                    del self._changes[change]
                try:
                    await self._line.call_all(self._commands(some))
                except LogUnavailable:
                    self._changes = some | self._changes
                    raise
        finally:
            self._writing = False

    def _commands(self, changes: dict[tuple[str, str, str], bool]) -> list[tuple[Any, ...]]:
        commands: list[tuple[Any, ...]] = []
        for (key, member, room), there in changes.items():
            commands.append(("SADD" if there else "SREM", key, member))
            if there:
                commands.append(("PEXPIRE", key, _KEEP_MS))
            elif room:
                commands.append(("PUBLISH", self._went_channel, f"{room} {member}"))
        return commands

    # --- being told ---------------------------------------------------------------------------------

    def _online_key(self, room: str) -> str:
        return f"{self._line.prefix}:online:{{{room}}}"

    def _hear(self, text: bytes) -> None:
        room, _, connection = text.decode().rpartition(" ")
        hosted = self._rooms.get(room)
        if hosted is None:
            return
        if hosted.gone is not None:
            hosted.gone.add(connection)
        if connection in hosted.others:
            hosted.others.remove(connection)
            hosted.changed()

    async def _read(self, room: str, hosted: _Hosted) -> None:
        """Read who is there, and who of the nodes lives, if one is not known."""
        hosted.gone = set()
        try:
            [members] = await self._line.call_all([("SMEMBERS", self._online_key(room))])
        finally:
            gone, hosted.gone = hosted.gone, None
        there = {one.decode() for one in members} - gone
        hosted.others |= {one for one in there if _node_of(one) != self.node}
        if not {_node_of(one) for one in hosted.others} <= self._alive:
            await self._beat()

    async def _read_all(self) -> None:
        for room, hosted in [*self._rooms.items()]:
            before, hosted.others = hosted.others, set()
            try:
                await self._read(room, hosted)
            except LogUnavailable:
                hosted.others |= before
                raise
            if hosted.others != before and self._rooms.get(room) is hosted:
                hosted.changed()

    async def _beat(self) -> None:
        """Renew this node's lease, learn who else lives, and take over what the dead have left."""
        rooms_prefix = f"{self._line.prefix}:{{nodes}}:rooms:"
        arguments = (rooms_prefix, self.node, self._lease_ms, _ADOPT_AT_ONCE)
        held, living, adopted = await self._line.call(self._beat_script, [self._nodes_key], arguments)
        before, self._alive = self._alive, {one.decode() for one in living}
        if not held:
            self._say_all()
        turned = before ^ self._alive
        for hosted in [*self._rooms.values()]:
            if turned and any(_node_of(one) in turned for one in hosted.others):
                hosted.changed()
        for room in adopted:
            log.info("room_adopted", room=room.decode())
            if self._adopt is not None:
                self._adopt(room.decode())
        if self._changes and not self._writing:
            self._writing = True
            await self._write()

    def _say_all(self) -> None:
        """Say everything again: this node is new, was taken for dead, or Redis has lost what it knew."""
        for room, hosted in self._rooms.items():
            self._change(self._rooms_key, room, there=True)
            for connection in hosted.mine:
                self._seat(room, connection, there=True)


def _node_of(connection: str) -> str:
    return connection.rpartition(".")[0]
