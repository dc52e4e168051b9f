"""A Redis with a replica and a Sentinel that makes it the master when the first one is gone.

Over TLS, all of them show one certificate, which vouches for itself.
"""

from __future__ import annotations

import asyncio
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
from tests.support.redis import binary, missing
from tests.support.server import free_port
from vap_meet.tls import certificate_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MASTER = "vap-rooms"
READY_WITHIN_S = 15.0
PASSWORD = "kept to itself"


class Watched:
    """The three processes, of which the first is the master at first."""

    def __init__(self, *, tls: bool = False) -> None:
        self.tls = tls
        self.folder = Path(tempfile.mkdtemp(prefix="vap-sentinel-"))
        self.ports = (free_port(), free_port())
        self.sentinel_port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []
        self.certificate, self._key = certificate_for("127.0.0.1", self.folder)

    @property
    def url(self) -> str:
        """Return the way to whoever is the master; the first Sentinel it names is not there."""
        if self.tls:
            return f"{self.untrusted_url}&ssl_ca_certs={self.certificate}"
        return self._url("redis")

    @property
    def untrusted_url(self) -> str:
        """Return the way over TLS of who does not know the certificate."""
        return self._url("rediss")

    def _url(self, scheme: str) -> str:
        sentinels = f"127.0.0.1:{free_port()},127.0.0.1:{self.sentinel_port}"
        return f"{scheme}+sentinel://:{PASSWORD.replace(' ', '%20')}@{sentinels}/{MASTER}?db=0"

    async def start(self) -> None:
        """Start all, and wait until the Sentinel knows the replica."""
        first, second = self.ports
        secret = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
        self._run(*self._listening(first), *secret)
        self._run(*self._listening(second), "--replicaof", f"127.0.0.1 {first}", *secret)
        await until(lambda: b"master_link_status:up" in self._info(second), READY_WITHIN_S)
        config = self.folder / "sentinel.conf"
        said = self._listening(self.sentinel_port)
        listening = "\n".join(
            f"{name.removeprefix('--')} {value}" for name, value in zip(said[::2], said[1::2], strict=True)
        )
        config.write_text(
            f"{listening}\nsentinel monitor {MASTER} 127.0.0.1 {first} 1\n"
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

    def _listening(self, port: int) -> tuple[str, ...]:
        """Return the options of one that listens there, and asks the others as it is asked."""
        if not self.tls:
            return ("--port", str(port))
        return (
            *("--port", "0", "--tls-port", str(port), "--tls-replication", "yes", "--tls-auth-clients", "no"),
            *("--tls-cert-file", str(self.certificate), "--tls-key-file", str(self._key)),
            *("--tls-ca-cert-file", str(self.certificate)),
        )

    def _run(self, *arguments: str) -> None:
        program = binary()
        if program is None:
            missing()
        options = () if "--sentinel" in arguments else ("--save", "", "--dir", str(self.folder))
        with (self.folder / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen([program, *arguments, *options], stdout=log, stderr=subprocess.STDOUT)
            )

    def _info(self, port: int) -> bytes:
        if any(process.poll() is not None for process in self._processes):
            said = (self.folder / "log").read_text()
            if self.tls and "Bad directive" in said:
                pytest.skip("this Redis was built without TLS")
            pytest.fail(said[-2000:])
        return self._ask(port, "INFO", "replication", password=PASSWORD)

    def _ask_sentinel(self) -> bytes:
        return self._ask(self.sentinel_port, "INFO", "sentinel")

    def _ask(self, port: int, *command: str, password: str | None = None) -> bytes:
        try:
            trust = {"ssl": True, "ssl_ca_certs": str(self.certificate)} if self.tls else {}
            with Redis(host="127.0.0.1", port=port, password=password, **trust) as client:
                client.response_callbacks.clear()
                answer = client.execute_command(*command)
                assert isinstance(answer, bytes)
                return answer
        except (RedisError, OSError):
            return b""


@asynccontextmanager
async def watched(*, tls: bool = False) -> AsyncIterator[Watched]:
    """Run them until the block ends."""
    made = Watched(tls=tls)
    try:
        await made.start()
        yield made
    finally:
        await asyncio.to_thread(made.remove)
