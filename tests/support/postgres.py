"""A real PostgreSQL for tests: the system's binaries where there are some, else those of a wheel.

One server a run of the tests, on a socket of its own; each test gets a migrated database without
rows. Without any PostgreSQL a laptop skips loudly, and CI fails.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from sqlalchemy import URL

from tests.support.postgres_binaries import binaries
from vap_meet.store.migrate import migrate
from vap_meet.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READY_WITHIN_S = 30.0
USER = "vap"
TEMPLATE = "vap_template"
_numbers = itertools.count(1)


class Server:
    """A running server whose data goes away with it."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._bin = binaries()
        self.folder = folder
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged()

    def make(self) -> None:
        """Make the cluster."""
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
        }
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", str(self.folder / "data"), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._as_user(),
            )
        until = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < until, "PostgreSQL did not start"
            time.sleep(0.05)

    def stop(self, how: str = "fast") -> None:
        """Stop it; `immediate` is as if the machine had lost its power."""
        if self._process is not None and self._process.poll() is None:
            self._run("pg_ctl", "stop", "-D", str(self.folder / "data"), "-m", how)
            self._process.wait()
            self._process = None

    def url(self, database: str) -> URL:
        """Return where a database is."""
        return URL.create(
            "postgresql+asyncpg", username=USER, database=database, query={"host": str(self.folder)}
        )

    def _answers(self) -> bool:
        check = [self._bin / "pg_isready", "-q", "-h", str(self.folder), "-d", "postgres", "-U", USER]
        return subprocess.run(check, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments], capture_output=True, check=False, **self._as_user()
        )
        assert done.returncode == 0, done.stderr.decode()

    def _as_user(self) -> dict[str, object]:
        """Return how to run as somebody: PostgreSQL refuses to run as root."""
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": self.folder}


def _unprivileged() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def new_server(*, durable: bool = False) -> Server:
    """Make and start a server; the caller stops it. Skips the test, in CI fails it, where there is none."""
    if binaries() is None:
        sentence = "PostgreSQL is missing: scripts/setup-postgresql installs it"
        pytest.fail(sentence) if os.environ.get("CI") == "true" else pytest.skip(sentence)
    made = Server(Path(tempfile.mkdtemp(prefix="vap-pg-")), durable=durable)
    made.make()
    made.start()
    return made


@cache
def server() -> Server:
    """Return the server that this run of the tests shares, with the migrated template in it."""
    shared = new_server()
    atexit.register(remove, shared)
    return shared


def remove(gone: Server) -> None:
    """Stop a server and delete its data."""
    gone.stop("immediate")
    shutil.rmtree(gone.folder, ignore_errors=True)


async def administer(shared: Server, sql: str, *, database: str = "postgres") -> None:
    """Run statements past our own code."""
    connection = await asyncpg.connect(host=str(shared.folder), user=USER, database=database)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


_prepared: set[Path] = set()


async def prepare(shared: Server) -> None:
    """Migrate the template, once a server."""
    if shared.folder not in _prepared:
        await administer(shared, f"CREATE DATABASE {TEMPLATE}")
        await asyncio.to_thread(migrate, shared.url(TEMPLATE))
        _prepared.add(shared.folder)


_idle: list[str] = []
_EMPTY = ";".join(
    [
        "SET lock_timeout = '2s'",
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
        "SELECT setval('audit_entry_id_seq', 1, false), setval('outbox_id_seq', 1, false)",
    ]
)


@asynccontextmanager
async def fresh_url() -> AsyncIterator[URL]:
    """Give a migrated database of the shared server without a row in it.

    A database is used again: emptying one takes milliseconds, cloning one tens of them.
    """
    shared = server()
    name = _idle.pop() if _idle else await clone(shared)
    try:
        yield shared.url(name)
    finally:
        await _give_back(shared, name)


async def clone(shared: Server, template: str = TEMPLATE) -> str:
    """Make a database like the migrated template, or an empty one of `template0`; return its name."""
    await prepare(shared)
    name = f"vap_{os.getpid()}_{next(_numbers)}"
    await administer(shared, f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


async def _give_back(shared: Server, name: str) -> None:
    try:
        await administer(shared, _EMPTY, database=name)
    except asyncpg.PostgresError:  # whoever had it still holds on to it, or has changed its shape
        await administer(shared, f"DROP DATABASE {name} WITH (FORCE)")
    else:
        _idle.append(name)
