"""An administrator makes a key and takes it back; somebody invited by that key's API chooses a time."""

from __future__ import annotations

import aiohttp
import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot
from tests.support.visits import sign_in

WHY = {"ar": "أُعيد طلبك لاستكمال المستندات.", "en": "Your request was returned: two documents are missing."}


async def looks_right(page, name):
    assert await axe_findings(page) == [], name
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    await screenshot(page, name, full_page=True)


async def make_a_key(page, server, language):
    await page.goto(f"{server.base}/?lang={language}")
    await sign_in(page, server, "admin")
    await page.goto(f"{server.base}/admin/api-keys")
    await page.get_by_test_id("add-submit").click()
    await expect(page.locator("#field-name-error")).to_be_visible()
    await looks_right(page, f"api-keys-faulty-{language}")
    await page.fill("#field-name", "نظام الرخص / Permits")
    await page.locator("input[value='invitations:write']").check()
    await page.get_by_test_id("add-submit").click()
    secret = await page.get_by_test_id("secret").inner_text()
    await looks_right(page, f"api-keys-made-{language}")
    return secret


async def invited(server, secret, language):
    body = {
        "service": "agricultural-guidance",
        "customer": {"name": "متعامل 9", "phone": "+971500000009", "language": language},
        "request_number": "BP-20417",
        f"reason_{language}": WHY[language],
    }
    headers = {"Authorization": f"Bearer {secret}"}
    async with (
        aiohttp.ClientSession(server.base, headers=headers) as api,
        api.post("/api/v1/invitations", json=body) as response,
    ):
        assert response.status == 201, await response.text()
        return (await response.json())["url"]


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_key_invites_and_who_is_invited_chooses_a_time(server, browser, language):
    async with desktop(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        secret = await make_a_key(page, server, language)
        url = await invited(server, secret, language)
        async with phone(browser, language=language) as pocket:
            theirs = await pocket.new_page()
            await theirs.goto(url)
            await expect(theirs.get_by_test_id("invitation-reason")).to_contain_text(WHY[language])
            await looks_right(theirs, f"invited-{language}")
            await theirs.locator("#choose-time").click()
            await theirs.locator("a.time").first.click()
            await expect(theirs.get_by_test_id("known-contact")).to_contain_text("009")
            await looks_right(theirs, f"invited-details-{language}")
            await theirs.locator("input[name=mode][value=sound]").check(force=True)
            await theirs.locator("#terms").check()
            await theirs.locator("#details-submit").click()
            digits = await theirs.locator("#demo-code").inner_text()
            await theirs.fill("#code", "".join(letter for letter in digits if letter.isdigit()))
            await theirs.locator("#code-submit").click()
            await theirs.wait_for_url("**/booked")
            await theirs.goto(url)
            await looks_right(theirs, f"invited-used-{language}")
        await page.goto(f"{server.base}/admin/api-keys")
        row = page.get_by_test_id("key-row").filter(has_text="Permits")
        await row.locator("summary").click()
        await row.get_by_test_id("revoke").click()
        await expect(row.get_by_test_id("revoke")).to_have_count(0)
        await looks_right(page, f"api-keys-{language}")
        assert problems == [problem for problem in problems if "422" in problem]
