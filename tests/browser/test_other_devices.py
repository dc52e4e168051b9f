"""Where a call goes on when this device can't: at a proven phone, at a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, screenshot, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line

IN_APP = (
    "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/126.0 Mobile Safari/537.36 Instagram 330.0"
)
NO_CAMERA = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined })"

CAMERA_KEPT = """MediaDevices.prototype.getUserMedia = async () => {
  throw new DOMException('', 'NotAllowedError');
}"""


async def test_an_apps_own_view_leads_to_a_real_browser_as_the_same_person(server, browser):
    link = server.links["links"]["now"]
    async with phone(browser, user_agent=IN_APP) as view, phone(browser) as real:
        await view.add_init_script(NO_CAMERA)
        page, other = await view.new_page(), await real.new_page()
        await page.goto(link)
        await expect(page.locator("#browser-trouble")).to_be_visible()
        await page.get_by_test_id("continue").click()
        await expect(page.get_by_test_id("section-browser")).to_be_visible()
        await page.get_by_test_id("browser-copy").click()
        field = page.get_by_test_id("browser-link")
        await expect(field).to_be_visible()
        await screenshot(page, "in-app-ar", full_page=True)
        assert await axe_findings(page) == []
        url = await field.input_value()
        assert url.startswith(f"{server.base}/h/")
        # On Android one press opens Chrome; there is none here, so the page stays, with a fresh link.
        await page.get_by_test_id("browser-chrome").click()
        await expect(field).not_to_have_value(url)
        fresh = await field.input_value()
        await expect(page.get_by_test_id("section-browser")).to_be_visible()

        await other.goto(url)  # the new link made the first one void
        await expect(other.get_by_test_id("stop-device")).to_be_visible()
        await wait_in_line(other, fresh)


@pytest.mark.long
async def test_an_apps_own_view_that_keeps_the_camera_to_itself_leads_there_too(server, browser):
    async with phone(browser, user_agent=IN_APP) as view, phone(browser) as real:
        await view.add_init_script(CAMERA_KEPT)
        page, other = await view.new_page(), await real.new_page()
        await page.goto(server.links["links"]["now"])
        await page.get_by_test_id("continue").click()
        await expect(page.get_by_test_id("section-browser")).to_be_hidden()
        await page.get_by_test_id("choose-video").click()
        await expect(page.get_by_test_id("section-browser")).to_be_visible()
        await expect(page.get_by_test_id("enter-without")).to_be_visible()
        await page.get_by_test_id("browser-copy").click()
        field = page.get_by_test_id("browser-link")
        await expect(field).to_be_visible()
        await screenshot(page, "in-app-denied-ar", full_page=True)
        assert await axe_findings(page) == []
        await wait_in_line(other, await field.input_value())

        # Whoever stays here listens and writes.
        await page.get_by_test_id("enter-without").click()
        await expect(page.get_by_test_id("section-browser")).to_be_hidden()


async def test_digits_to_the_phone_move_the_call_when_the_first_device_is_dead(server, browser):
    link, appointment = server.links["links"]["now"], server.links["appointments"]["now"]
    async with phone(browser) as first, phone(browser) as second, desktop(browser) as office:
        old, new, agent = [await one.new_page() for one in (first, second, office)]
        await wait_in_line(old, link)
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await old.close()
        await new.goto(link)
        await new.get_by_test_id("continue").click()
        await new.get_by_test_id("choose-video").click()
        await new.get_by_test_id("enter").click()
        await expect(new.get_by_test_id("section-asking")).to_be_visible()
        await new.get_by_test_id("prove-start").click()
        await expect(new.get_by_test_id("prove-digits")).to_be_visible()
        await screenshot(new, "prove-phone-ar", full_page=True)
        assert await axe_findings(new) == []
        await new.get_by_test_id("prove-digits").fill("000000x")
        await new.get_by_test_id("prove-submit").click()
        await expect(new.get_by_test_id("prove-said")).not_to_be_empty()
        outbox = await second.new_page()
        await outbox.goto(f"{server.base}/dev/outbox")
        [digits, *_] = re.findall(
            r"(?<!\d)\d{6}(?!\d)", await outbox.get_by_test_id("message").first.inner_text()
        )
        await new.get_by_test_id("prove-digits").fill(digits)
        await new.get_by_test_id("prove-submit").click()
        await video_moves(new.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
