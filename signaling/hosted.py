"""A room as one node hosts it: applies the log's entries and tells the node's own participants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from signaling.codec import encode
from signaling.deadlines import Deadlines
from signaling.events import ANYBODY, Entry, Event, Position, Revoke
from signaling.log import LogUnavailable, NoSuchLog, RoomLog, Subscription
from signaling.projection import Projection, Surroundings
from signaling.protocol import Bye, Pong, Refused, ServerMessage, State, Welcome
from signaling.results import NOTHING, Delivery
from signaling.room import Room
from signaling.stages import TOLD_IN
from signaling.state import BYE, connections_of
from signaling.vocabulary import ByeAction, ByeReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from signaling.connection import Connection
    from signaling.presence import Presence
    from signaling.relays import Relays

log = structlog.get_logger("signaling")

_LOST = Bye(ByeAction.RESUME, ByeReason.RESTARTING)


class HostedRoom:
    """Stands between the log and the connections; decides nothing itself."""

    __slots__ = (
        "_around",
        "_connections",
        "_deadlines",
        "_log",
        "_on_release",
        "_presence",
        "_projection",
        "_relays",
        "_relays_told_at",
        "_seated",
        "_subscription",
        "name",
        "released",
        "room",
    )

    def __init__(
        self,
        name: str,
        log: RoomLog,
        presence: Presence,
        around: Surroundings,
        *,
        relays: Relays,
        on_release: Callable[[str], None],
    ) -> None:
        self.name = name
        self.room = Room()
        self._log = log
        self._presence = presence
        self._around = around
        self._relays = relays
        self._relays_told_at = around.clock_ms()
        self._on_release = on_release
        self._projection = Projection(name, around, self._deliver)
        self._deadlines = Deadlines(self, around)
        self._connections: dict[str, Connection] = {}
        self._seated: dict[str, Connection] = {}
        self._subscription: Subscription | None = None
        self.released = False  # no longer followed, for good

    async def follow(self) -> None:
        """Take the log's entries from now on. Raises `NoSuchLog`, `LogUnavailable`."""
        self._subscription = await self._log.subscribe(self.name, None, self._on_entry, self.lose)
        try:
            await self._presence.host(self.name, self._others_changed)
        except LogUnavailable:
            self._subscription.close()
            raise
        if self.released:  # the log gave entries that don't follow each other, or was lost at once
            self._presence.release(self.name)
            self._subscription.close()
            raise LogUnavailable(self.name)
        self._deadlines.watch_all()
        self._linger()

    # --- connections --------------------------------------------------------------------------------

    @property
    def online(self) -> frozenset[str]:
        """Who has a connection that holds the seat, on whichever node."""
        return frozenset(self.here())

    def here(self) -> Collection[str]:
        """Return the same, not to be kept: it may change."""
        elsewhere = self._presence.elsewhere(self.name)
        if not elsewhere:
            return self._seated
        others = (one.participant.id for one in self.room.present() if one.connection in elsewhere)
        return {*self._seated, *others}

    def _others_changed(self) -> None:
        """Show who went from another node, and watch for how long they stay away."""
        self._tell_state()
        self._deadlines.watch_all()

    @property
    def seated(self) -> tuple[Connection, ...]:
        """The connections of this node that hold a seat."""
        return tuple(self._seated.values())

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All connections of this room on this node."""
        return tuple(self._connections.values())

    def add(self, connection: Connection) -> None:
        """Take a connection that has not said hello yet."""
        self._connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Let a connection go that is closed."""
        self._connections.pop(connection.id, None)
        self.unseat(connection)
        question = self.room.question_due(connection.participant.id, connection.id)
        if question is not None:  # the device that asked for the seat went away
            self._deadlines.fire(question)
        if not self._connections:
            self._linger()

    def unseat(self, connection: Connection) -> None:
        """Note that a connection is closed or closing, and tell the others if it held a seat."""
        name = connection.participant.id
        if self._rises(connection):
            self._tell_state()
            self._deadlines.watch(name)

    def _rises(self, connection: Connection) -> bool:
        """Take the seat from a connection, if it holds one."""
        name = connection.participant.id
        if self._seated.get(name) is not connection:
            return False
        del self._seated[name]
        self._presence.went(self.name, connection.id)
        return True

    def renew_relays(self) -> None:
        """Tell everybody of this node what they may use to find a path, if that is long ago."""
        now = self._around.clock_ms()
        if now < self._relays_told_at + int(self._around.limits.relays_renew_s * 1000):
            return
        self._relays_told_at = now
        for connection in self.seated:
            news = self._relays.news(connection.participant.id)
            if news is not None:
                connection.send(news)

    def pong(self, connection: Connection, pong: Pong) -> None:
        """Answer a ping: behind the answers that still wait for a commit."""
        if not self._projection.hold(connection.id, pong):
            connection.send(encode(pong))

    def waiting(self) -> list[Connection]:
        """Return the connections of this node whose participants wait."""
        return [
            connection
            for name, connection in self._seated.items()
            if (one := self.room.occupant(name)) is not None and one.stage in TOLD_IN
        ]

    @property
    def overdue(self) -> bool:
        """Whether so many facts wait for the database that no more should be made."""
        return len(self._projection) >= self._around.limits.pending_facts

    # --- the log ------------------------------------------------------------------------------------

    async def append(self, event: Event) -> Position:
        """Append an event; what it does has been told to local connections on return.

        Raises `NoSuchLog`, `LogUnavailable`.
        """
        position = await self._log.append(self.name, event)
        if self.room.wants_snapshot() and not len(self._projection):
            await self._compact()
        return position

    async def _compact(self) -> None:
        """Put a snapshot in place of what came before: never of facts that SQL does not have yet."""
        room = self.room
        snapshot = Entry(room.seq, self._around.clock_ms(), room.snapshot())
        try:
            await self._log.compact(self.name, snapshot)
        except (LogUnavailable, NoSuchLog):
            return  # the append before it has succeeded; the next one finds out
        room.compacted()

    def _on_entry(self, epoch: str, entry: Entry) -> None:
        if self.released:
            return
        room = self.room
        result = room.apply(entry)
        if type(entry.event) is Revoke:
            self._turn_away(entry.event)
        if result is NOTHING:
            if not room.follows(epoch, entry):
                self.lose()
            return
        self._deliver(result.deliveries)
        if result.arrived is not None:
            self._welcome(result.arrived, moved=result.moved)
        if result.changed:
            self._tell_state(result.arrived)
        if result.fact is not None:
            self._projection.add(Position(epoch, entry.seq), entry.at, result.fact, result.replies)
            self._deadlines.stepped(result.fact)
        elif result.replies:
            self._deliver(result.replies)
        for deadline in result.dues:
            self._deadlines.set(deadline)

    def _deliver(self, deliveries: tuple[Delivery, ...]) -> None:
        last: ServerMessage | None = None
        frame = b""
        for name, message in deliveries:
            connection = self._connections.get(name)
            if connection is None:
                continue
            if type(message) is Bye:
                self._dismiss(connection, message)
                continue
            if message is not last:
                frame = encode(message)
                last = message
            connection.send(frame)
            if type(message) is Refused:
                connection.refusals += 1

    def _turn_away(self, event: Revoke) -> None:
        """Dismiss who came by an access that a revocation took, and whom the room does not know yet."""
        for one in self.connections:
            name = one.participant.id
            if event.participant in (ANYBODY, name) and event.seat in (None, one.seat):
                occupant = self.room.occupant(name)
                if occupant is None or one.id not in connections_of(occupant):
                    self._dismiss(one, BYE["revoked"])

    def _dismiss(self, connection: Connection, bye: Bye) -> None:
        self._rises(connection)
        connection.bye(bye)

    def _welcome(self, connection_id: str, *, moved: bool) -> None:
        connection = self._connections.get(connection_id)
        if connection is None:
            self._arrived_elsewhere(connection_id)
            return
        room = self.room
        name = connection.participant.id
        self._seated[name] = connection
        self._presence.came(self.name, connection_id)
        resumed, chat, missed = room.catch_up(name, None if moved else connection.resume)
        connection.resumed = resumed
        connection.send(
            encode(
                Welcome(
                    self=name,
                    epoch=room.epoch,
                    seq=room.seq,
                    resumed=resumed,
                    server_time=self._around.clock_ms(),
                    room=room.view(name, self.here()),
                    ice_servers=self._relays.of(name),
                    relay_only=self._relays.only,
                    chat=chat,
                    ref=connection.hello_ref,
                )
            )
        )
        for message in missed:
            connection.send(encode(message))

    def _arrived_elsewhere(self, connection_id: str) -> None:
        if connection_id.rpartition(".")[0] != self._presence.node:
            self._presence.saw(self.name, connection_id)
        elif self._subscription is not None:  # closed before its hello was in the log
            self._presence.went(self.name, connection_id)
            self._deadlines.watch_all()

    def _tell_state(self, but: str | None = None) -> None:
        room = self.room
        seq = room.seq
        online = self.here()
        for name, connection in tuple(self._seated.items()):
            if connection.id != but:
                connection.send(encode(State(seq, room.view(name, online))))

    # --- time ---------------------------------------------------------------------------------------

    def _linger(self) -> None:
        when = self._around.clock_ms() + int(self._around.limits.linger_s * 1000)
        self._around.wheel.at(when, self._release_if_empty)

    def _release_if_empty(self) -> None:
        if self.released or self._connections:
            return
        # Somebody has to stay for the deadlines of those who are away; whoever hosts the others will.
        watched = not self.room.present() or self.room.ended or bool(self._presence.elsewhere(self.name))
        if len(self._projection) or not watched:
            self._linger()
            return
        self._release()

    def lose(self) -> None:
        """Give the room up because its log is gone or is another one; clients come back and form it anew."""
        if self.released:
            return
        log.warning("room_lost", room=self.name, connections=len(self._connections))
        for connection in self.connections:
            self._dismiss(connection, _LOST)
        self._release()

    def _release(self) -> None:
        self.released = True
        if self._subscription is not None:
            self._subscription.close()
        self._presence.release(self.name)
        self._on_release(self.name)
