"""The application with the services that ship with it, and a customer's browser."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import ClientSession, CookieJar

from tests.support.record import TurnedClock
from tests.support.server import app_in_process
from tests.support.staff import Browser
from vap_meet.web.appkeys import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web


@dataclass(frozen=True)
class Shop:
    """The running application and who looks at it, in English."""

    app: web.Application
    stranger: Browser


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Shop]:
    """Serve the catalogue until the block ends."""
    async with (
        app_in_process(folder, clock=TurnedClock()) as (app, base),
        ClientSession(cookies={"vap_lang": "en"}, cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        await app[CATALOGUE].fill()
        yield Shop(app, Browser(session, base))


def ids_in(html: str) -> list[str]:
    """Return the ids of the services that a page lists, in its order."""
    return re.findall(r'data-testid="service(?:-row)?" data-id="([^"]+)"', html)
