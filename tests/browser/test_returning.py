"""A reload and Android's Back are part of every call: one returns, the other asks first."""

from __future__ import annotations

from playwright.async_api import expect

from tests.support.browser import desktop, phone, screenshot, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line


async def test_reload_returns_to_the_call_and_back_asks_first(server, browser):
    async with phone(browser) as context, desktop(browser) as agents:
        customer, agent = await context.new_page(), await agents.new_page()
        await wait_in_line(customer, server.links["links"]["now"])
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        remote = customer.get_by_test_id("remote-tile").locator("video")
        await video_moves(remote)

        # The customer's page reloads: nothing is asked again, both see each other.
        await customer.reload()
        await expect(customer.get_by_test_id("section-call")).to_be_visible()
        await video_moves(remote)
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))

        # So does the agent's.
        await agent.reload()
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await video_moves(remote)

        # Back asks, and staying keeps the call.
        await customer.go_back()
        await expect(customer.get_by_test_id("leave-dialog")).to_be_visible()
        await screenshot(customer, "customer-back-ar")
        await customer.get_by_test_id("leave-no").click()
        await expect(customer.get_by_test_id("section-call")).to_be_visible()
        await video_moves(remote)

        # Leaving is a choice, and coming back is offered.
        await customer.get_by_test_id("leave").click()
        await customer.get_by_test_id("leave-yes").click()
        await expect(customer.get_by_test_id("section-left")).to_be_visible()
        await screenshot(customer, "customer-left-ar", full_page=True)
        # A reload alone brings nobody back; who comes back is not asked again how to talk.
        await customer.reload()
        await expect(customer.get_by_test_id("section-left")).to_be_visible()
        await customer.get_by_test_id("rejoin").click()
        await expect(customer.get_by_test_id("section-waiting")).to_be_visible()
        await video_moves(customer.get_by_test_id("waiting-tile").locator("video"))
