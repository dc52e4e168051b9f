"""A Redis with a replica and a Sentinel that makes it the master when the first one is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.support.nodes import until
from tests.support.redis import binary
from tests.support.server import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MASTER = "vap-rooms"
READY_WITHIN_S = 15.0
PASSWORD = "kept to itself"


class Watched:
    """The three processes, of which the first is the master at first."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vap-sentinel-"))
        self.ports = (free_port(), free_port())
        self.sentinel_port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Return the way to whoever is the master; the first Sentinel it names is not there."""
        sentinels = f"127.0.0.1:{free_port()},127.0.0.1:{self.sentinel_port}"
        return f"redis+sentinel://:{PASSWORD.replace(' ', '%20')}@{sentinels}/{MASTER}?db=0"

    async def start(self) -> None:
        """Start all, and wait until the Sentinel knows the replica."""
        first, second = self.ports
        secret = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
        self._run("--port", str(first), *secret)
        self._run("--port", str(second), "--replicaof", f"127.0.0.1 {first}", *secret)
        await until(lambda: b"master_link_status:up" in self._info(second), READY_WITHIN_S)
        config = self.folder / "sentinel.conf"
        config.write_text(
            f"port {self.sentinel_port}\nsentinel monitor {MASTER} 127.0.0.1 {first} 1\n"
            f'sentinel auth-pass {MASTER} "{PASSWORD}"\n'
            f"sentinel down-after-milliseconds {MASTER} 300\nsentinel failover-timeout {MASTER} 2000\n"
        )
        self._run(str(config), "--sentinel")
        await until(lambda: b"slaves=1" in self._ask_sentinel(), READY_WITHIN_S)

    def lose_the_master(self) -> None:
        """End it as if its machine had lost its power."""
        self._processes[0].kill()
        self._processes[0].wait()

    def remove(self) -> None:
        """End everything."""
        for process in self._processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *arguments: str) -> None:
        program = binary()
        if program is None:
            sentence = "Redis is missing: scripts/setup-redis installs it"
            pytest.fail(sentence) if os.environ.get("CI") == "true" else pytest.skip(sentence)
        options = () if "--sentinel" in arguments else ("--save", "", "--dir", str(self.folder))
        with (self.folder / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen([program, *arguments, *options], stdout=log, stderr=subprocess.STDOUT)
            )

    def _info(self, port: int) -> bytes:
        return self._ask(port, "INFO", "replication", password=PASSWORD)

    def _ask_sentinel(self) -> bytes:
        return self._ask(self.sentinel_port, "INFO", "sentinel")

    def _ask(self, port: int, *command: str, password: str | None = None) -> bytes:
        try:
            with Redis(port=port, password=password) as client:
                client.response_callbacks.clear()
                answer = client.execute_command(*command)
                assert isinstance(answer, bytes)
                return answer
        except (RedisError, OSError):
            return b""


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    """Run them until the block ends."""
    made = Watched()
    try:
        await made.start()
        yield made
    finally:
        await asyncio.to_thread(made.remove)
