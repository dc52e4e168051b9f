"""A fresh record for a test: a migrated database, a clock that the test turns, a booking to put."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from tests.support import postgres
from vap_meet.domain.appointment import BookingRequest, Customer, ServiceName
from vap_meet.store.engine import Database
from vap_meet.store.migrate import migrate
from vap_meet.store.sqlite import SqliteDatabase
from vap_meet.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy import URL

NOON = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)  # noon in Dubai


@dataclass
class TurnedClock:
    """A clock that stands until it is turned."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **delta: float) -> datetime:
        """Go forward by `timedelta(**delta)`."""
        self.now += timedelta(**delta)
        return self.now


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vap-record-"))
    path = folder / "template.sqlite"
    migrate(path)
    return path


def fresh_file(folder: Path) -> Path:
    """Copy the migrated template, which takes a millisecond where migrating takes hundreds."""
    return Path(shutil.copy(_template(), folder / "record.sqlite"))


database = "sqlite"
"""Which one `fresh_database` opens; the fixture `each_database` sets it."""


@asynccontextmanager
async def fresh_database(folder: Path, *, write_deadline_s: float = 5.0) -> AsyncIterator[Database]:
    """Open a fresh, migrated database and close it afterwards."""
    async with (
        fresh_place(folder) as where,
        open_database(where, write_deadline_s=write_deadline_s) as db,
    ):
        yield db


@asynccontextmanager
async def fresh_place(folder: Path) -> AsyncIterator[Path | URL]:
    """Give the place of a fresh, migrated database that nobody has opened yet."""
    if database == "sqlite":
        yield fresh_file(folder)
        return
    async with postgres.fresh_url() as url:
        yield url


@asynccontextmanager
async def open_database(where: Path | URL, **options: Any) -> AsyncIterator[Database]:
    """Open a database and close it afterwards."""
    db = await Database.open(where, **options)
    try:
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def locked(db: Database) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Let another process hold what writers need until the block ends, or until what it gives is called."""
    if isinstance(db, SqliteDatabase):
        async with db.read() as tx:
            (_, _, path) = (await tx.exec_driver_sql("PRAGMA database_list")).one()
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        async def release() -> None:
            holder.close()
    else:
        async with db.read() as tx:
            name = (await tx.exec_driver_sql("SELECT current_database()")).scalar_one()
        other = await asyncpg.connect(host=str(postgres.server().folder), user=postgres.USER, database=name)
        await other.execute(f"BEGIN; LOCK TABLE {', '.join(metadata.tables)} IN EXCLUSIVE MODE")

        async def release() -> None:
            if not other.is_closed():
                await other.close()

    try:
        yield release
    finally:
        await release()


@dataclass
class Told:
    """A place to be told something, for callbacks of use cases."""

    rooms: list[str] = field(default_factory=list)

    async def __call__(self, room: str) -> None:
        self.rooms.append(room)


def a_booking(**changes: object) -> BookingRequest:
    """Return a booking a quarter of an hour from noon; `changes` replace fields."""
    fields: dict[str, object] = {
        "service": ServiceName(id="permit", name_ar="تصريح بناء", name_en="Building permit"),
        "customer": Customer(name="متعامل 1", phone="+971500000001", email="customer1@example.org"),
        "starts_at": NOON + timedelta(minutes=15),
        "question": "هل يكفي المخطط؟",
        "request_number": "R-1001",
    }
    return BookingRequest(**(fields | changes))
