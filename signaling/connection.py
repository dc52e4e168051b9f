"""One client's websocket, without the socket: what it may send, what it is sent, when it is closed."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import UNSET, UnsetType

from signaling.codec import Unreadable, decode_client, encode, ref_of
from signaling.events import Arrive, Command, Participant
from signaling.log import LogUnavailable, NoSuchLog
from signaling.protocol import (
    Answer,
    Bye,
    Candidate,
    Chat,
    ClientMessage,
    Hello,
    Media,
    Offer,
    Ping,
    Pong,
    Refused,
)
from signaling.stages import NEEDED_GRANT
from signaling.vocabulary import ByeAction, ByeReason, Grant, RefusalCode

if TYPE_CHECKING:
    from signaling.hosted import HostedRoom
    from signaling.projection import Surroundings
    from signaling.shapes import Resume

CLOSE_GOING_AWAY: Final = 1001
CLOSE_POLICY: Final = 1008
CLOSE_NORMAL: Final = 1000

_SIGNALS: Final[frozenset[type[ClientMessage]]] = frozenset({Offer, Answer, Candidate, Chat, Media})
_FAULT_TOKENS: Final = 4
_STALL_S: Final = 20.0
_CLOSE_CODES: Final = {ByeReason.RESTARTING: CLOSE_GOING_AWAY, ByeReason.MISBEHAVED: CLOSE_POLICY}


@cache
def _signals_of(grants: frozenset[Grant]) -> frozenset[type[ClientMessage]]:
    return frozenset(kind for kind in _SIGNALS if NEEDED_GRANT[kind] in grants)


class Transport(Protocol):
    """What a connection needs of a websocket. Nothing here but `drain` waits."""

    def write(self, frame: bytes) -> bool:
        """Send one text frame. False: it was taken, but take no more before `drain` returns."""

    async def drain(self) -> None:
        """Return when the transport takes frames again. Raises `ConnectionError` when it is closed."""

    def close(self, code: int) -> None:
        """Begin the closing handshake behind what was written."""

    def abort(self) -> None:
        """Cut the connection off at once."""


class Connection:
    """From the upgrade to the close. Its owner feeds `receive` in order and calls `closed` once.

    The sender of every command is the participant given here, never what a frame says.
    """

    __slots__ = (
        "_around",
        "_closed",
        "_hosted",
        "_queue",
        "_queued",
        "_said_hello",
        "_seen_at",
        "_signals",
        "_throttled",
        "_tokens",
        "_transport",
        "ended",
        "frames_in",
        "frames_out",
        "hello_ref",
        "id",
        "participant",
        "refusals",
        "resume",
        "resumed",
        "seat",
    )

    def __init__(
        self,
        connection_id: str,
        transport: Transport,
        hosted: HostedRoom,
        around: Surroundings,
        *,
        participant: Participant,
        seat: str,
    ) -> None:
        self.id = connection_id
        self.participant = participant
        self.seat = seat
        self.ended: ByeReason | None = None
        self.frames_in = 0
        self.frames_out = 0
        self.refusals = 0
        self.resume: Resume | None = None
        self.resumed = False  # whether it went on from where another one was cut
        self.hello_ref: str | UnsetType = UNSET
        self._transport = transport
        self._hosted = hosted
        self._around = around
        self._said_hello = False
        self._signals: frozenset[type[ClientMessage]] = frozenset()  # what goes to the log unasked
        self._closed = False
        self._queue: deque[bytes] | None = None
        self._queued = 0
        self._tokens: float = around.limits.burst_tokens
        self._throttled = 0
        self._seen_at = around.wheel.now_ms
        around.wheel.at(around.clock_ms() + int(around.limits.hello_timeout_s * 1000), self._check_alive)

    # --- from the client ----------------------------------------------------------------------------

    async def receive(self, frame: str | bytes) -> None:
        """Take one frame. Never raises; returns when everything it did here has been sent."""
        if self.ended is not None or self._closed:
            return
        self.frames_in += 1
        around = self._around
        limits = around.limits
        now = around.wheel.now_ms  # exact to a turn of the wheel, which is enough here
        if now != self._seen_at:
            gained = (now - self._seen_at) * limits.tokens_per_s / 1000
            self._tokens = min(self._tokens + gained, limits.burst_tokens)
            self._seen_at = now
        size = len(frame)
        tokens = self._tokens - 1 - (size >> 12)
        if tokens < 0:
            self._throttle(frame)
            return
        self._tokens = tokens
        self._throttled = 0
        if size > limits.frame_bytes:
            self._fault(RefusalCode.TOO_LARGE, ref_of(frame))
            return
        message = decode_client(frame)
        try:
            if type(message) in self._signals:
                # Signals of someone who has said hello and may send them: nearly every frame.
                await self._hosted.append(Command(self.participant.id, self.id, message))  # type: ignore[arg-type]
            else:
                await self._take(message)
        except LogUnavailable:
            self._refuse(RefusalCode.UNAVAILABLE, message.ref or UNSET)
        except NoSuchLog:
            self._hosted.lose()

    async def _take(self, message: ClientMessage | Unreadable) -> None:
        if isinstance(message, Unreadable):
            self._fault(message.code, message.ref or UNSET)
        elif isinstance(message, Ping):
            self._hosted.pong(self, Pong(message.ref))
        elif isinstance(message, Hello):
            await self._hello(message)
        elif not self._said_hello:
            self._refuse(RefusalCode.HELLO_FIRST, message.ref)
        elif not self._may(message):
            self._refuse(RefusalCode.NOT_GRANTED, message.ref)
        elif self._hosted.overdue:
            self._refuse(RefusalCode.UNAVAILABLE, message.ref)
        else:
            await self._hosted.append(Command(self.participant.id, self.id, message))

    async def _hello(self, message: Hello) -> None:
        if self._said_hello:
            self._refuse(RefusalCode.HELLO_AGAIN, message.ref)
            return
        self.hello_ref = message.ref
        self.resume = None if isinstance(message.resume, UnsetType) else message.resume
        microphone = camera = None
        if Grant.PUBLISH in self.participant.grants:
            microphone, camera = message.microphone or None, message.camera or None
        await self._hosted.append(Arrive(self.participant, self.seat, self.id, microphone, camera))
        self._said_hello = True
        self._signals = _signals_of(self.participant.grants)

    def _may(self, message: ClientMessage) -> bool:
        needed = NEEDED_GRANT.get(type(message))
        return needed is None or needed in self.participant.grants

    def _refuse(self, code: RefusalCode, ref: str | UnsetType) -> None:
        self.refusals += 1
        self.send(encode(Refused(code, ref)))

    def _fault(self, code: RefusalCode, ref: str | UnsetType) -> None:
        self._tokens -= _FAULT_TOKENS
        self._refuse(code, ref)

    def _throttle(self, frame: str | bytes) -> None:
        self._throttled += 1
        if self._throttled > self._around.limits.misbehaved_after_refusals:
            self.bye(Bye(ByeAction.STOP, ByeReason.MISBEHAVED))
        else:
            self._refuse(RefusalCode.RATE_LIMITED, ref_of(frame))

    # --- to the client ------------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Write a frame, straight to the transport unless that is paused."""
        if self.ended is not None or self._closed:
            return
        self.frames_out += 1
        if self._queue is None:
            if not self._transport.write(frame):
                self._queue = deque()
                self._around.spawn(self._write_later())
            return
        self._queue.append(frame)
        self._queued += len(frame)
        limits = self._around.limits
        if self._queued > limits.queue_bytes or len(self._queue) > limits.queue_frames:
            self._too_slow()

    def bye(self, bye: Bye) -> None:
        """Say why and close. What was sent before still goes out first."""
        if self.ended is not None or self._closed:
            return
        for frame in self._queue or ():
            self._transport.write(frame)
        self._queue = None
        self.ended = bye.reason
        self._hosted.unseat(self)
        self._transport.write(encode(bye))
        self._transport.close(_CLOSE_CODES.get(bye.reason, CLOSE_NORMAL))
        around = self._around
        around.wheel.at(around.clock_ms() + int(around.limits.close_grace_s * 1000), self._cut_off)

    def closed(self) -> None:
        """Note that the websocket is gone; calling it again changes nothing."""
        if self._closed:
            return
        self._closed = True
        self._queue = None
        self._hosted.remove(self)

    async def _write_later(self) -> None:
        """Send what was queued while the transport was paused; ends when nothing is left."""
        try:
            while self._queue is not None:
                async with asyncio.timeout(_STALL_S):
                    await self._transport.drain()
                if not self._flush():
                    return
        except TimeoutError:
            self._too_slow()
        except ConnectionError:
            return  # `closed` follows

    def _flush(self) -> bool:
        """Write until the transport pauses again; False when there is nothing left to write."""
        queue = self._queue
        while queue:
            frame = queue.popleft()
            self._queued -= len(frame)
            if not self._transport.write(frame):
                return True
        self._queue = None
        return False

    def _too_slow(self) -> None:
        self._queue = None
        self._queued = 0
        self.bye(Bye(ByeAction.RESUME, ByeReason.TOO_SLOW))

    # --- time ---------------------------------------------------------------------------------------

    def _check_alive(self) -> None:
        if self._closed or self.ended is not None:
            return
        around = self._around
        idle_at = self._seen_at + int(around.limits.idle_timeout_s * 1000)
        if not self._said_hello or idle_at <= around.clock_ms():
            self.bye(Bye(ByeAction.RESUME, ByeReason.IDLE))
            return
        around.wheel.at(idle_at, self._check_alive)

    def _cut_off(self) -> None:
        if not self._closed:
            self._transport.abort()
