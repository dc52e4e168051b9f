"""The real server for a test: as a process of its own, or within the test's process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from vap_meet.settings import Settings

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

    from vap_meet.clock import Clock

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 30.0
STOPPED_WITHIN_S = 15.0


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class DemoServer:
    """A running `vap-meet demo`: where it is, and the links it printed as JSON."""

    base: str
    links: Mapping[str, Any]
    pid: int


@dataclass(frozen=True)
class Server:
    """A running `vap-meet serve`."""

    base: str
    folder: Path
    pid: int
    environment: Mapping[str, str]


@asynccontextmanager
async def demo_server(folder: Path, *, python: str = sys.executable) -> AsyncIterator[DemoServer]:
    """Run `vap-meet demo --json` on a free port until the block ends; `python` is whose installation."""
    arguments = ("demo", "--json", "--port", str(free_port()), "--folder", str(folder / "demo"))
    async with _running(*arguments, folder=folder, environment=_environment(), python=python) as process:
        line = await _first_line(process, folder)
        links = json.loads(line)
        yield DemoServer(links["base"], links, process.pid)


@asynccontextmanager
async def server(folder: Path, **settings: str) -> AsyncIterator[Server]:
    """Migrate a new database in `folder`, then run `vap-meet serve` on a free port until the block ends."""
    environment = serving_environment(folder, port=free_port(), **settings)
    await run_command("migrate", environment=environment)
    async with serving(folder, environment) as running:
        yield running


@asynccontextmanager
async def serving(
    folder: Path, environment: Mapping[str, str], *, python: str = sys.executable
) -> AsyncIterator[Server]:
    """Run `vap-meet serve` in a prepared environment, as after a restart; `python` may be on another host."""
    async with _running("serve", folder=folder, environment=environment, python=python) as process:
        line = await _first_line(process, folder)
        assert re.match(r"Ready on ", line), line
        yield Server(environment["VAP_PUBLIC_URL"], folder, process.pid, environment)


def serving_environment(folder: Path, *, port: int, **settings: str) -> dict[str, str]:
    """Return the environment of a server that keeps everything in `folder`."""
    return {
        **_environment(),
        "VAP_DATABASE": str(folder / "vap-meet.sqlite"),
        "VAP_SECRET_DIR": str(folder / "secrets"),
        "VAP_PORT": str(port),
        "VAP_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **{f"VAP_{name}".upper(): value for name, value in settings.items()},
    }


async def run_command(*arguments: str, environment: Mapping[str, str], typed: str = "") -> str:
    """Run `vap-meet ARGUMENTS` to its end and return what it printed; a failure fails the test."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vap_meet", *arguments),
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(READY_WITHIN_S):
        out, err = await process.communicate(typed.encode())
    assert process.returncode == 0, err.decode()
    return out.decode()


@asynccontextmanager
async def app_in_process(
    folder: Path, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[tuple[web.Application, str]]:
    """Serve a new database from within this process; gives the application and its address.

    The database is of the kind that the fixture `each_database` asks for.
    """
    # Imported here: whoever only drives a process needs none of it.
    from tests.support.record import fresh_place  # noqa: PLC0415
    from vap_meet import app as composition  # noqa: PLC0415
    from vap_meet.clock import utc_now  # noqa: PLC0415
    from vap_meet.serving import runner_of  # noqa: PLC0415

    port = free_port()
    async with fresh_place(folder) as database:
        known = Settings(
            **{
                "database": database,
                "secret_dir": folder / "secrets",
                "port": port,
                "public_url": f"http://127.0.0.1:{port}",
                **settings,
            }
        )
        app = composition.build(known, clock=clock or utc_now)
        runner = runner_of(app, shutdown_s=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield app, known.public_url
        finally:
            await runner.cleanup()


def _environment() -> dict[str, str]:
    """Return this process's environment without anyone's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VAP_")}


@asynccontextmanager
async def _running(
    *arguments: str, folder: Path, environment: Mapping[str, str], python: str = sys.executable
) -> AsyncIterator[Process]:
    with (folder / "stderr.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(python, "-m", "vap_meet", *arguments),
            cwd=folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        yield process
    finally:
        await _stop(process)


async def _first_line(process: Process, folder: Path) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        raise AssertionError(f"the server did not start: {(folder / 'stderr.log').read_text()[-4000:]}")
    return line.decode()


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOPPED_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"the server did not stop within {STOPPED_WITHIN_S:.0f} s of SIGTERM") from None
