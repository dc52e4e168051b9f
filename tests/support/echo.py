"""A customer's browser for the echo: an aiortc peer that sends pings and, if asked, media."""

from __future__ import annotations

import asyncio
import time
from array import array
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from math import sin, tau
from typing import TYPE_CHECKING

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack, VideoStreamTrack
from av import AudioFrame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

WITHIN_S = 15.0
ENOUGH_FRAMES = 5
AUDIBLE = 1000
"""Of 32768: what the tone is and comfort noise is not."""


class Tone(MediaStreamTrack):
    """A sound as a check sends: 440 Hz in frames of 20 ms."""

    kind = "audio"
    rate, samples = 48_000, 960

    def __init__(self) -> None:
        super().__init__()
        self._count, self._began = 0, time.monotonic()
        wave = (int(8_000 * sin(tau * 440 * at / self.rate)) for at in range(self.rate // 20))
        self._wave = array("h", wave).tobytes()  # 22 whole periods

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms when it is time."""
        await asyncio.sleep(max(0.0, self._began + self._count * self.samples / self.rate - time.monotonic()))
        frame = AudioFrame(format="s16", layout="mono", samples=self.samples)
        start = self._count * self.samples * 2 % len(self._wave)
        frame.planes[0].update((self._wave * 2)[start : start + self.samples * 2])
        frame.sample_rate, frame.time_base = self.rate, Fraction(1, self.rate)
        frame.pts = self._count * self.samples
        self._count += 1
        return frame


@dataclass
class Pinger:
    """A connection to the echo."""

    connection: RTCPeerConnection
    frames: int = 0
    seen_enough: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    answer: dict = field(default_factory=dict)
    _back: dict[str, asyncio.Future] = field(default_factory=dict)
    _tasks: list[asyncio.Task] = field(default_factory=list)

    async def connect(self, exchange: Callable[[str], Awaitable[dict]]) -> None:
        """Negotiate by `exchange`, which turns an offer into {sdp, ...}; wait until the channel is open."""
        channel = self.channel = self.connection.createDataChannel("echo", ordered=False, maxRetransmits=0)
        opened = asyncio.Event()
        channel.on("open", opened.set)
        channel.on("message", lambda message: self._back[message].set_result(time.perf_counter()))

        @self.connection.on("track")
        def on_track(track):
            self._tasks.append(asyncio.create_task(self._take(track)))

        await self.connection.setLocalDescription(await self.connection.createOffer())
        self.answer = await exchange(self.connection.localDescription.sdp)
        if self.answer.get("sdp"):
            await self.connection.setRemoteDescription(RTCSessionDescription(self.answer["sdp"], "answer"))
            async with asyncio.timeout(WITHIN_S):
                await opened.wait()

    async def ping(self, text: str) -> float:
        """Send a text and return the seconds until it is back."""
        back = self._back[text] = asyncio.get_running_loop().create_future()
        sent = time.perf_counter()
        self.channel.send(text)
        async with asyncio.timeout(WITHIN_S):
            return await back - sent

    async def _take(self, track) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if track.kind == "audio":
                    if max(array("h", bytes(frame.planes[0])[: frame.samples * 2])) > AUDIBLE:
                        self.heard.set()
                    continue
                self.frames += 1
                if self.frames == ENOUGH_FRAMES:
                    self.seen_enough.set()


@asynccontextmanager
async def pinger(
    *tracks: MediaStreamTrack, picture: bool = False, sound: bool = False, relay: RTCIceServer | None = None
) -> AsyncIterator[Pinger]:
    """Open a peer and close it afterwards; with `relay` it may use that TURN server."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[relay] if relay else []))
    if sound:
        connection.addTrack(Tone())
    if picture:
        connection.addTrack(VideoStreamTrack())
    for track in tracks:
        connection.addTrack(track)
    try:
        yield Pinger(connection)
    finally:
        await connection.close()
