"""Clients in bulk: raw sockets with frames made beforehand, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import json
import resource
from typing import Any

TEXT = 0x81  # FIN and opcode 1 (RFC 6455, 5.2)
MASK = b"\x13\x57\x9b\xdf"
MESSAGE_BYTES = 1100


def allow_many_files() -> None:
    """Raise the limit of open files to what the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def text_frame(message: dict[str, Any]) -> bytes:
    """Return a masked text frame, as a browser would send it."""
    payload = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    size = len(payload)
    header = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    mask = MASK * (size // 4 + 1)
    return header + MASK + bytes(a ^ b for a, b in zip(payload, mask, strict=False))


def signals(to: str) -> list[bytes]:
    """Return an offer and seven candidates of 1.1 KB each, as one side of a call sends them."""
    line = "a=candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0\r\n"
    messages: list[dict[str, Any]] = [{"type": "offer", "to": to, "pc": 1, "sdp": line}]
    messages += [{"type": "candidate", "to": to, "pc": 1, "candidate": line.strip(), "sdpMid": "0"}] * 7
    return [_padded(message) for message in messages]


def _padded(message: dict[str, Any]) -> bytes:
    field = "sdp" if "sdp" in message else "candidate"
    missing = MESSAGE_BYTES - len(json.dumps(message, separators=(",", ":")))
    return text_frame({**message, field: message[field] + "x" * missing})


class Tally:
    """What all clients of one server share."""

    def __init__(self) -> None:
        self.received = 0
        self.running = False


class Client(asyncio.Protocol):
    """One socket. While the tally runs, every frame that comes is answered by the next of its own."""

    def __init__(self, tally: Tally, path: str, frames: list[bytes], cookie: str = "") -> None:
        self.tally = tally
        self.path = path
        self.cookie = f"Cookie: {cookie}\r\n" if cookie else ""
        self.frames = frames
        self.turn = 0
        self.rest = b""
        self.upgraded = asyncio.get_running_loop().create_future()
        self.texts: asyncio.Queue[str] | None = asyncio.Queue()

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: vap.signal.v1\r\n{self.cookie}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.upgraded.done():
            head, _, data = (self.rest + data).partition(b"\r\n\r\n")
            assert b" 101 " in head, head
            self.rest = b""
            self.upgraded.set_result(None)
        if self.rest:
            data = self.rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start = at + 4
                if start > end:
                    break
                size = data[at + 2] << 8 | data[at + 3]
            if start + size > end:
                break
            if self.texts is not None and data[at] == TEXT:
                self.texts.put_nowait(data[start : start + size].decode())
            else:
                self.tally.received += 1
                if self.tally.running:
                    self.say_next()
            at = start + size
        self.rest = data[at:]

    def say_next(self) -> None:
        self.transport.write(self.frames[self.turn & 7])
        self.turn += 1

    async def ask(self, message: dict[str, Any], answer: str) -> dict[str, Any]:
        """Send a message and read until an answer of this type; return it."""
        self.transport.write(text_frame(message))
        assert self.texts is not None
        while True:
            got: dict[str, Any] = json.loads(await asyncio.wait_for(self.texts.get(), 30))
            assert got["type"] != "bye", got
            if got["type"] == answer:
                return got


async def connect(port: int, tally: Tally, path: str, frames: list[bytes], cookie: str = "") -> Client:
    """Open one websocket, with a cookie (``name=value``) if the door wants one."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Client(tally, path, frames, cookie), "127.0.0.1", port)
    await asyncio.wait_for(client.upgraded, 30)
    return client
