"""A real coturn, on loopback or another host, on ports of its own: UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.server import ROOT, free_port
from vap_meet.tls import certificate_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from pathlib import Path

SECRET = "a secret of the tests"
STARTED_WITHIN_S = 10.0
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Coturn:
    """Where it listens, and whom to trust for TLS."""

    port: int
    tls_port: int
    trust: ssl.SSLContext
    address: str = ADDRESS

    @property
    def udp(self) -> str:
        """Return the URL of its UDP port."""
        return f"turn:{self.address}:{self.port}?transport=udp"

    @property
    def tcp(self) -> str:
        """Return the URL of its TCP port."""
        return f"turn:{self.address}:{self.port}?transport=tcp"

    @property
    def tls(self) -> str:
        """Return the URL of its TLS port."""
        return f"turns:{self.address}:{self.tls_port}?transport=tcp"


async def _here(ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await ask()


@dataclass(frozen=True)
class Place:
    """Where one is to listen: the address, the ports (0: any that is free), and on which host."""

    address: str = ADDRESS
    port: int = 0
    tls_port: int = 0
    program: str | None = None
    """What starts it there, None for the executable of this machine."""
    inside: Callable[[Callable[[], Coroutine[Any, Any, None]]], Awaitable[None]] = _here
    """Runs there what asks whether it listens."""


def turnserver_path() -> str:
    """Return the executable. Skips the test, in CI fails it, where there is none."""
    found = shutil.which("turnserver")
    if found is None:
        sentence = "coturn is missing: install the package coturn, or run make test as root once"
        pytest.fail(sentence) if os.environ.get("CI") == "true" else pytest.skip(sentence)
    return found


@asynccontextmanager
async def coturn(
    folder: Path, *, relay_address: str = ADDRESS, place: Place | None = None, more: tuple[str, ...] = ()
) -> AsyncIterator[Coturn]:
    """Run a TURN server until the block ends; peers on loopback are allowed, as nothing else is there.

    `more` are options of coturn's own.
    """
    options = (
        *("-n", "--no-cli", "--log-file=stdout", "--simple-log", "--no-dtls", "--allow-loopback-peers"),
        *(f"--relay-ip={relay_address}", "--fingerprint"),
        *("--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=tests"),
        *more,
    )
    async with _running(folder, *options, place=place) as server:
        yield server


@asynccontextmanager
async def shipped_coturn(folder: Path) -> AsyncIterator[Coturn]:
    """Run a TURN server with the configuration of `deploy/coturn`, its blanks filled in for this machine."""
    text = (ROOT / "deploy/coturn/turnserver.conf").read_text()
    text = re.sub(
        r"^(external-ip|allowed-peer-ip)=.*\n", "", text, flags=re.MULTILINE
    )  # an address of the world
    for blank, value in (("SHARED_SECRET", SECRET), ("TURN_HOST", "tests")):
        text = text.replace(blank, value)
    configuration = folder / "turnserver.conf"
    configuration.write_text(text)
    options = ("-c", str(configuration), f"--relay-ip={ADDRESS}", "--log-file=stdout")
    async with _running(folder, *options) as server:
        yield server


@asynccontextmanager
async def _running(folder: Path, *options: str, place: Place | None = None) -> AsyncIterator[Coturn]:
    place = place or Place()
    certificate, key = certificate_for(place.address, folder / "turn-tls")
    port, tls_port = place.port or free_port(), place.tls_port or free_port()
    lowest = min(free_port(), 65_000)
    process = await asyncio.create_subprocess_exec(
        place.program or turnserver_path(),
        *options,
        *(f"--listening-ip={place.address}", f"--listening-port={port}", f"--tls-listening-port={tls_port}"),
        *(f"--min-port={lowest}", f"--max-port={lowest + 200}", f"--cert={certificate}", f"--pkey={key}"),
        *(f"--pidfile={folder / 'turn.pid'}", f"--userdb={folder / 'turndb'}"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for each in (port, tls_port):
            await place.inside(lambda each=each: _listening(place.address, each))
        trust = ssl.create_default_context(cafile=str(certificate))
        yield Coturn(port, tls_port, trust, place.address)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _listening(address: str, port: int) -> None:
    async with asyncio.timeout(STARTED_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(address, port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return
