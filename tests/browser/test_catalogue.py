"""Finding a service on a phone, and keeping the catalogue on a desktop."""

from __future__ import annotations

import pytest

from tests.browser.test_every_page import look_at, visit
from tests.support.browser import desktop, phone, problems_of
from tests.support.visits import sign_in

PAGES = {
    "areas": "/services",
    "area": "/services?area=drainage",
    "found": "/services?q=pest",
    "near": "/services?q=kite+party",
    "nothing": "/services?q=passport",
    "example": "/services/unified-site-plan",
    "plain": "/services/pet-registration",
}
LATER = "/services/refund-fees"
WORDS = {"ar": ("دود ال", "نخل"), "en": ("palm ", "weevil")}
KEPT = ("", "/unified-site-plan/edit", "/new", "/file", "/searches", "/demand")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_customer_finds_a_service_while_typing_and_asks_to_be_told_of_a_later_one(
    server, browser, language
):
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/services?lang={language}")
        for name, path in PAGES.items():
            await visit(page, server.base + path, f"services-{name}-{language}")
        await page.goto(f"{server.base}/services")
        beginning, rest = WORDS[language]
        await page.get_by_test_id("q").press_sequentially(beginning)
        await page.get_by_test_id("q").press_sequentially(rest)
        service = page.locator('[data-id="home-agricultural-pest-control"]')
        await service.wait_for()
        await page.wait_for_function("() => new URL(location).searchParams.get('q')?.length > 8")
        assert await page.get_by_test_id("q").evaluate("input => input === document.activeElement")
        await service.click()
        await page.wait_for_url("**/services/home-agricultural-pest-control")
        await page.go_back()
        await service.wait_for()  # the address kept what was found
        await visit(page, server.base + LATER, f"services-later-{language}")
        await page.locator("#field-contact").fill("\u0665\u0660 \u0661\u0662\u0663 4567")
        await page.locator("#agreed").check()
        await page.locator("#tell-me-submit").click()
        await page.get_by_role("status").wait_for()
        await look_at(page, f"services-told-{language}")
        assert problems == []


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_administrator_sees_what_people_miss_and_mends_the_catalogue(server, browser, language):
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.goto(f"{server.base}/services?q=hoverboard&lang={language}")
        await page.goto(f"{server.base}{LATER}")
        await page.locator("#field-contact").fill("one@example.org")
        await page.locator("#agreed").check()
        await page.locator("#tell-me-submit").click()
        await page.goto(f"{server.base}/staff/sign-in")
        await sign_in(page, server, "admin")
        for path in KEPT:
            name = path.strip("/").replace("/", "-") or "list"
            await visit(page, f"{server.base}/admin/services{path}", f"admin-services-{name}-{language}")
        await page.goto(f"{server.base}/admin/services/pet-registration/edit")
        await page.locator("#aliases_en").fill("dog; cat; hoverboard")
        await page.locator("#save").click()
        await page.get_by_role("status").wait_for()
        await page.goto(f"{server.base}/services?q=hoverboard")
        await page.locator('[data-id="pet-registration"]').wait_for()
        await page.goto(f"{server.base}/admin/services/file")
        await page.locator("#file").set_input_files(
            {"name": "services.csv", "mimeType": "text/csv", "buffer": b"id,phase\nA,1\n"}
        )
        await page.locator("#take-submit").click()
        await page.get_by_test_id("faults").wait_for()
        await look_at(page, f"admin-services-faults-{language}")
        assert [problem for problem in problems if "422" not in problem] == []
