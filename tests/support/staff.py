"""The application with an agent and an admin signed in, and an appointment that is on now."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import ClientResponse, ClientSession, CookieJar

from signaling.events import Position
from signaling.facts import Admitted, Joined
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON, TurnedClock, a_booking
from tests.support.server import app_in_process
from vap_meet.web.appkeys import BOOKING, SESSIONS, STAFFING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web

PASSWORD = "a long enough password"


class Browser:
    """A browser at the application's own pages: keeps cookies, sends its origin, follows nothing."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self._session = session
        self.base = base

    async def get(self, path: str, **options: Any) -> tuple[ClientResponse, str]:
        """Ask for a page; gives the response and its text."""
        return await self._ask("GET", path, **options)

    async def post(self, path: str, data: dict[str, str], **options: Any) -> tuple[ClientResponse, str]:
        """Send a form."""
        return await self._ask("POST", path, data=data, **options)

    async def put(self, path: str, body: Any, **headers: str) -> tuple[ClientResponse, str]:
        """Send JSON; underscores in the names of headers become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._ask("PUT", path, json=body, headers=named)

    async def raw(
        self, method: str, path: str, data: Any, headers: dict[str, str]
    ) -> tuple[ClientResponse, str]:
        """Send bytes as they are, with these headers and no others."""
        return await self._ask(method, path, data=data, headers=headers)

    async def _ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> tuple[ClientResponse, str]:
        origin = {} if method == "GET" else {"Origin": self.base}
        async with self._session.request(
            method, self.base + path, headers=origin | (headers or {}), allow_redirects=False, **options
        ) as response:
            return response, await response.text()

    async def sign_in(self, username: str, password: str = PASSWORD, wanted: str = "") -> ClientResponse:
        """Fill in the form."""
        form = {"username": username, "password": password, "next": wanted}
        return (await self.post("/staff/sign-in", form))[0]


@dataclass(frozen=True)
class House:
    """The running application: its parts, its clock, and three browsers."""

    app: web.Application
    clock: TurnedClock
    base: str
    stranger: Browser
    agent: Browser
    admin: Browser

    async def book(self, appointment_id: str = "a1", **changes: object) -> None:
        """Book an appointment that begins five minutes from now."""
        fields = {"starts_at": NOON + timedelta(minutes=5)} | changes
        await self.app[BOOKING].put(appointment_id, a_booking(**fields), by="api:test", if_match=None)


@asynccontextmanager
async def staffed(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """Serve a new database with one agent, one admin and the appointment "a1", English chosen."""
    clock = TurnedClock()
    async with (
        app_in_process(folder, clock=clock, **settings) as (app, base),
        _browsers(base) as (one, two, three),
    ):
        for role, name_ar in (("agent", "موظف 1"), ("admin", "مشرف 1")):
            await app[STAFFING].add(role, PASSWORD, role, name_ar=name_ar, name_en=f"{role.title()} 1")
        house = House(app, clock, base, one, two, three)
        await house.book()
        for browser, name in ((house.agent, "agent"), (house.admin, "admin")):
            assert (await browser.sign_in(name)).status == 303
        yield house


@asynccontextmanager
async def _browsers(base: str) -> AsyncIterator[tuple[Browser, Browser, Browser]]:
    def session() -> ClientSession:
        return ClientSession(cookies={"vap_lang": "en"}, cookie_jar=CookieJar(unsafe=True))

    async with session() as one, session() as two, session() as three:
        yield Browser(one, base), Browser(two, base), Browser(three, base)


def words_of(html: str) -> str:
    """Return the text of a page without its tags, each space single."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def the_two_meet(house: House, appointment_id: str = "a1") -> None:
    """Record that the customer came and was called in."""
    at = int(house.clock.now.timestamp() * 1000)
    grants = (Grant.CHAT, Grant.PUBLISH)
    facts = (
        Joined("customer", grants, Stage.WAITING),
        Admitted("customer", by="staff.somebody"),
    )
    for seq, fact in enumerate(facts, start=1):
        position = Position("epoch-of-a-test", seq)
        await house.app[SESSIONS].commit(appointment_id, position, at + 60_000 * seq, fact)


async def mode(house: House, appointment_id: str = "a1") -> str:
    """Return which of its forms the agent's page of an appointment takes."""
    _, html = await house.agent.get(f"/agent/appointments/{appointment_id}")
    return "live" if 'data-testid="stage"' in html else html.split('data-mode="')[1].split('"')[0]
