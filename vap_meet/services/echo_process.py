"""The echo of the device check: a process of its own that answers offers and sends back what it gets.

    python -m vap_meet.services.echo_process --capacity 64 --stun stun:turn.example.org:3478

It reads ``{"id", "sdp"}`` and writes ``{"id", "sdp", "sound", "picture"}``, or ``{"id", "full": true}``, or
``{"id", "error": true}``: one JSON object a line, on standard input and output. It also reads
``{"id", "candidates": [lines]}``, more candidates of an offer (RFC 8838), and answers nothing.
It ends when its input does.
Nothing else imports this module: WebRTC in Python is heavy, and the serving process must not carry it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiortc import (
    RTCConfiguration,
    RTCIceCandidate,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from aiortc.sdp import candidate_from_sdp

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

LIFETIME_S = 15.0
DATA_UNITS, SOUND_UNITS, PICTURE_UNITS = 1, 5, 7
"""What a check's parts cost the processor, in data channels with what it takes to connect them.

`make bench` measures each: Opus takes that much because of its 50 packets a second, taken, decoded, encoded.
"""

MAX_MESSAGE_BYTES = 1200
MAX_MESSAGES_A_SECOND = 60
MAX_CANDIDATES = 20
MAX_PIXELS = 640 * 480
NICENESS = 10

_CANDIDATE = re.compile(r"^a=candidate:.*\r?\n", re.MULTILINE)
_SECTION = re.compile(r"^m=(\S*)", re.MULTILINE)
_OFFERS = (
    ["application"],
    ["application", "audio"],
    ["application", "video"],
    ["application", "audio", "video"],
)


@dataclass
class Echoes:
    """Every echo that is open now; together they take at most `capacity` units."""

    capacity: int
    configuration: RTCConfiguration
    lifetime_s: float = LIFETIME_S
    relay: MediaRelay = field(default_factory=MediaRelay)
    open: dict[RTCPeerConnection, int] = field(default_factory=dict)
    known: dict[str, _Trickled] = field(default_factory=dict)
    ends: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def taken(self) -> int:
        """Return how many units are in use."""
        return sum(self.open.values())

    async def answer(self, offer: str, name: str) -> dict[str, Any]:
        """Answer an offer: its data channel, then its sound, then its picture, as far as there is room.

        More of its candidates may follow under `name`.
        Raises `ValueError` for an offer of anything but one data channel, one sound and one picture at most.
        """
        offered = sorted(_SECTION.findall(offer))
        if offered not in _OFFERS:
            raise ValueError("a check has a data channel, and a sound and a picture at most")
        if self.taken + DATA_UNITS > self.capacity:
            return {"full": True}
        units, kinds = DATA_UNITS, set[str]()
        for kind, more in (("audio", SOUND_UNITS), ("video", PICTURE_UNITS)):
            if kind in offered and self.taken + units + more <= self.capacity:
                units += more
                kinds.add(kind)
        connection = RTCPeerConnection(self.configuration)
        self.open[connection] = units
        self.known[name] = _Trickled(connection, MAX_CANDIDATES - len(_CANDIDATE.findall(offer)))
        self._end_in_time(connection)
        try:
            sdp = await self._negotiate(connection, offer, kinds)
        except BaseException:
            await self._close(connection)
            raise
        return {"sdp": sdp, "sound": "audio" in kinds, "picture": "video" in kinds}

    async def add(self, name: str, lines: list[str]) -> None:
        """Add candidates of an offer that was answered, as many as one may have; an empty line ends them."""
        offered = self.known.get(name)
        for line in lines if offered else ():
            assert offered is not None
            offered.left -= 1
            if offered.left < 0:
                return
            await offered.connection.addIceCandidate(_candidate(line))

    async def _negotiate(self, connection: RTCPeerConnection, offer: str, kinds: set[str]) -> str:
        @connection.on("datachannel")
        def on_channel(channel: RTCDataChannel) -> None:
            channel.on("message", _Returner(channel))

        @connection.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            if track.kind in kinds:
                returned = self.relay.subscribe(track, buffered=False)
                connection.addTrack(_Small(returned) if track.kind == "video" else returned)

        @connection.on("connectionstatechange")
        async def on_state() -> None:
            if connection.connectionState in {"failed", "closed"}:
                await self._close(connection)

        await connection.setRemoteDescription(RTCSessionDescription(_bounded(offer), "offer"))
        for transceiver in connection.getTransceivers():
            if transceiver.kind not in kinds:
                transceiver.direction = "inactive"
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)

    def _end_in_time(self, connection: RTCPeerConnection) -> None:
        async def end() -> None:
            await asyncio.sleep(self.lifetime_s)
            await self._close(connection)

        task = asyncio.create_task(end())
        self.ends.add(task)
        task.add_done_callback(self.ends.discard)

    async def _close(self, connection: RTCPeerConnection) -> None:
        if self.open.pop(connection, None) is not None:
            self.known = {name: one for name, one in self.known.items() if one.connection is not connection}
            await connection.close()

    async def close(self) -> None:
        """Close every echo."""
        for task in self.ends:
            task.cancel()
        await asyncio.gather(*map(self._close, list(self.open)))


@dataclass
class _Trickled:
    """An offer and how many more candidates it may have: each is an address that this process knocks at."""

    connection: RTCPeerConnection
    left: int


def _candidate(line: str) -> RTCIceCandidate | None:
    """Return what a line says, None for the empty one. Raises `ValueError` and the like for what is none."""
    if not line:
        return None
    found = candidate_from_sdp(line.removeprefix("candidate:"))
    found.sdpMLineIndex = 0  # everything goes over the first section's path
    return found


class _Returner:
    """Sends back what one channel brings: small messages, and not more of them than a check sends."""

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        self._second, self._count = 0, 0

    def __call__(self, message: str | bytes) -> None:
        second = int(time.monotonic())
        self._count = self._count + 1 if second == self._second else 1
        self._second = second
        if len(message) <= MAX_MESSAGE_BYTES and self._count <= MAX_MESSAGES_A_SECOND:
            self._channel.send(message)


class _Small(MediaStreamTrack):
    """What a picture shows while it is no larger than a check's: a larger one costs more than its units."""

    kind = "video"

    def __init__(self, picture: MediaStreamTrack) -> None:
        super().__init__()
        self._picture = picture

    async def recv(self) -> Any:
        """Return the next frame that is small enough."""
        while True:
            frame: Any = await self._picture.recv()
            if frame.width * frame.height <= MAX_PIXELS:
                return frame


