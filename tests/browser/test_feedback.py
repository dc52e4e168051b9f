"""A customer says how it was, on a phone; an administrator sees to whom it was not good enough for."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot
from tests.support.visits import sign_in

WORDS = {
    "ar": ("غير راضٍ", "مدة الانتظار", "نعم", "إرسال", "شكرًا لك"),
    "en": ("Unhappy", "The wait", "Yes", "Send", "Thank you"),
}


async def looks_right(page, name):
    assert await axe_findings(page) == [], name
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    await screenshot(page, name, full_page=True)


async def to_the_answer(page, server, language):
    await page.goto(f"{server.links['links']['finished']}?lang={language}")
    await page.get_by_test_id("continue").click()
    await page.wait_for_url("**/answer")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_unhappy_customer_is_heard(server, browser, language):
    unhappy, waiting, yes, send, thanks = WORDS[language]
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await to_the_answer(page, server, language)
        await looks_right(page, f"feedback-asked-{language}")
        faces = page.get_by_role("radio").and_(page.locator("[name=face]"))
        await faces.first.focus()
        await page.keyboard.press("ArrowLeft" if language == "ar" else "ArrowRight")
        await expect(faces.nth(1)).to_be_checked()
        await page.get_by_role("radio", name=unhappy, exact=True).check()
        await page.get_by_role("checkbox", name=waiting).check()
        await page.locator("textarea[name=comment]").fill("انتظرت نصف ساعة ثم انقطع الصوت.")
        await page.get_by_role("radio", name=yes, exact=True).nth(1).check()
        await screenshot(page, f"feedback-filled-{language}", full_page=True)
        await page.get_by_role("button", name=send).click()
        await expect(page.get_by_role("heading", name=thanks)).to_be_in_viewport()
        await looks_right(page, f"feedback-thanks-{language}")
        await page.get_by_test_id("feedback-change").click()
        await expect(page.get_by_test_id("face-unhappy")).to_be_checked()
        await screenshot(page, f"feedback-change-{language}", full_page=True)
        assert problems == []
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        await page.goto(f"{server.base}/?lang={language}")
        await sign_in(page, server, "admin")
        await page.get_by_role("link", name=re.compile("^(آراء المتعاملين|Feedback)$")).click()
        case = page.locator(f"[data-testid=case][data-id='{server.links['appointments']['finished']}']")
        await expect(case).to_have_attribute("data-state", "open")
        await looks_right(page, f"admin-feedback-{language}")
        await case.get_by_test_id("take").click()
        await case.get_by_test_id("close-open").click()
        await case.locator("textarea[name=done]").fill("اتصلنا بالمتعامل واعتذرنا.")
        await screenshot(page, f"admin-feedback-closing-{language}", full_page=True)
        await case.get_by_test_id("close").click()
        await expect(case).to_have_attribute("data-state", "closed")
        await looks_right(page, f"admin-feedback-closed-{language}")


async def test_a_happy_customer_needs_no_script(server, browser):
    async with phone(browser, language="en", java_script_enabled=False) as context:
        page = await context.new_page()
        await to_the_answer(page, server, "en")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_test_id("feedback-thanks")).to_have_count(0)
        await page.get_by_role("radio", name="Happy", exact=True).check()
        await page.get_by_role("radio", name="Yes", exact=True).nth(0).check()
        await page.get_by_role("radio", name="No", exact=True).nth(1).check()
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_test_id("feedback-thanks")).to_be_visible()
