"""A customer's browser for the echo: an aiortc peer that sends pings and, if asked, a picture."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, VideoStreamTrack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiortc.mediastreams import MediaStreamTrack

WITHIN_S = 15.0
ENOUGH_FRAMES = 5


@dataclass
class Pinger:
    """A connection to the echo."""

    connection: RTCPeerConnection
    frames: int = 0
    seen_enough: asyncio.Event = field(default_factory=asyncio.Event)
    answer: dict = field(default_factory=dict)
    _back: dict[str, asyncio.Future] = field(default_factory=dict)

    async def connect(self, exchange: Callable[[str], Awaitable[dict]]) -> None:
        """Negotiate by `exchange`, which turns an offer into {sdp, ...}; wait until the channel is open."""
        channel = self.channel = self.connection.createDataChannel("echo", ordered=False, maxRetransmits=0)
        opened = asyncio.Event()
        channel.on("open", opened.set)
        channel.on("message", lambda message: self._back[message].set_result(time.perf_counter()))

        @self.connection.on("track")
        def on_track(track):
            self._counting = asyncio.create_task(self._count(track))

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

    async def _count(self, track) -> None:
        with suppress(MediaStreamError):
            while True:
                await track.recv()
                self.frames += 1
                if self.frames == ENOUGH_FRAMES:
                    self.seen_enough.set()


@asynccontextmanager
async def pinger(
    *, picture: bool = False, track: MediaStreamTrack | None = None, relay: RTCIceServer | None = None
) -> AsyncIterator[Pinger]:
    """Open a peer and close it afterwards; with `relay` it may use that TURN server."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[relay] if relay else []))
    if picture or track:
        connection.addTrack(track or VideoStreamTrack())
    try:
        yield Pinger(connection)
    finally:
        await connection.close()
