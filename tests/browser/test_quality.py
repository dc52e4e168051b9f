"""A call measures itself: the agent reads how it is, the admin sees the curves of both sides."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line


async def test_both_sides_measure_the_call_and_staff_see_how_it_was(server, browser):
    appointment = server.links["appointments"]["now"]
    async with phone(browser) as home, desktop(browser) as office, desktop(browser) as upstairs:
        customer, agent, admin = [await context.new_page() for context in (home, office, upstairs)]
        problems = [problems_of(agent), problems_of(customer)]
        await wait_in_line(customer, server.links["links"]["now"])
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        async with customer.expect_response(re.compile(r"/quality$"), timeout=20_000) as told:
            await video_moves(agent.locator("#remote video"))
        assert (await told.value).status == 204

        await expect(agent.get_by_test_id("quality")).to_have_text(re.compile("الاتصال"), timeout=20_000)
        await screenshot(agent, "agent-quality-ar")
        assert problems == [[], []]

        await sign_in(admin, server, "admin")
        await admin.goto(f"{server.base}/admin/appointments/{appointment}")
        await expect(admin.get_by_test_id("chart-rtt_ms")).to_be_visible()
        await admin.get_by_test_id("quality-table").click()
        assert await axe_findings(admin) == []
        rows = admin.get_by_test_id("quality").locator("tbody tr")
        assert await rows.count() >= 2
        await screenshot(admin, "admin-quality-ar", full_page=True)