def _bounded(offer: str) -> str:
    """Return the offer with its first candidates only: each is an address that this process will knock at."""
    kept = iter(range(MAX_CANDIDATES))
    return _CANDIDATE.sub(lambda line: line[0] if next(kept, None) is not None else "", offer)


async def serve(echoes: Echoes) -> None:
    """Answer requests until the input ends; each in a task of its own, so a slow one holds up nobody."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=256 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with asyncio.TaskGroup() as tasks:
        while line := await reader.readline():
            tasks.create_task(_answer(echoes, json.loads(line)))
    await echoes.close()


async def _answer(echoes: Echoes, request: dict[str, Any]) -> None:
    try:
        if "candidates" in request:
            return await echoes.add(request["id"], request["candidates"])
        answer = await echoes.answer(request["sdp"], request["id"])
    except Exception as error:  # noqa: BLE001 - an offer is a stranger's text; the next one may be better
        print(f"echo_offer_refused {type(error).__name__}", file=sys.stderr, flush=True)  # noqa: T201
        answer = {"error": True}
    return print(json.dumps({"id": request["id"], **answer}), flush=True)  # noqa: T201 - the answer's way


def main() -> None:
    """Run until the server that started this process closes its end."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--capacity", type=int, required=True)
    arguments.add_argument("--stun", action="append", default=[])
    chosen = arguments.parse_args()
    os.nice(NICENESS)  # calls and signalling come first
    servers = [RTCIceServer(urls=url) for url in chosen.stun]
    asyncio.run(serve(Echoes(chosen.capacity, RTCConfiguration(iceServers=servers))))


if __name__ == "__main__":
    main()
