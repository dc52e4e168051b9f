"""Where a request stands, beside the call and in the waiting room: asked for once the page is there."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot
from tests.support.visits import sign_in, wait_in_line

SAID = {
    "ar": ("أُعيد للاستكمال", "مخطط الموقع المعتمد", "أنت", "المتعامل", "لا يستجيب الآن"),
    "en": ("Returned to be completed", "The approved site plan", "you", "the customer", "does not answer"),
}


async def looks_right(page, name):
    assert await axe_findings(page) == [], name
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    await screenshot(page, name, full_page=True)


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_the_customer_reads_what_is_missing_before_the_appointment(server, browser, language):
    status, missing, who, *_ = SAID[language]
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.links['links']['early']}?lang={language}")
        await page.get_by_test_id("continue").click()
        found = page.get_by_test_id("request-found")
        for words in (status, missing, who):
            await expect(found).to_contain_text(words)
        await looks_right(page, f"request-early-{language}")
        await wait_in_line(page, server.links["links"]["waiting"])
        await expect(page.get_by_test_id("request-found")).to_be_visible()
        await looks_right(page, f"request-waiting-{language}")
        assert problems == []


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_the_agent_reads_it_beside_the_record_and_asks_again(server, browser, language):
    status, missing, _, who, away = SAID[language]
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/?lang={language}")
        await sign_in(page, server, "agent")
        await page.goto(f"{server.base}/agent/appointments/{server.links['appointments']['early']}")
        found = page.get_by_test_id("request-found")
        for words in (status, missing, who):
            await expect(found).to_contain_text(words)
        await looks_right(page, f"request-agent-{language}")
        assert problems == []

        async def answer(route):
            await route.fulfill(content_type="application/json", body=json.dumps(finding))

        await page.route("**/request.json*", answer)
        finding = {"found": "unavailable"}
        await page.get_by_test_id("request-refresh").click()
        await expect(page.get_by_test_id("request-unavailable")).to_contain_text(away)
        await expect(found).to_be_hidden()
        finding = {"found": "found", "status": "<b>x</b>", "phoneMatches": False}
        await page.get_by_test_id("request-refresh").click()
        await expect(page.get_by_test_id("request-other-phone")).to_be_visible()
        await expect(found).to_contain_text("<b>x</b>")
        await looks_right(page, f"request-agent-other-{language}")
