"""The real application within the test's process, on a clock that can be put forward; an agent; bookings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.record import a_booking
from tests.support.server import DemoServer, app_in_process
from vap_meet.clock import utc_now
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web
    from playwright.async_api import BrowserContext

PASSWORD = "correct horse battery"


@dataclass
class MovedClock:
    """The real time, and as much as it was put forward."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Office:
    """The application, told as a demonstration tells its own."""

    app: web.Application
    server: DemoServer
    clock: MovedClock

    async def book(self, name: str, *, minutes: float) -> str:
        """Book an appointment that starts in some minutes, and return the customer's link."""
        starts_at = (self.clock() + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        await self.app[key.BOOKING].put(name, a_booking(starts_at=starts_at), by="test", if_match=None)
        return (await self.app[key.JOINING].issue_link(name, by="test")).url

    def url(self, name: str) -> str:
        """Return the agent's page of an appointment."""
        return f"{self.server.base}/agent/appointments/{name}"

    async def speaks_english(self, context: BrowserContext) -> None:
        """Have the pages of a browser in English, as its reader chose."""
        await context.add_cookies([{"name": "vap_lang", "value": "en", "url": self.server.base}])


@asynccontextmanager
async def an_office(folder: Path) -> AsyncIterator[Office]:
    """Serve it until the block ends, with the account `agent`."""
    clock = MovedClock()
    async with app_in_process(folder, clock=clock) as (app, base):
        await app[key.STAFFING].add("agent", PASSWORD, "agent", name_ar="موظف 1", name_en="Agent 1")
        yield Office(app, DemoServer(base, {"accounts": {"agent": PASSWORD}}, 0), clock)
