"""A fresh record for a test: a migrated database, a clock that the test turns, a booking to put."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vap_meet.domain.appointment import BookingRequest, Customer, ServiceName
from vap_meet.store.engine import Database
from vap_meet.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


@asynccontextmanager
async def fresh_database(folder: Path, *, write_deadline_s: float = 5.0) -> AsyncIterator[Database]:
    """Open a fresh, migrated database and close it afterwards."""
    db = await Database.open(fresh_file(folder), write_deadline_s=write_deadline_s)
    try:
        yield db
    finally:
        await db.close()


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
