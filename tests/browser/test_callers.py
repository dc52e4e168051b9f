"""Pages of booking for a caller, and of an earlier time: done in a browser, in both languages."""

from __future__ import annotations

import pytest

from tests.browser.test_every_page import look_at
from tests.support.booker import PERSON, a_booker
from tests.support.browser import desktop, phone, problems_of
from vap_meet.web.appkeys import EARLIER, STAFFING

PASSWORD = "a long enough password"


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_agent_books_for_a_caller_and_changes_it(tmp_path, browser, language):
    async with a_booker(tmp_path, demo=True) as booker, desktop(browser, language=language) as context:
        await booker.app[STAFFING].add("agent", PASSWORD, "agent", name_ar="موظف", name_en="Agent")
        base = str(booker.session._base_url).rstrip("/")
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{base}/staff/sign-in?lang={language}&next=/agent/booking")
        await page.locator("input[name=username]").fill("agent")
        await page.locator("input[name=password]").fill(PASSWORD)
        await page.locator("form[action^='/staff/sign-in'] button").click()
        await page.locator("#field-q").fill("test service")
        await page.locator("#find-service").click()
        await look_at(page, f"agent-booking-{language}")
        await page.get_by_test_id("services").get_by_role("link").first.click()
        await look_at(page, f"agent-booking-times-{language}")
        await page.get_by_test_id("times-morning").get_by_role("link").first.click()
        await page.locator("#field-name").fill("متعامل 7")
        await page.locator("#field-phone").fill("050 765 4321")
        await look_at(page, f"agent-booking-details-{language}")
        await page.locator("#terms").check()
        await page.locator("#book").click()
        reference = await page.get_by_test_id("reference").inner_text()
        await look_at(page, f"agent-caller-booked-{language}")
        await page.goto(f"{base}/agent/booking")
        await page.locator("#field-number").fill(reference.lower())
        await page.locator("#find-caller").click()
        await page.locator("#move").click()
        await page.get_by_test_id("times-morning").get_by_role("link").first.click()
        await look_at(page, f"agent-caller-move-{language}")
        await page.locator("#move-submit").click()
        await page.locator("#done").wait_for()
        await page.get_by_test_id("cancel-open").click()
        await look_at(page, f"agent-caller-{language}")
        await page.locator("#cancel").click()
        await page.locator("#done").wait_for()
        assert problems == []


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_customer_takes_an_earlier_time_with_one_button(tmp_path, browser, language):
    async with a_booker(tmp_path, demo=True, language=language) as booker:
        base = str(booker.session._base_url).rstrip("/")
        first = await booker.book(language=language)
        times = await booker.get("/book?service=test-service")
        form = await booker.get(times.links("/book/details?")[-1])
        typed = {**form.hidden(), **PERSON, "earlier": "1", "language": language}
        code = await booker.post("/book/details", **typed)
        second = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
        await booker.post(first.path.replace("/booked", "/cancel"), reason="")
        await booker.app[EARLIER].run_once()
        async with phone(browser, language=language) as context:
            page = await context.new_page()
            problems = problems_of(page)
            await page.goto(base + second.path.replace("/booked", "/earlier"))
            await look_at(page, f"earlier-{language}")
            await page.locator("#take-earlier").click()
            await page.wait_for_url("**/booked?moved=1")
            await page.goto(base + page.url.partition(base)[2].partition("/booked")[0] + "/earlier")
            await look_at(page, f"earlier-gone-{language}")
            assert problems == []
