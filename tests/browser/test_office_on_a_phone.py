"""The office's pages on a phone: the way around, and what there is to press, is in sight."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, phone, problems_of, screenshot
from tests.support.visits import sign_in, wait_in_line

pytestmark = pytest.mark.long

# Whether what a button stands on shows all of it: no one scrolls a picture's place.
IN_SIGHT = """(button) => {
  const part = button.getBoundingClientRect();
  const place = button.closest('.stage__picture').getBoundingClientRect();
  const high = part.top >= place.top && part.bottom <= place.bottom;
  return high && part.left >= place.left && part.right <= place.right;
}"""


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_administrator_finds_the_other_pages_in_a_menu(server, browser, language):
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(page, server, "admin")
        header = await page.locator(".site-header").bounding_box()
        assert header
        assert header["height"] < 120
        nav = page.get_by_test_id("staff-nav")
        await expect(nav).to_be_hidden()
        await page.get_by_test_id("menu").click()
        await expect(nav.locator("[aria-current=page]")).to_be_visible()
        assert await axe_findings(page) == []
        await screenshot(page, f"admin-menu-phone-{language}")
        await page.keyboard.press("Escape")
        await expect(nav).to_be_hidden()
        await expect(page.get_by_test_id("menu")).to_be_focused()
        await page.get_by_test_id("menu").click()
        await nav.locator("a[href='/admin/health']").click()
        await page.wait_for_url("**/admin/health")
        assert problems == []


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_agent_sees_how_to_call_a_customer_in(server, browser, language):
    async with phone(browser, language=language) as home, phone(browser, language=language) as office:
        customer, agent = await home.new_page(), await office.new_page()
        await wait_in_line(customer, f"{server.links['links']['now']}?lang={language}")
        await agent.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(agent, server, "agent")
        await agent.goto(f"{server.base}/agent/appointments/{server.links['appointments']['now']}")
        call_in = agent.get_by_test_id("call-in")
        await expect(call_in).to_be_visible()
        assert await call_in.evaluate(IN_SIGHT)
        await call_in.click()
        await agent.get_by_test_id("confirm-submit").click()
        await expect(agent.get_by_test_id("open-more")).to_be_enabled()
        await agent.get_by_test_id("open-more").click()
        wider = await agent.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0
        await screenshot(agent, f"agent-more-phone-{language}")
