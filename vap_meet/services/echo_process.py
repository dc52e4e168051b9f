"""The echo of the device check: a process of its own that answers offers and sends back what it gets.

    python -m vap_meet.services.echo_process --capacity 64 --stun stun:turn.example.org:3478

It reads ``{"id", "sdp"}`` and writes ``{"id", "sdp", "media"}``, or ``{"id", "full": true}``, or
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
from aiortc.sdp import candidate_from_sdp

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack, RTCDataChannel

LIFETIME_S = 15.0
DATA_UNITS = 1
MEDIA_UNITS = 8
"""A picture costs about eight times the processor that a data channel does (`make bench` measures both)."""

MAX_MESSAGE_BYTES = 1200
MAX_MESSAGES_A_SECOND = 60
MAX_CANDIDATES = 20
NICENESS = 10

_CANDIDATE = re.compile(r"^a=candidate:.*\r?\n", re.MULTILINE)


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
        """Answer an offer: with media if asked and there is room, else with its data channel, or not.

        More of its candidates may follow under `name`.
        Raises `ValueError` for an offer without a data channel.
        """
        if not re.search(r"^m=application ", offer, re.MULTILINE):
            raise ValueError("a check needs a data channel")
        wants_media = re.search(r"^m=(audio|video) ", offer, re.MULTILINE) is not None
        media = wants_media and self.taken + MEDIA_UNITS <= self.capacity
        units = MEDIA_UNITS if media else DATA_UNITS
        if self.taken + units > self.capacity:
            return {"full": True}
        connection = RTCPeerConnection(self.configuration)
        self.open[connection] = units
        self.known[name] = _Trickled(connection, MAX_CANDIDATES - len(_CANDIDATE.findall(offer)))
        self._end_in_time(connection)
        try:
            return {"sdp": await self._negotiate(connection, offer, media=media), "media": media}
        except BaseException:
            await self._close(connection)
            raise

    async def add(self, name: str, lines: list[str]) -> None:
        """Add candidates of an offer that was answered, as many as one may have; an empty line ends them."""
        offered = self.known.get(name)
        for line in lines if offered else ():
            assert offered is not None
            offered.left -= 1
            if offered.left < 0:
                return
            await offered.connection.addIceCandidate(_candidate(line))

    async def _negotiate(self, connection: RTCPeerConnection, offer: str, *, media: bool) -> str:
        @connection.on("datachannel")
        def on_channel(channel: RTCDataChannel) -> None:
            channel.on("message", _Returner(channel))

        @connection.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            if media:
                connection.addTrack(self.relay.subscribe(track, buffered=False))

        @connection.on("connectionstatechange")
        async def on_state() -> None:
            if connection.connectionState in {"failed", "closed"}:
                await self._close(connection)

        await connection.setRemoteDescription(RTCSessionDescription(_bounded(offer), "offer"))
        if not media:
            for transceiver in connection.getTransceivers():
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
