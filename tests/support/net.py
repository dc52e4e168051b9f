"""Hosts of their own on one machine, joined to a server by networks as bad as a test wants them.

async with network("customer", "agent") as net:
    await net.change("customer", delay_ms=30, loss=0.05)
    program = net.program("customer", "/usr/bin/chromium", folder)     starts on that host
    answer = await net.inside("server", lambda: ask())                 runs there, in a thread
    await net.move("customer")                                         to another address

Namespaces need root and TUN devices. A machine without them skips loudly, CI's too: whether a container may
have them is not the project's to say.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import shutil
import sys
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.support.net_wire import CLONE_NEWNET, SERVER
from tests.support.server import ROOT

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

T = TypeVar("T")

WEB, TURN = "10.77.0.1", "10.77.0.2"
"""The server's two addresses, which every host reaches."""

JOINED_WITHIN_S = 15.0


@cache
def missing() -> str | None:
    """Return what this machine lacks for networks of its own, None if nothing."""
    if os.geteuid() != 0:
        return "networks of their own need root"
    if not Path("/dev/net/tun").exists():
        return "networks of their own need TUN devices (/dev/net/tun)"
    for program, package in (("ip", "iproute2"), ("nsenter", "util-linux")):
        if shutil.which(program) is None:
            return f"networks of their own need {program}, of the package {package}"
    return None


class Network:
    """A server and hosts around it."""

    def __init__(self, wire: Process, spaces: Mapping[str, str]) -> None:
        self._wire = wire
        self._spaces = spaces
        self._addresses = dict.fromkeys(spaces, 2)
        self._hosts = [host for host in spaces if host != SERVER]

    async def change(self, host: str, **conditions: Any) -> None:
        """Change some of a host's wire's conditions (`net_wire.Conditions`); in force when it returns."""
        stdin, stdout = self._wire.stdin, self._wire.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"host": host, **conditions}).encode() + b"\n")
        await stdin.drain()
        assert await stdout.readline() == b"done\n", "the wire is gone"

    async def change_all(self, **conditions: Any) -> None:
        """Change some conditions of every host's wire."""
        for host in self._hosts:
            await self.change(host, **conditions)

    async def move(self, host: str) -> str:
        """Give a host another address, as when a phone goes from one network to another; return it."""
        subnet, last = f"10.77.{self._hosts.index(host) + 1}", self._addresses[host]
        self._addresses[host] += 1
        address = f"{subnet}.{last + 1}"
        commands = (
            f"addr del {subnet}.{last}/24 dev eth0",
            f"addr add {address}/24 dev eth0",
            f"route replace default via {subnet}.1",
        )
        batch = "\n".join(commands).encode()
        arguments = (f"--net={self._spaces[host]}", "ip", "-batch", "-")
        process = await asyncio.create_subprocess_exec("nsenter", *arguments, stdin=asyncio.subprocess.PIPE)
        await process.communicate(batch)
        assert process.returncode == 0, f"{host} could not move"
        return address

    def program(self, host: str, executable: str, folder: Path) -> str:
        """Write a program that starts another one on a host; return its path."""
        script = folder / f"{Path(executable).name}-on-{host}"
        script.write_text(f'#!/bin/sh\nexec nsenter --net={self._spaces[host]} -- {executable} "$@"\n')
        script.chmod(0o755)
        return str(script)

    async def inside(self, host: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on a host, in a thread and an event loop of its own, and return what it returns."""

        def run() -> T:
            space = os.open(self._spaces[host], os.O_RDONLY)
            if ctypes.CDLL("libc.so.6", use_errno=True).setns(space, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            os.close(space)
            return asyncio.run(make())

        return await _in_thread_of_its_own(run)


async def _in_thread_of_its_own(run: Callable[[], T]) -> T:
    # Not one of a pool: the namespace stays with the thread.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1) as threads:
        return await asyncio.get_running_loop().run_in_executor(threads, run)


@asynccontextmanager
async def network(*hosts: str, direct: bool = False) -> AsyncIterator[Network]:
    """Give hosts that reach the server, but each other only if `direct`. Skips where that can't be."""
    lack = missing()
    if lack is not None:
        pytest.skip(lack)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.net_wire", str(int(direct)), *hosts),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(JOINED_WITHIN_S):
            line = await process.stdout.readline()
        if not line:
            assert process.stderr is not None
            pytest.skip(f"this machine makes no networks: {(await process.stderr.read()).decode()[-400:]}")
        yield Network(process, json.loads(line))
    finally:
        process.stdin.close()
        await process.wait()
