"""Every page, in both languages, at the size it is made for: axe finds nothing, nothing sticks out."""

from __future__ import annotations

import pytest

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot
from tests.support.visits import sign_in

CUSTOMERS = ("now", "waiting", "soon", "early", "moved", "cancelled", "finished")


async def look_at(page, name: str) -> None:
    """Hold a page to what every page promises, and keep its picture."""
    assert await axe_findings(page) == [], name
    wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, f"{name} is {wider} px wider than the screen"
    await screenshot(page, name, full_page=True)


async def visit(page, url: str, name: str) -> None:
    await page.goto(url)
    await look_at(page, name)


async def look_at_call_back(page, language: str) -> None:
    """Ask for a call from a visit's page, and look at the page before and after."""
    await visit(page, f"{page.url}call-back", f"call-back-{language}")
    await page.locator("#call-back-ask").click()
    await page.locator("#call-back-withdraw").wait_for()
    await look_at(page, f"call-back-asked-{language}")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_every_page_of_the_customer(server, browser, language):
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/?lang={language}")
        await look_at(page, f"home-{language}")
        await visit(page, server.links["demo"], f"demo-phone-{language}")
        await visit(page, f"{server.base}/join", f"join-{language}")
        await visit(page, f"{server.base}/dev/outbox", f"outbox-{language}")
        assert await page.get_by_test_id("message").count() > 0
        for key in CUSTOMERS:
            await visit(page, server.links["links"][key], f"link-{key}-{language}")
            onward = page.get_by_test_id("continue")
            if await onward.count():
                await onward.click()
                await page.wait_for_url("**/v/**")
                await look_at(page, f"visit-{key}-{language}")
            if key == "waiting":
                await look_at_call_back(page, language)
        assert problems == []
        await visit(page, f"{server.base}/j/aaaaaaaaaaaaaaaaaaaaaaaaaa", f"link-unknown-{language}")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_every_page_of_the_agent(server, browser, language):
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/staff/sign-in?lang={language}")
        await look_at(page, f"sign-in-{language}")
        await visit(page, server.links["demo"], f"demo-{language}")
        await sign_in(page, server, "agent")
        await look_at(page, f"agent-console-{language}")
        for key in CUSTOMERS:
            path = f"/agent/appointments/{server.links['appointments'][key]}"
            await visit(page, server.base + path, f"agent-{key}-{language}")
        await visit(page, f"{server.base}/agent/call-backs", f"agent-calls-{language}")
        assert problems == []
        await visit(page, f"{server.base}/agent/appointments/nothing-here", f"agent-unknown-{language}")


async def look_at_webhooks(page, server, language: str) -> None:
    """Add an endpoint, then look at the list and at its own page."""
    await page.goto(f"{server.base}/admin/webhooks")
    await page.fill("#field-url", f"https://hook.example.org/{language}")
    await page.fill("#field-description", "حجز / Booking")
    await page.get_by_test_id("add-submit").click()
    await page.get_by_test_id("secret").click()
    await look_at(page, f"admin-webhook-{language}")
    await visit(page, f"{server.base}/admin/webhooks", f"admin-webhooks-{language}")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_every_page_of_the_administrator(server, browser, language):
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(page, server, "admin")
        await look_at(page, f"admin-list-{language}")
        await visit(page, f"{server.base}/admin/appointments?q=nobody", f"admin-empty-{language}")
        await visit(page, f"{server.base}/admin/health", f"admin-health-{language}")
        await visit(page, f"{server.base}/admin/messages", f"admin-messages-{language}")
        await look_at_webhooks(page, server, language)
        for key in ("finished", "moved", "cancelled", "waiting"):
            path = f"/admin/appointments/{server.links['appointments'][key]}"
            await visit(page, server.base + path, f"admin-{key}-{language}")
        assert problems == []
