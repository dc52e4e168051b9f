"""Transactions on the record: one interface, an SQLite file or a PostgreSQL server behind it.

Use cases read and then write what they have read. On SQLite there is one writer at a time. On PostgreSQL a
use case first holds the row it is about (`appointments.get(..., hold=True)`: ``SELECT FOR NO KEY UPDATE``)
and runs READ COMMITTED: whoever comes second waits, then reads what the first has written. SERIALIZABLE would
instead abort the second, and a use case can't be begun anew from within its own transaction.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import AsyncConnection

UNAVAILABLE = "The record can't be changed or read right now. Nothing was changed; please try again."


class DatabaseInUse(Exception):  # noqa: N818 - says what happened
    """Another process serves this database, and they can't both; `sentence` says so to the operator."""

    def __init__(self, name: str, why: str) -> None:
        self.sentence = f"Another process already serves the database {name}: {why}"
        super().__init__(self.sentence)


class Database(ABC):
    """Transactions on one database. Made by `Database.open`, ended by `close`."""

    @classmethod
    async def open(
        cls, where: Path | URL, *, write_deadline_s: float = 5.0, serving: bool = True
    ) -> Database:
        """Open an SQLite file, making it if need be, or a PostgreSQL database by its URL.

        A `serving` SQLite database takes the lock file beside it and raises `DatabaseInUse` if another
        process has it; commands such as ``staff add`` open with ``serving=False`` and work beside the server.
        Raises `Unavailable` if it can't be opened.
        """
        # Imported here: both import this module, and each costs the other's users nothing.
        if isinstance(where, Path):
            from vap_meet.store.sqlite import SqliteDatabase  # noqa: PLC0415

            return await SqliteDatabase.of_file(where, write_deadline_s=write_deadline_s, serving=serving)
        from vap_meet.store.postgresql import PostgresDatabase  # noqa: PLC0415

        return await PostgresDatabase.of_server(where, write_deadline_s=write_deadline_s)

    @abstractmethod
    async def claim(self, *, alone: bool) -> None:
        """Serve this database for as long as it is open: `alone`, or as one of several that know each other.

        Raises `DatabaseInUse` if a process that serves already, or this one, has to be alone; `Unavailable`.
        """

    @abstractmethod
    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a writing transaction; commit at a normal exit, roll back at any other.

        Raises `Unavailable` when its turn, or the lock of a row, does not come within the deadline, or when
        the database refuses or is gone. Once the commit has begun, a cancellation is delivered after it.
        """

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Read one snapshot of the database; a write in here is refused. Raises `Unavailable`."""

    @abstractmethod
    def glance(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Read as `read` does, a few rows by their keys and nothing else.

        SQLite answers in this very thread, for the way to another costs more than such an answer. Nobody
        else is served meanwhile, so what has to look through a table is read by `read`.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let the transaction that runs finish and close every connection."""


async def to_the_end(work: Coroutine[Any, Any, object]) -> None:
    """Finish `work` even if the caller is cancelled meanwhile; the cancellation follows.

    A transaction cut off in the middle of its begin, commit or close would keep the database's locks.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                continue
        if not task.cancelled():
            task.exception()  # the cancellation counts more
        raise
