"""SQLite: one writer behind a FIFO lock with a deadline, readers apart; glances in our own thread.

Configured by default, SQLite silently loses concurrent read-then-write updates, so every writing transaction
starts with BEGIN IMMEDIATE on one connection; see "SQLite transactions and isolation" in SQLAlchemy's manual.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vap_meet.domain.errors import Unavailable
from vap_meet.store import one_trip
from vap_meet.store.engine import UNAVAILABLE, Database, DatabaseInUse, to_the_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

log = structlog.get_logger(__name__)

READERS = 4
_BUSY_STEP_S = 0.05  # how long SQLite itself waits for a lock before the deadline is looked at again
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class SqliteDatabase(Database):
    """Transactions on one SQLite file."""

    def __init__(
        self,
        writer: AsyncEngine,
        readers: AsyncEngine,
        glancer: AsyncEngine,
        *,
        lock_fd: int | None,
        write_deadline_s: float,
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._glancer = glancer
        self._lock_fd = lock_fd
        self._write_deadline_s = write_deadline_s
        self._turn = asyncio.Lock()  # asyncio's lock is first come, first served

    @classmethod
    async def of_file(cls, path: Path, *, write_deadline_s: float, serving: bool) -> SqliteDatabase:
        """Open the file as `Database.open` says."""
        try:
            lock_fd = _make_way(path, serving=serving)
        except OSError as error:
            log.warning("database_unavailable", error=str(error))
            raise Unavailable(UNAVAILABLE) from error
        url = URL.create("sqlite+aiosqlite", database=str(path))
        writer = create_async_engine(
            url,
            pool_size=1,
            max_overflow=0,
            pool_reset_on_return=None,  # every transaction is ended explicitly
            connect_args={"async_creator_fn": partial(_connect, path, _BUSY_STEP_S)},
        )
        event.listen(writer.sync_engine, "connect", _prepare_writer)
        event.listen(writer.sync_engine, "begin", _begin_immediate)
        event.listen(writer.sync_engine, "invalidate", _give_up)
        readers = _reading(url, READERS, write_deadline_s, partial(_connect, path, write_deadline_s))
        glancer = _reading(url, 1, write_deadline_s, partial(_connect, path, _BUSY_STEP_S, here=True))
        database = cls(writer, readers, glancer, lock_fd=lock_fd, write_deadline_s=write_deadline_s)
        try:
            async with database.write():
                pass  # makes the file and its WAL mode, so that readers find both
        except BaseException:
            await database.close()
            raise
        return database

    async def claim(self, *, alone: bool) -> None:
        """Nothing is left to do: who opened it as a serving process has its lock file."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Begin a writing transaction; commit at a normal exit, roll back at any other.

        Turns come first come first served. Raises `Unavailable` also when the disk refuses.
        """
        deadline = asyncio.get_running_loop().time() + self._write_deadline_s
        await self._take_turn(deadline)
        try:
            with _sqlite_errors():
                connection = self._writer.connect()
                try:
                    await to_the_end(_begin(connection, deadline))
                    yield connection
                    await to_the_end(connection.commit())
                finally:
                    if connection.sync_connection is not None:
                        await to_the_end(connection.close())  # rolls back what was not committed
        finally:
            self._turn.release()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Read one snapshot of the database; a write in here is refused by SQLite. Raises `Unavailable`."""
        with _sqlite_errors():
            async with self._readers.connect() as connection:
                yield connection

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """Read as `Database.glance` says: those who glance come one after the other."""
        with _sqlite_errors():
            connection = self._glancer.connect()
            try:
                await connection.start()
                yield connection
            finally:  # `async with` would close it in a task of its own; here nothing can be cut off
                if connection.sync_connection is not None:
                    await connection.close()

    async def close(self) -> None:
        """Close as `Database.close` says, and give the lock file back."""
        async with self._turn:
            await self._glancer.dispose()
            await self._readers.dispose()
            await self._writer.dispose()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    async def _take_turn(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._turn.acquire()
        except TimeoutError as error:
            log.warning("database_unavailable", error="no turn to write within the deadline")
            raise Unavailable(UNAVAILABLE) from error


def _reading(
    url: URL, connections: int, deadline_s: float, connect: Callable[..., one_trip.Connection]
) -> AsyncEngine:
    """Return where transactions read, as many at a time as there are connections."""
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=deadline_s,
        connect_args={"async_creator_fn": connect},
    )
    event.listen(engine.sync_engine, "connect", _prepare_reader)
    event.listen(engine.sync_engine, "begin", _begin_deferred)
    return engine


async def _begin(connection: AsyncConnection, deadline: float) -> None:
    """Start the connection and its transaction, trying until `deadline` while another process writes."""
    await connection.start()
    while True:
        try:
            await connection.begin()
        except DBAPIError as error:
            busy = _primary_code(error) == sqlite3.SQLITE_BUSY
            if not busy or asyncio.get_running_loop().time() >= deadline:
                raise
        else:
            return


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    """Turn what the disk and its locks refuse into `Unavailable`; mistakes in SQL stay what they are."""
    try:
        yield
    except DBAPIError as error:
        if _primary_code(error) not in _UNAVAILABLE:
            raise
        log.warning("database_unavailable", error=str(error.orig))
        raise Unavailable(UNAVAILABLE) from error
    except PoolTimeoutError as error:
        log.warning("database_unavailable", error="no reader free within the deadline")
        raise Unavailable(UNAVAILABLE) from error


def _primary_code(error: DBAPIError) -> int | None:
    """Return SQLite's primary result code (https://sqlite.org/rescode.html): the low byte."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _make_way(path: Path, *, serving: bool) -> int | None:
    """Make the file, for its owner only; a serving process locks ``<path>.lock`` beside it.

    The kernel gives the lock back when the process ends, even by kill -9.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    if not serving:
        return None
    lock_fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        raise DatabaseInUse(path.name, "one SQLite file has one serving process.") from None
    return lock_fd


def _connect(
    path: Path, timeout_s: float, *_: object, here: bool = False, **__: object
) -> one_trip.Connection:
    return one_trip.connect(path, timeout=timeout_s, here=here)


def _prepare_writer(dbapi_connection: Any, _record: object) -> None:
    _run_pragmas(
        dbapi_connection,
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is erased leaves no trace in the file's pages
    )


def _prepare_reader(dbapi_connection: Any, _record: object) -> None:
    _run_pragmas(dbapi_connection, "query_only=ON")


def _give_up(dbapi_connection: Any, _record: object, _error: object) -> None:
    """End the transaction of a connection that a cancelled statement makes SQLAlchemy throw away.

    Closing alone would not: SQLite keeps it, with its lock, as long as a cursor of it is in some traceback.
    """
    dbapi_connection.rollback()


def _run_pragmas(dbapi_connection: Any, *pragmas: str) -> None:
    dbapi_connection.isolation_level = None  # sqlite3 must not begin transactions of its own accord
    cursor = dbapi_connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
