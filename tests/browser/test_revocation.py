"""Access that ends while a page is open: the page goes to the one that says what happened and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
from playwright.async_api import expect

from tests.support.browser import desktop, phone, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line

SETTLED_MS = 3_500  # a page that is turned away right after loading does not load again


async def change(api, appointment: str, verb: str, body) -> None:
    """Change an appointment as a booking system does: read it, then say which version is meant."""
    async with api.get(appointment) as response:
        version = response.headers["ETag"]
    async with api.post(f"{appointment}/{verb}", json=body, headers={"If-Match": version}) as response:
        assert response.status == 200, await response.text()


async def test_cancelled_or_moved_the_customers_page_says_so(server, browser):
    key = {"Authorization": f"Bearer {server.links['api_key']}"}
    async with phone(browser) as first, phone(browser) as second, aiohttp.ClientSession(headers=key) as api:
        cancelled, moved = await first.new_page(), await second.new_page()
        await wait_in_line(cancelled, server.links["links"]["now"], choice="sound")
        await wait_in_line(moved, server.links["links"]["soon"], choice="sound")
        await moved.wait_for_timeout(SETTLED_MS)
        appointments = f"{server.base}/api/v1/appointments"
        known = server.links["appointments"]
        await change(api, f"{appointments}/{known['now']}", "cancel", {"reason": "closed"})
        await expect(cancelled.get_by_test_id("stop-cancelled")).to_be_visible()
        later = {"starts_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
        await change(api, f"{appointments}/{known['soon']}", "move", later)
        await expect(moved.get_by_test_id("stop-moved")).to_be_visible()


async def test_signing_out_in_another_tab_ends_the_agents_place_in_the_call(server, browser):
    async with phone(browser) as home, desktop(browser) as office:
        customer, agent, console = await home.new_page(), await office.new_page(), await office.new_page()
        await wait_in_line(customer, server.links["links"]["now"])
        await sign_in(agent, server, "agent")
        await console.goto(f"{server.base}/agent/")
        await call_in(agent, server, server.links["appointments"]["now"])
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        await agent.wait_for_timeout(SETTLED_MS)
        await console.locator("form[action='/staff/sign-out'] button").click()
        await agent.wait_for_url("**/staff/sign-in?next=/agent/appointments/**")
        await expect(customer.get_by_test_id("section-call")).to_be_visible()
