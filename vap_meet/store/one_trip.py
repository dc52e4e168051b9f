"""SQLite statements in one trip to their thread.

aiosqlite keeps each connection in a thread of its own. SQLAlchemy's cursor goes there four times a
statement: to make a cursor, to execute, to fetch, to close. All our results are small and read whole, so this
cursor does the four in one trip; a trip costs more processor time than most of our statements.

A reading transaction begins in the trip of its first statement, since ``BEGIN`` alone takes no snapshot.
Nobody waits for its end either: whatever the connection does next comes behind it.

A connection that is `Here` makes no trip at all, which is for reading by keys alone.
"""

from __future__ import annotations

import sqlite3
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Self

import aiosqlite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


_BEGIN = "BEGIN"


class Reading(Enum):
    """How far a transaction is that only reads."""

    NO = auto()
    TO_BEGIN = auto()
    BEGUN = auto()


class Cursor:
    """What SQLAlchemy's adapter asks of an asyncio cursor; holds a statement's whole result."""

    __slots__ = ("_connection", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.arraysize = 1
        self.description: Any = None
        self.lastrowid: int | None = None
        self.rowcount = -1

    async def __aenter__(self) -> Self:
        """Nothing to open: the thread is not asked before there is a statement."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close either."""

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Run a statement and keep its rows; ``BEGIN`` is run with the next one."""
        if statement == _BEGIN:
            self._connection.reading = Reading.TO_BEGIN
            return self
        await self._connection.in_thread(self._run, statement, parameters, many=False)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Run a statement once for each set of parameters; there are no rows."""
        await self._connection.in_thread(self._run, statement, parameters, many=True)
        return self

    async def fetchall(self) -> list[Any]:
        """Return the rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    def _run(self, raw: sqlite3.Connection, statement: str, parameters: Any, *, many: bool) -> None:
        cursor = raw.cursor()
        try:
            if self._connection.reading is Reading.TO_BEGIN:
                cursor.execute(_BEGIN)
                self._connection.reading = Reading.BEGUN
            if many:
                cursor.executemany(statement, parameters)
            else:
                cursor.execute(statement, parameters)
            self.description = cursor.description
            self._rows = [] if cursor.description is None else cursor.fetchall()
            self.lastrowid = cursor.lastrowid
            self.rowcount = cursor.rowcount
        finally:
            cursor.close()


class Connection(aiosqlite.Connection):
    """aiosqlite's connection with the cursor above; `reading` is how far a reading transaction is."""

    reading = Reading.NO

    def cursor(self) -> Any:
        """Return a cursor; unlike aiosqlite's, without a trip."""
        return Cursor(self)

    async def rollback(self) -> None:
        """End the transaction; the end of one that only reads is not waited for."""
        reading, self.reading = self.reading, Reading.NO
        if reading is Reading.NO:
            await super().rollback()
        elif reading is Reading.BEGUN:
            self.end_reading()

    def end_reading(self) -> None:
        """End what is being read, behind what the thread does now."""
        self._tx.put_nowait((None, self._conn.rollback))

    async def in_thread(self, work: Any, *arguments: Any, **options: Any) -> None:
        """Run `work(connection, ...)` in the connection's thread."""
        await self._execute(work, self._conn, *arguments, **options)  # type: ignore[no-untyped-call]


class Here(Connection):
    """A connection whose statements run in the caller's thread, one at a time; it only reads."""

    def end_reading(self) -> None:
        """End what is being read."""
        self._conn.rollback()

    async def in_thread(self, work: Any, *arguments: Any, **options: Any) -> None:
        """Run `work(connection, ...)` in this very thread."""
        work(self._conn, *arguments, **options)


def connect(path: Path, *, timeout: float, here: bool) -> Connection:
    """Return a connection to await, as `aiosqlite.connect` does; `timeout` in seconds is SQLite's own.

    With `here` its statements run in the caller's thread, else in one of the connection's own.
    """

    def open_file() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=timeout, check_same_thread=False)

    connection = (Here if here else Connection)(open_file, iter_chunk_size=64)
    # As SQLAlchemy has it: a forgotten one must not keep the process alive.
    connection._thread.daemon = True  # noqa: SLF001
    return connection
