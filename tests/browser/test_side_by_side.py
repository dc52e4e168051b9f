"""One browser holds several people's places at once, and each door reads only its own cookie."""

from __future__ import annotations

from aiohttp import ClientSession
from playwright.async_api import expect

from tests.support.browser import desktop, phone
from tests.support.visits import sign_in, wait_in_line


async def test_two_appointments_and_a_staff_sign_in_live_in_one_browser(server, browser):
    async with desktop(browser) as context:
        first, second, agent = [await context.new_page() for _ in range(3)]
        await wait_in_line(first, server.links["links"]["now"])
        await wait_in_line(second, server.links["links"]["soon"], choice="sound")
        await sign_in(agent, server, "agent")

        waiting = agent.get_by_test_id("waiting-row")
        await expect(waiting).to_have_count(3)  # these two, and the one who has waited too long
        await expect(first.get_by_test_id("section-waiting")).to_be_visible()
        await expect(second.get_by_test_id("section-waiting")).to_be_visible()

        await second.reload()
        await expect(second.get_by_test_id("section-waiting")).to_be_visible()
        await expect(agent.get_by_test_id("waiting-row")).to_have_count(3)

        # Signing out ends the staff's sign-in and nobody else's place.
        await agent.locator("form[action='/staff/sign-out'] button").click()
        await agent.goto(f"{server.base}/agent/")
        await expect(agent).to_have_url(f"{server.base}/staff/sign-in?next=/agent/")
        await first.reload()
        await expect(first.get_by_test_id("section-waiting")).to_be_visible()


async def test_a_token_in_the_fragment_survives_a_change_of_language(server, browser):
    headers = {"Authorization": f"Bearer {server.links['api_key']}"}
    url = f"{server.base}/api/v1/appointments/{server.links['appointments']['now']}/tokens"
    async with ClientSession(headers=headers) as http, http.post(url, json={}) as answer:
        invitation = (await answer.json())["url"]
    async with phone(browser) as context:
        page = await context.new_page()
        await page.goto(invitation)
        await expect(page.get_by_test_id("continue")).to_be_visible()
        assert "#" not in page.url
        await page.locator(".languages__link").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await page.get_by_test_id("continue").click()
        await expect(page.get_by_test_id("section-preview")).to_be_visible()
