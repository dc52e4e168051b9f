"""How many device checks one core carries: real peers against the real echo, its processor time counted.

    python -m tests.load.echo_bench     prints one JSON object

A stream is one path under test: 20 messages a second. A sound and a picture are what a check sends besides:
Opus in packets of 20 ms, 320x180 at 15 frames a second. The peers run in this process, so only the echo's
own time counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import AsyncExitStack
from fractions import Fraction
from pathlib import Path

from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

from tests.support.echo import Pinger, Tone, pinger
from vap_meet.services.echo import Echo

STREAMS, SOUNDS, PICTURES = 12, 4, 2
SECONDS = 6.0
EVERY_S = 0.05
FRAMES_A_SECOND = 15
TICKS = os.sysconf("SC_CLK_TCK")


class Picture(MediaStreamTrack):
    """A moving picture as small as a check's."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._frame = VideoFrame(320, 180, "yuv420p")
        self._count, self._began = 0, time.monotonic()

    async def recv(self) -> VideoFrame:
        """Return the next frame when it is time: stripes that wander, as in a check."""
        self._count += 1
        due = self._began + self._count / FRAMES_A_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        for plane in self._frame.planes:
            stripes = bytes((x // 20 * 40 + self._count * 7) % 256 for x in range(plane.line_size))
            plane.update(stripes * (plane.buffer_size // plane.line_size))
        self._frame.pts, self._frame.time_base = self._count, Fraction(1, FRAMES_A_SECOND)
        return self._frame


def processor_s(pid: int) -> float:
    """Return the processor time that a process has taken so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def keep_pinging(peer: Pinger, until: float) -> None:
    """Send as a check does, and wait for nothing."""
    while time.monotonic() < until:
        peer.channel.send("x" * 8)
        await asyncio.sleep(EVERY_S)


async def share_of_a_core(count: int, *kinds: type[MediaStreamTrack]) -> float:
    """Return how much of a core each of `count` checks takes while it runs, sending a track of each kind."""
    echo = Echo(capacity=1000)

    async def exchange(sdp: str) -> dict[str, str | None]:
        return {"sdp": (await echo.answer(sdp)).sdp}

    try:
        async with AsyncExitStack() as stack:
            peers = []
            for _ in range(count):
                peer = await stack.enter_async_context(pinger(*(kind() for kind in kinds)))
                await peer.connect(exchange)
                peer.channel.remove_all_listeners("message")
                peers.append(peer)
            assert echo.pid is not None
            before, began = processor_s(echo.pid), time.monotonic()
            await asyncio.gather(*(keep_pinging(peer, began + SECONDS) for peer in peers))
            return (processor_s(echo.pid) - before) / (time.monotonic() - began) / count
    finally:
        await echo.close()


async def measure() -> dict[str, float]:
    """Return how many of each fill one core."""
    stream = await share_of_a_core(STREAMS)
    sound = await share_of_a_core(SOUNDS, Tone)
    picture = await share_of_a_core(PICTURES, Picture)
    return {
        "echo_streams_per_core": round(1 / stream, 1),
        "echo_sounds_per_core": round(1 / sound, 1),
        "echo_pictures_per_core": round(1 / picture, 1),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))  # noqa: T201
