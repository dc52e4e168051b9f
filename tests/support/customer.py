"""A customer's browser before the customer's real doors: it keeps its cookie and says where it comes from."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from tests.support.access import PUBLIC_URL, House, open_house
from tests.support.slots import SERVICES
from vap_meet.services.attachments import Attachments
from vap_meet.services.availability import Availability
from vap_meet.services.catalogue import Catalogue
from vap_meet.services.feedback import Feedback
from vap_meet.services.hand_over import HandOvers
from vap_meet.services.phone_codes import PhoneCodes
from vap_meet.services.requests import Requests
from vap_meet.web import appkeys as key
from vap_meet.web import assets, attachments, customer, feedback
from vap_meet.web.assets import Assets
from vap_meet.web.middleware import middlewares
from vap_meet.web.render import Renderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import ClientResponse

COOKIE = "__Host-vap"


@dataclass
class Page:
    """What a browser got."""

    status: int
    text: str
    headers: dict[str, str]
    cookies: tuple[str, ...]

    @property
    def location(self) -> str:
        """Return where it is sent."""
        return self.headers["Location"]


@dataclass
class Browser:
    """One browser. Redirects are shown, not followed."""

    client: TestClient[web.Request, web.Application]
    cookie: str | None = None
    language: str = "en"
    origin: str = PUBLIC_URL

    async def get(self, path: str) -> Page:
        """Open a page."""
        async with self.client.get(path, headers=self._headers(), allow_redirects=False) as response:
            return await self._page(response)

    async def post(self, path: str, **form: str) -> Page:
        """Send a form, as one of our own pages does."""
        headers = {**self._headers(), "Origin": self.origin}
        async with self.client.post(path, data=form, headers=headers, allow_redirects=False) as response:
            return await self._page(response)

    def _headers(self) -> dict[str, str]:
        own = f"; {COOKIE}={self.cookie}" if self.cookie else ""
        return {"Cookie": f"vap_lang={self.language}{own}"}

    async def _page(self, response: ClientResponse) -> Page:
        given = response.cookies.get(COOKIE)
        if given is not None:
            self.cookie = given.value
        cookies = tuple(response.headers.getall("Set-Cookie", []))
        return Page(response.status, await response.text(), dict(response.headers), cookies)


@dataclass
class Street:
    """The house seen from outside."""

    house: House
    client: TestClient[web.Request, web.Application]

    def browser(self, **traits: str) -> Browser:
        """Return a browser that has never been here."""
        return Browser(self.client, **traits)

    async def link(self, appointment_id: str = "a-1") -> str:
        """Return the path of the customer's link."""
        issued = await self.house.joining.issue_link(appointment_id, by="test")
        return issued.url.removeprefix(PUBLIC_URL)

    async def entered(self, browser: Browser, appointment_id: str = "a-1") -> str:
        """Let a browser in by the link and return the path of its visit's page."""
        page = await browser.post(await self.link(appointment_id), notice="1")
        assert page.status == 303, page.text
        return page.location


@asynccontextmanager
async def open_street(folder: Path) -> AsyncIterator[Street]:
    """Serve the customer's doors of a fresh house."""
    async with open_house(folder) as house:
        app = web.Application(middlewares=middlewares(house.settings))
        app[key.SETTINGS] = house.settings
        app[key.CLOCK] = house.clock
        app[key.ASSETS] = Assets.load()
        app[key.RENDERER] = Renderer(house.settings, app[key.ASSETS], clock=house.clock)
        app[key.LIMITS] = house.limits
        app[key.JOINING] = house.joining
        app[key.AVAILABILITY] = Availability(
            db=house.db,
            clock=house.clock,
            booking=house.booking,
            services=SERVICES,
            cut_off=timedelta(hours=1),
        )
        app[key.ATTACHMENTS] = Attachments(db=house.db, clock=house.clock)
        app[key.OUTCOMES] = house.outcomes
        app[key.FEEDBACK] = Feedback(db=house.db, clock=house.clock, zone=ZoneInfo(house.settings.time_zone))
        app[key.SESSIONS] = house.sessions
        app[key.CATALOGUE] = Catalogue(db=house.db, clock=house.clock)
        app[key.HAND_OVERS] = HandOvers(
            db=house.db,
            clock=house.clock,
            public_url=house.settings.public_url,
            joining=house.joining,
            codes=PhoneCodes(db=house.db, clock=house.clock, keys=house.keys, limits=house.limits),
            hub=house.hub,
            sms=True,
        )
        app[key.REQUESTS] = Requests(db=house.db, clock=house.clock, keys=house.keys, lookup=None)
        app.add_routes(assets.routes)
        app.add_routes(customer.routes)
        app.add_routes(feedback.routes)
        app.add_routes(attachments.routes)
        async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
            yield Street(house, client)
