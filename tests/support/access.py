"""The real services of coming in and of the API, on a fresh database and a clock that the test turns."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from argon2 import PasswordHasher
from sqlalchemy import text

from signaling.hub import Hub
from signaling.log import MemoryLog
from tests.support.record import TurnedClock, a_booking, fresh_database
from vap_meet.domain.access import NOTICE_VERSION
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.api_keys import ApiKeys
from vap_meet.services.booking import Booking
from vap_meet.services.joining import Joining
from vap_meet.services.keys import Keys
from vap_meet.services.limits import RateLimiter
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.sessions import Sessions
from vap_meet.services.staffing import Staffing
from vap_meet.settings import Settings
from vap_meet.web import api, appkeys, keys
from vap_meet.web.problems import problem_middleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import ClientResponse

    from vap_meet.domain.access import StaffMember
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.joining import Entry, IssuedLink
    from vap_meet.store.engine import Database

PUBLIC_URL = "https://meet.example"
PASSWORD = "correct horse battery"
RESOLVED = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
BODY = {
    "service": {"id": "permit", "name_ar": "تصريح بناء", "name_en": "Building permit"},
    "customer": {"name": "متعامل 1", "phone": "+971500000001"},
    "starts_at": "2026-09-28T08:15:00Z",
}
URL = "/api/v1/appointments/a-1"


@dataclass
class House:
    """Every part that access and the API need."""

    db: Database
    clock: TurnedClock
    settings: Settings
    keys: Keys
    limits: RateLimiter
    hub: Hub
    booking: Booking
    sessions: Sessions
    outcomes: Outcomes
    joining: Joining
    staffing: Staffing
    api_keys: ApiKeys

    async def book(self, appointment_id: str = "a-1", **changes: object) -> Appointment:
        """Book an appointment a quarter of an hour from noon."""
        booked, _ = await self.booking.put(appointment_id, a_booking(**changes), by="test", if_match=None)
        return booked

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return what a query finds."""
        async with self.db.read() as tx:
            return [dict(row) for row in (await tx.execute(text(sql))).mappings()]

    async def audited(self, action: str) -> list[dict[str, Any]]:
        """Return the audit entries of one action."""
        return [row for row in await self.rows("SELECT * FROM audit_entry") if row["action"] == action]

    def app(self) -> web.Application:
        """Return an application with the API's doors."""
        app = web.Application(middlewares=[problem_middleware])
        app[appkeys.SETTINGS] = self.settings
        app[appkeys.CLOCK] = self.clock
        app[appkeys.DB] = self.db
        app[appkeys.LIMITS] = self.limits
        app[appkeys.BOOKING] = self.booking
        app[appkeys.SESSIONS] = self.sessions
        app[appkeys.OUTCOMES] = self.outcomes
        app[appkeys.JOINING] = self.joining
        app[appkeys.API_KEYS] = self.api_keys
        app.add_routes(api.routes)
        app.add_routes(keys.routes)
        return app


@asynccontextmanager
async def open_house(folder: Path, *, write_deadline_s: float = 5.0) -> AsyncIterator[House]:
    """Put the house together, and take it down afterwards."""
    clock = TurnedClock()
    settings = Settings(public_url=PUBLIC_URL, secret_dir=folder / "secrets")
    async with fresh_database(folder, write_deadline_s=write_deadline_s) as db:
        sessions = Sessions(db=db, clock=clock)
        hub = Hub(
            log=MemoryLog(clock_ms=lambda: int(clock().timestamp() * 1000)),
            facts=sessions,
            ice_servers=lambda _participant: (),
            clock_ms=lambda: int(clock().timestamp() * 1000),
        )
        keyring, limits = Keys.open(settings.secret_dir), RateLimiter(clock)
        yield House(
            db=db,
            clock=clock,
            settings=settings,
            keys=keyring,
            limits=limits,
            hub=hub,
            booking=Booking(db=db, clock=clock),
            sessions=sessions,
            outcomes=Outcomes(db=db, clock=clock, room_over=hub.end_room),
            joining=Joining(db=db, clock=clock, keys=keyring, settings=settings, hub=hub, sessions=sessions),
            staffing=Staffing(db=db, clock=clock, limits=limits, hasher=CHEAP),
            api_keys=ApiKeys(db=db, clock=clock),
        )


async def refused(response: ClientResponse, status: int, code: str) -> dict[str, Any]:
    """Assert that a response is this very problem, and return its content."""
    body: dict[str, Any] = await response.json(content_type="application/problem+json")
    assert (response.status, body["status"], body["code"]) == (status, status, code)
    assert response.headers["Cache-Control"] == "no-store"
    return body


def code_of(link: IssuedLink) -> str:
    """Return the code in a link."""
    return link.url.rpartition("/")[2]


async def booked_link(house: House, appointment_id: str = "a-1", **changes: object) -> IssuedLink:
    """Book an appointment and return its link."""
    await house.book(appointment_id, **changes)
    return await house.joining.issue_link(appointment_id, by="api:1")


async def enter(
    house: House,
    link: IssuedLink,
    *,
    browser: str | None = None,
    notice_version: str | None = NOTICE_VERSION,
) -> Entry:
    """Click a link, the notice accepted."""
    return await house.joining.enter_by_link(code_of(link), browser=browser, notice_version=notice_version)


async def enter_token(house: House, token: str, browser: str | None = None) -> Entry:
    """Exchange a token, the notice accepted."""
    return await house.joining.enter_by_token(token, browser=browser, notice_version=NOTICE_VERSION)


async def an_agent(house: House) -> StaffMember:
    """Add an agent's account."""
    return await house.staffing.add("agent", PASSWORD, "agent", name_ar="موظف 1", name_en="Agent 1")
