"""A customer who books on the pages, without a script: forms as they are served, answered as people do."""

from __future__ import annotations

import html
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.support.record import TurnedClock
from tests.support.server import app_in_process
from tests.support.slots import SUNDAY_NOON, TEN_TO_NOON
from vap_meet.domain.catalogue import Service
from vap_meet.domain.pools import PoolSettings
from vap_meet.web import appkeys

PERSON = {"name": "متعامل 1", "phone": "٠٥٠ ١٢٣ ٤٥٦٧", "mode": "sound", "terms": "1"}  # noqa: RUF001
_INPUT = re.compile(r"<input\b[^>]*>")
_TRAIT = re.compile(r'([a-z-]+)="([^"]*)"')


@dataclass
class Page:
    """What a browser got, redirects followed."""

    status: int
    path: str
    text: str

    def hidden(self) -> dict[str, str]:
        """Return what the page's forms carry on."""
        found = {}
        for tag in _INPUT.findall(self.text):
            traits = {name: html.unescape(value) for name, value in _TRAIT.findall(tag)}
            if traits.get("type") == "hidden":
                found[traits["name"]] = traits["value"]
        return found

    def links(self, part: str) -> list[str]:
        """Return the addresses of links that contain a text."""
        found = [html.unescape(href) for href in re.findall(r'href="([^"]+)"', self.text)]
        return [href for href in found if part in href]


@dataclass
class Booker:
    """One customer at one browser."""

    app: object
    session: aiohttp.ClientSession
    clock: TurnedClock
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> Page:
        async with self.session.get(path) as response:
            return Page(response.status, response.url.path_qs, await response.text())

    async def post(self, path: str, **form: str) -> Page:
        headers = {"Origin": str(self.session._base_url).rstrip("/")}
        async with self.session.post(path, data=form, headers=headers) as response:
            return Page(response.status, response.url.path_qs, await response.text())

    def digits(self, page: Page) -> str:
        """Return the code that was sent for a page."""
        return self.app[appkeys.PHONE_CODES].digits(page.hidden()["code_id"])

    async def details(self, service="test-service", **changes: str) -> Page:
        """Choose the first time and fill the form in; ends on the page that asks for the code."""
        times = await self.get(f"/book?service={service}")
        form = await self.get(times.links("/book/details?")[0])
        return await self.post("/book/details", **{**form.hidden(), **PERSON, **changes})

    async def book(self, **changes: str) -> Page:
        """Book the first time; ends on the page that says so."""
        code = await self.details(**changes)
        return await self.post("/book/confirm", **code.hidden(), code=self.digits(code))


@asynccontextmanager
async def a_booker(folder, *, officials=1, interpreters=0, language="en", **settings):
    """Serve the application with a service that can be booked, and give a customer before it."""
    clock = TurnedClock(SUNDAY_NOON)
    async with app_in_process(folder, clock=clock, **settings) as (app, url):
        service = Service(
            id="test-service",
            name_ar="خدمة",
            name_en="Test service",
            area_id="test-area",
            area_ar="قسم",
            area_en="Area",
        )
        await app[appkeys.CATALOGUE].add(service, by="test")
        for pool_id, kind, people in (
            ("general", "officials", officials),
            ("interpreters", "sign_language", interpreters),
        ):
            if people:
                pool = PoolSettings(id=pool_id, kind=kind, name_ar="قسم", name_en="Area", week=TEN_TO_NOON)
                await app[appkeys.HOURS].save_pool(pool, by="test")
            for _ in range(people):
                await app[appkeys.HOURS].add_person(pool_id, by="test")
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(url, cookie_jar=jar) as session:
            booker = Booker(app, session, clock)
            await booker.get(f"/?lang={language}")
            yield booker
