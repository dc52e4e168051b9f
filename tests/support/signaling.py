"""People, clocks, sinks and transports for the signalling tests, and a client over a real websocket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import jsonschema
import msgspec

from signaling.codec import decode_server, encode
from signaling.facts import Fact, FactNotStored
from signaling.hub import Hub
from signaling.limits import Limits
from signaling.log import LogUnavailable, MemoryLog, OnEntry, RoomLog, Subscription
from signaling.protocol import Ack, Admit, Bye, ClientMessage, Hello, Ping, Pong, Refused, Welcome
from signaling.vocabulary import SUBPROTOCOL
from tests.support.rooms import AGENT, CUSTOMER, START_MS

if TYPE_CHECKING:
    from signaling.events import Event, Participant, Position

_SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "signaling/protocol.schema.json").read_text(encoding="utf-8")
)


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what checks a frame against one definition of the published schema."""
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": _SCHEMA["$defs"]})


SERVER_FRAME = validator("ServerMessage")


class FakeClock:
    """Milliseconds that move when told to."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)


class FactList:
    """A `FactSink` that keeps a list, exactly once a position, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, Position], Fact] = {}
        self.failures = 0
        self.tries = 0

    async def commit(self, room: str, position: Position, at: int, fact: Fact) -> None:
        self.tries += 1
        if self.failures:
            self.failures -= 1
            raise FactNotStored
        self.stored.setdefault((room, position), fact)

    @property
    def facts(self) -> list[Fact]:
        return list(self.stored.values())


class FaultyLog:
    """A log whose appends fail while `failing`; everything else is the real log's."""

    def __init__(self, inner: RoomLog) -> None:
        self.inner = inner
        self.failing = False

    async def open(self, room, opened) -> Position:
        self._check()
        return await self.inner.open(room, opened)

    async def append(self, room: str, event: Event) -> Position:
        self._check()
        return await self.inner.append(room, event)

    async def compact(self, room, snapshot) -> None:
        self._check()
        await self.inner.compact(room, snapshot)

    async def subscribe(self, room, after: Position | None, on_entry: OnEntry, on_lost=None) -> Subscription:
        self._check()
        return await self.inner.subscribe(room, after, on_entry, on_lost)

    async def close(self) -> None:
        await self.inner.close()

    def _check(self) -> None:
        if self.failing:
            raise LogUnavailable


class FakeTransport:
    """Keeps what is written, as messages; `paused` plays a client that does not read."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.paused = False
        self.close_code: int | None = None
        self.aborted = False
        self._resumed: Any = None

    def write(self, frame: bytes) -> bool:
        SERVER_FRAME.validate(json.loads(frame))
        self.frames.append(frame)
        return not self.paused

    async def drain(self) -> None:
        if self.paused:
            self._resumed = asyncio.get_running_loop().create_future()
            await self._resumed

    @property
    def waiting(self) -> bool:
        """Whether a writer waits for the client to read."""
        return self._resumed is not None

    def resume(self) -> None:
        self.paused = False
        if self._resumed is not None:
            self._resumed.set_result(None)

    def close(self, code: int) -> None:
        self.close_code = code

    def abort(self) -> None:
        self.aborted = True

    def take(self) -> list[Any]:
        """Return the messages since the last call."""
        taken, self.frames = self.frames, []
        return [decode_server(frame) for frame in taken]


class Desk:
    """A hub with fakes around it, and people sitting down at it."""

    def __init__(self, limits: Limits | None = None, *, ice_servers=lambda _: ()) -> None:
        self.clock = FakeClock()
        self.ice_servers = ice_servers
        self.log = FaultyLog(MemoryLog(clock_ms=self.clock))
        self.facts = FactList()
        self.hub = self.another_hub(limits)

    def another_hub(self, limits: Limits | None = None) -> Hub:
        return Hub(
            log=self.log,
            facts=self.facts,
            ice_servers=self.ice_servers,
            clock_ms=self.clock,
            limits=limits or Limits(),
        )

    async def sit(self, participant: Participant, *, room="room", seat=None, hello=True, hub=None) -> Sitter:
        hub = hub or self.hub
        await hub.open_room(room)
        transport = FakeTransport()
        seat = seat or f"seat of {participant.id}"
        connection = hub.connect(transport, room=room, participant=participant, seat=seat)
        sitter = Sitter(connection, transport, hub)
        if hello:
            await sitter.send(Hello())
        return sitter

    async def turn(self) -> None:
        """Let the tasks that can go on do so, once."""
        await asyncio.sleep(0)

    async def wait(self, seconds: float) -> None:
        """Let time pass, in steps no longer than a second, and everything due happen."""
        while seconds > 0:
            self.clock.advance(min(seconds, 1))
            seconds -= 1
            self.hub.tick()
            await self.hub.settle()


class Sitter:
    """One connection as a test drives it."""

    def __init__(self, connection, transport: FakeTransport, hub: Hub) -> None:
        self.connection = connection
        self.transport = transport
        self.hub = hub

    async def send(self, *messages: ClientMessage | bytes) -> None:
        for message in messages:
            frame = message if isinstance(message, bytes) else encode(message)
            await self.connection.receive(frame)
        await self.hub.settle()

    def got(self) -> list[Any]:
        return self.transport.take()

    def went(self) -> None:
        self.connection.closed()


def kinds(messages) -> list[type]:
    """Return the messages' types."""
    return [type(one) for one in messages]


async def call(desk: Desk) -> tuple[Sitter, Sitter]:
    """Return an admitted customer and the agent, who have read everything."""
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Admit("customer"))
    customer.got()
    agent.got()
    return customer, agent


class Client:
    """A test's client over a real websocket. Every frame it gets is checked against the schema."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.seen: list[Any] = []
        self._syncs = 0

    @classmethod
    async def open(cls, session, url: str, **options: Any) -> Client:
        return cls(await session.ws_connect(url, protocols=(SUBPROTOCOL,), **options))

    async def send(self, message: ClientMessage | bytes | str) -> None:
        data = message if isinstance(message, (bytes, str)) else encode(message)
        await self.ws.send_str(data if isinstance(data, str) else data.decode())

    async def receive(self) -> Any:
        """Return the next message, or None when the server has closed."""
        frame = await self.ws.receive(timeout=5)
        if frame.type is not aiohttp.WSMsgType.TEXT:
            return None
        SERVER_FRAME.validate(json.loads(frame.data))
        message = decode_server(frame.data)
        self.seen.append(message)
        return message

    async def sync(self) -> list[Any]:
        """Return everything the server sent before it answered a ping sent now."""
        self._syncs += 1
        ref = f"sync-{self._syncs}"
        await self.send(Ping(ref))
        got: list[Any] = []
        while True:
            message = await self.receive()
            if message is None or (isinstance(message, Pong) and message.ref == ref):
                return got
            got.append(message)

    async def hello(self, **options: Any) -> Welcome:
        await self.send(Hello(**options))
        while not isinstance(message := await self.receive(), Welcome):
            assert message is not None, self.seen
        return message

    async def request(self, message: ClientMessage) -> Ack | Refused:
        """Send a command with a ref and return its ack or refusal."""
        self._syncs += 1
        ref = f"req-{self._syncs}"
        await self.send(msgspec.structs.replace(message, ref=ref))
        while True:
            got = await self.receive()
            assert got is not None, self.seen
            if isinstance(got, (Ack, Refused)) and got.ref == ref:
                return got

    async def bye(self) -> Bye | None:
        """Read to the server's close and return the bye before it."""
        last = None
        while (message := await self.receive()) is not None:
            last = message
        return last if isinstance(last, Bye) else None
