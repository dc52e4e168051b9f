"""A real server with many appointments now, for measurements: filled beforehand, watched from outside."""

from __future__ import annotations

import os
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from signaling.hub import Hub
from signaling.log import MemoryLog
from tests.support.record import a_booking
from tests.support.server import free_port, run_command, serving, serving_environment
from vap_meet.clock import milliseconds, utc_now
from vap_meet.domain.access import NOTICE_VERSION
from vap_meet.services.booking import Booking
from vap_meet.services.joining import Joining
from vap_meet.services.keys import Keys
from vap_meet.services.sessions import Sessions
from vap_meet.settings import Settings
from vap_meet.store.engine import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True)
class Invitation:
    """One customer's way in: the link's path, and if it was used already, the visit and its cookie."""

    path: str
    visit: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class House:
    """A running `vap-meet serve` and who may come."""

    port: int
    pid: int
    invitations: list[Invitation]

    def cpu_s(self) -> float:
        """Return the processor time that the server has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def open_house(customers: int, *, entered: bool) -> AsyncIterator[House]:
    """Serve this many appointments; with `entered`, each customer has clicked the link already."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        # Each customer comes from an address of their own, as the proxy in front of the server would say.
        environment = serving_environment(folder, port=port, trusted_proxies="127.0.0.1")
        await run_command("migrate", environment=environment)
        invitations = await _fill(folder, port, customers, entered=entered)
        async with serving(folder, environment) as server:
            yield House(port, server.pid, invitations)


async def _fill(folder: Path, port: int, customers: int, *, entered: bool) -> list[Invitation]:
    settings = Settings(
        database=folder / "vap-meet.sqlite",
        secret_dir=folder / "secrets",
        public_url=f"http://127.0.0.1:{port}",
    )
    db = await Database.open(settings.database)
    try:
        sessions = Sessions(db=db, clock=utc_now)
        clock_ms = milliseconds(utc_now)
        hub = Hub(
            log=MemoryLog(clock_ms=clock_ms), facts=sessions, ice_servers=lambda _: (), clock_ms=clock_ms
        )
        booking = Booking(db=db, clock=utc_now)
        joining = Joining(
            db=db,
            clock=utc_now,
            keys=Keys.open(settings.secret_dir),
            settings=settings,
            hub=hub,
            sessions=sessions,
        )
        return [await _invite(booking, joining, number, entered=entered) for number in range(customers)]
    finally:
        await db.close()


async def _invite(booking: Booking, joining: Joining, number: int, *, entered: bool) -> Invitation:
    appointment = f"load-{number}"
    starts_at = utc_now() + timedelta(minutes=5)
    await booking.put(appointment, a_booking(starts_at=starts_at), by="load", if_match=None)
    link = await joining.issue_link(appointment, by="load")
    code = link.url.rpartition("/")[2]
    if not entered:
        return Invitation(f"/j/{code}")
    entry = await joining.enter_by_link(code, browser=None, notice_version=NOTICE_VERSION)
    return Invitation(f"/j/{code}", entry.visit_id, f"vap={entry.browser}")
