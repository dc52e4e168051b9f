"""A customer books, moves and cancels on a phone, in either language, and finds it all again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.test_every_page import look_at
from tests.support.browser import desktop, phone, problems_of
from tests.support.visits import sign_in

SERVICE = "building-permit"


async def next_page(page, locator, name):
    """Press what leads on, and hold the page it leads to to what every page promises."""
    await locator.click()
    await look_at(page, name)


async def prove_the_phone(page, name):
    """Type the code that the demonstration shows."""
    shown = page.locator("#demo-code p").last
    await page.locator("#code").fill(await shown.inner_text())
    await next_page(page, page.locator("#code-submit"), name)


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_booking_moving_and_cancelling_on_a_phone(server, browser, language):
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/services/{SERVICE}?lang={language}")
        await next_page(page, page.locator("#book"), f"book-times-{language}")
        await next_page(page, page.locator("a.day").nth(1), f"book-other-day-{language}")
        await next_page(page, page.locator("a.time").first, f"book-details-{language}")

        await page.locator("#field-name").fill("متعامل 1" if language == "ar" else "Customer 1")
        await page.locator("#field-phone").fill("٠٥٠ ١٢٣ ٤٥٦٧")  # noqa: RUF001
        await page.locator("input[name=mode][value=sound]").check()
        await page.locator("#terms").check()
        await next_page(page, page.locator("#details-submit"), f"book-code-{language}")
        await prove_the_phone(page, f"booked-{language}")
        await expect(page.get_by_test_id("booked")).to_be_visible()
        reference = await page.get_by_test_id("reference").inner_text()

        await next_page(page, page.locator("#move"), f"move-{language}")
        await next_page(page, page.locator("a.time").nth(3), f"move-ask-{language}")
        await next_page(page, page.locator("#move-submit"), f"moved-{language}")
        await expect(page.get_by_test_id("reference")).to_have_text(reference)

        await next_page(page, page.locator("#cancel"), f"cancel-{language}")
        await next_page(page, page.locator("#cancel-submit"), f"cancelled-{language}")
        await expect(page.get_by_test_id("stop-cancelled")).to_be_visible()

        await page.goto(f"{server.base}/mine")
        await look_at(page, f"mine-{language}")
        await page.locator("#field-phone").fill("+971 50 123 4567")
        await page.locator("#mine-submit").click()
        await prove_the_phone(page, f"mine-list-{language}")
        await expect(page.get_by_test_id("mine")).to_contain_text(reference)
        assert problems == []


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_administrator_closes_a_day_on_a_desktop(server, browser, language):
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(page, server, "admin")
        await page.goto(f"{server.base}/admin/hours")
        await look_at(page, f"admin-hours-{language}")
        await next_page(page, page.locator("a.pool-link").first, f"admin-hours-pool-{language}")
        await page.locator("#exceptions ~ details summary").click()
        await page.locator("#first-day").fill("2099-12-02")
        await page.locator("#exception-ar").fill("عطلة")
        await page.locator("#exception-en").fill("Holiday")
        await page.locator("input[name=closed]").check()
        await next_page(page, page.locator("#add-exception"), f"admin-hours-closed-{language}")
        await expect(page.get_by_test_id("exceptions")).to_contain_text("02/12/2099")
        await next_page(page, page.locator("a.person-link").first, f"admin-hours-person-{language}")
        assert problems == []
