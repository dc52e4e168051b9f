"""The signalling hub of one process: rooms, their connections, one wheel of deadlines."""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from msgspec import Struct

from signaling.connection import Connection, Transport
from signaling.events import (
    ANYBODY,
    LOG_VERSION,
    EndRoom,
    HandOver,
    Opened,
    Participant,
    RestoredParticipant,
    Revoke,
)
from signaling.hosted import HostedRoom
from signaling.limits import Limits
from signaling.log import LogUnavailable, NoSuchLog, RoomLog
from signaling.presence import MemoryPresence, Presence
from signaling.projection import Surroundings
from signaling.protocol import Bye
from signaling.relays import Relays
from signaling.vocabulary import ByeAction, ByeReason, Stage
from signaling.wheel import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from signaling.facts import FactSink
    from signaling.shapes import IceServer

log = structlog.get_logger("signaling")

TICK_S = 0.25
_ADOPT_RETRY_MS = 5_000
_RELAYS_LOOKS = 60


class Place(Struct, frozen=True):
    """Who is where, and on which device."""

    room: str
    participant: str
    seat: str


class Hub:
    """Put together once a process. `run` turns the wheel and has to be running for deadlines to come."""

    def __init__(
        self,
        *,
        log: RoomLog,
        facts: FactSink,
        ice_servers: Callable[[str], tuple[IceServer, ...]],
        clock_ms: Callable[[], int],
        presence: Presence | None = None,
        relay_only: bool = False,
        limits: Limits = Limits(),  # noqa: B008 - immutable
    ) -> None:
        self._log = log
        self._relays = Relays(ice_servers, only=relay_only)
        self._wheel = Wheel(clock_ms())
        self._around = Surroundings(
            facts=facts, limits=limits, wheel=self._wheel, clock_ms=clock_ms, spawn=self._spawn
        )
        self._rooms: dict[str, HostedRoom] = {}
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._presence = presence or MemoryPresence()
        self._presence.adopt(self._adopt)
        self._made = 0
        self._renew_relays()

    async def open_room(
        self,
        room: str,
        *,
        restored: tuple[RestoredParticipant, ...] = (),
        ended: bool = False,
        locked: bool = False,
    ) -> None:
        """Follow a room from now on; if it has no log, open one with the state that SQL knows.

        Raises `LogUnavailable`.
        """
        if room in self._rooms:
            return
        async with self._opening:
            if room in self._rooms:
                return
            opened = Opened(secrets.token_urlsafe(9), LOG_VERSION, restored, ended, locked)
            await self._log.open(room, opened)
            await self._follow(room)

    def connect(self, transport: Transport, *, room: str, participant: Participant, seat: str) -> Connection:
        """Take a websocket of someone who has been let in. Raises `NoSuchLog` if the room is not open."""
        hosted = self._rooms.get(room)
        if hosted is None:
            raise NoSuchLog(room)
        self._made += 1
        connection = Connection(
            f"{self._presence.node}.{self._made:x}",
            transport,
            hosted,
            self._around,
            participant=participant,
            seat=seat,
        )
        hosted.add(connection)
        return connection

    async def end_room(self, room: str) -> None:
        """End a room because the record says so. Idempotent; a room without a log has nobody to tell.

        Raises `LogUnavailable`.
        """
        hosted = await self._find(room)
        if hosted is not None and not hosted.room.ended:
            await self._append(hosted, EndRoom())

    async def revoke(self, room: str, participant: str | None, *, seat: str | None = None) -> None:
        """Take a participant's access (None: everybody's). Idempotent, like `end_room`.

        With `seat`, only that of one device: whoever has gone on at another one is not disturbed. On every
        node it ends the connections too by which somebody has come who has not said hello yet.

        Raises `LogUnavailable`.
        """
        hosted = await self._find(room)
        if hosted is None:
            return
        if participant is None:
            for one in hosted.room.present():
                await self._append(hosted, Revoke(one.participant.id, seat))
        await self._append(hosted, Revoke(participant or ANYBODY, seat))

    async def hand_over(self, room: str, participant: str, seat: str) -> None:
        """Give a participant's seat to a device that was proven to be theirs. Idempotent, like `end_room`.

        It has the seat at once if it stands by, and else when it comes. Raises `LogUnavailable`.
        """
        hosted = await self._find(room)
        if hosted is not None:
            await self._append(hosted, HandOver(participant, seat))

    def holds(self, room: str, participant: str, seat: str) -> bool:
        """Whether a participant has this very seat in a room hosted here, connected or not."""
        hosted = self._rooms.get(room)
        occupant = None if hosted is None or hosted.room.ended else hosted.room.occupant(participant)
        return occupant is not None and occupant.stage is not Stage.LEFT and occupant.seat == seat

    def places(self) -> tuple[Place, ...]:
        """Return every place that is taken by a connection of this node."""
        return tuple(
            Place(hosted.name, one.participant.id, one.seat)
            for hosted in self._rooms.values()
            for one in hosted.seated
        )

    def waiting(self) -> tuple[tuple[str, Connection], ...]:
        """Return the connections of this node whose participants wait, each with its room."""
        return tuple((hosted.name, one) for hosted in self._rooms.values() for one in hosted.waiting())

    def summoned_until(self, room: str, participant: str) -> int:
        """Return until when a participant of a room hosted here is summoned, in ms since 1970; 0 if not."""
        hosted = self._rooms.get(room)
        occupant = None if hosted is None else hosted.room.occupant(participant)
        return 0 if occupant is None else occupant.summoned_until

    def online(self, room: str) -> frozenset[str]:
        """Return who is connected to a room hosted here, on whichever node."""
        hosted = self._rooms.get(room)
        return frozenset() if hosted is None else hosted.online

    async def occupied(self, room: str) -> bool:
        """Whether anybody is in a room by its log, connected or not; its deadlines then come here too.

        Raises `LogUnavailable`.
        """
        hosted = await self._find(room)
        return hosted is not None and bool(hosted.room.present())

    async def who_is_online(self, room: str) -> frozenset[str]:
        """Return who is connected to a room, whether it is hosted here yet or not.

        Raises `LogUnavailable`.
        """
        hosted = await self._find(room)
        return frozenset() if hosted is None else hosted.online

    async def run(self) -> None:
        """Turn the wheel until cancelled; then end the hub's tasks."""
        try:
            while True:
                await asyncio.sleep(TICK_S)
                self.tick()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def tick(self) -> None:
        """Do what has come due by the clock."""
        for call in self._wheel.due(self._around.clock_ms()):
            call()

    async def settle(self) -> None:
        """Wait for the tasks that are under way now: commits, deadlines, writers."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def drain(self) -> None:
        """Send every client to another process (or this one, restarted), spread over time."""
        leaving = [one for hosted in self._rooms.values() for one in hosted.connections]
        limits = self._around.limits
        each = min(limits.drain_each_ms, limits.drain_longest_ms / max(1, len(leaving)))
        for index, connection in enumerate(leaving):
            after = int(each * index)
            connection.bye(Bye(ByeAction.RESUME, ByeReason.RESTARTING, after))

    async def _find(self, room: str) -> HostedRoom | None:
        if room not in self._rooms:
            try:
                async with self._opening:
                    if room not in self._rooms:
                        await self._follow(room)
            except NoSuchLog:
                return None
        return self._rooms.get(room)

    async def _follow(self, room: str) -> None:
        hosted = HostedRoom(
            room,
            self._log,
            self._presence,
            self._around,
            relays=self._relays,
            on_release=self._released,
        )
        await hosted.follow()
        self._rooms[room] = hosted

    def _renew_relays(self) -> None:
        """Look often, so that not everybody is told at once: each room's time goes by when it was opened."""
        for hosted in tuple(self._rooms.values()):
            hosted.renew_relays()
        each_ms = int(self._around.limits.relays_renew_s * 1000 / _RELAYS_LOOKS)
        self._wheel.at(self._around.clock_ms() + each_ms, self._renew_relays)

    def _adopt(self, room: str) -> None:
        """Host a room whose node died: its facts may not be in SQL yet, and its deadlines have to come."""
        self._spawn(self._take_over(room))

    async def _take_over(self, room: str) -> None:
        try:
            if await self._find(room) is None:
                self._presence.release(room)
        except LogUnavailable:
            again = self._around.clock_ms() + _ADOPT_RETRY_MS
            self._around.wheel.at(again, partial(self._adopt, room))

    async def _append(self, hosted: HostedRoom, event: EndRoom | Revoke | HandOver) -> None:
        try:
            await hosted.append(event)
        except NoSuchLog:
            hosted.lose()

    def _released(self, room: str) -> None:
        self._rooms.pop(room, None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("hub_task_failed", exc_info=task.exception())
