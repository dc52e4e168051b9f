"""A call in our own pages, on the way that people take through them."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Locator, Page

    from tests.support.server import DemoServer


@dataclass(frozen=True)
class Booked:
    """An appointment and the customer's link to it."""

    id: str
    link: str


class OurCall:
    """Books appointments at a demonstration, and takes a customer and an agent to the brink of a call."""

    REMOTE_AT_CUSTOMER = "#remote-tile video"
    REMOTE_AT_AGENT = "#remote video"

    def __init__(self, demo: DemoServer, api: aiohttp.ClientSession) -> None:
        self._demo = demo
        self._api = api

    @classmethod
    @asynccontextmanager
    async def of(cls, demo: DemoServer) -> AsyncIterator[OurCall]:
        """Keep a client of the demonstration's API open for a while."""
        headers = {"Authorization": f"Bearer {demo.links['api_key']}"}
        async with aiohttp.ClientSession(f"{demo.base}/api/v1/", headers=headers) as api:
            yield cls(demo, api)

    async def book(self) -> Booked:
        """Book an appointment that begins now."""
        name = f"bench-{uuid.uuid4()}"
        starts_at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        request = {
            "service": {"id": "bench", "name_ar": "قياس السرعة", "name_en": "Speed measurement"},
            "customer": {"name": "متعامل 1", "language": "ar"},
            "starts_at": starts_at.isoformat(),
        }
        async with self._api.put(f"appointments/{name}", json=request) as response:
            assert response.status == 201, await response.text()
        async with self._api.post(f"appointments/{name}/join-links", json={}) as response:
            assert response.status in {200, 201}, await response.text()
            return Booked(name, (await response.json())["url"])

    async def customer_waits(self, page: Page, appointment: Booked, *, choice: str = "video") -> None:
        """Open the link, accept the notice, choose video and sound (or `sound` only), and wait."""
        await page.goto(appointment.link)
        await page.get_by_test_id("continue").click()
        await page.get_by_test_id(f"choose-{choice}").click()
        await page.get_by_test_id("enter").click()
        await page.get_by_test_id("section-waiting").wait_for()

    async def agent_is_about_to_call(self, page: Page, appointment: Booked) -> Locator:
        """Sign in, open the appointment and press call in; return the button that confirms the name."""
        await page.goto(f"{self._demo.base}/staff/sign-in")
        await page.locator("[name=username]").fill("agent")
        await page.locator("[name=password]").fill(self._demo.links["accounts"]["agent"])
        await page.locator("[name=password]").press("Enter")
        await page.wait_for_url("**/agent/")
        await page.goto(f"{self._demo.base}/agent/appointments/{appointment.id}")
        await page.get_by_test_id("call-in").click()
        button = page.get_by_test_id("confirm-submit")
        await button.wait_for()
        return button
