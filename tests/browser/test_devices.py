"""Cameras that are refused or missing: said by kind, with sound only and another try."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import (
    axe_findings,
    chromium,
    desktop,
    phone,
    screenshot,
    sound_is_heard,
    video_moves,
)
from tests.support.visits import call_in, sign_in, wait_in_line

# Another program has the camera: the browser says no to it, and to nothing else.
CAMERA_BUSY = """() => {
  const { getUserMedia } = MediaDevices.prototype;
  window.busy = true;
  MediaDevices.prototype.getUserMedia = async function (wanted) {
    if (window.busy && wanted.video) throw new DOMException('no video source', 'NotReadableError');
    return getUserMedia.call(this, wanted);
  };
}"""
WORDS = {"ar": ("المتصفح لا يسمح باستخدام", "لم نجد"), "en": ("blocking", "No ")}


async def to_the_choice(page, server, language: str) -> None:
    await page.goto(f"{server.links['links']['now']}?lang={language}")
    await page.get_by_test_id("continue").click()
    await expect(page.get_by_test_id("section-preview")).to_be_visible()


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_refused_camera_is_explained_and_can_be_tried_again(server, language):
    async with chromium(allow=False) as browser, phone(browser, language=language) as context:
        page = await context.new_page()
        await to_the_choice(page, server, language)
        await page.get_by_test_id("choose-video").click()
        await expect(page.get_by_test_id("trouble")).to_contain_text(WORDS[language][0])
        assert await axe_findings(page) == []
        await screenshot(page, f"customer-denied-{language}", full_page=True)

        await context.grant_permissions(["camera", "microphone"])
        await page.get_by_test_id("trouble-again").click()
        await expect(page.get_by_test_id("device-ready")).to_be_visible()
        await expect(page.get_by_test_id("trouble")).to_be_hidden()


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_without_any_device_one_can_still_come_in_and_be_called(server, language):
    async with (
        chromium(camera_fps=None) as browser,
        phone(browser, language=language) as context,
        chromium() as other_browser,
        phone(other_browser) as agents,
    ):
        page = await context.new_page()
        await to_the_choice(page, server, language)
        await page.get_by_test_id("choose-video").click()
        await expect(page.get_by_test_id("trouble")).to_contain_text(WORDS[language][1])
        await screenshot(page, f"customer-no-device-{language}", full_page=True)
        await page.get_by_test_id("enter-without").click()
        await expect(page.get_by_test_id("section-waiting")).to_be_visible()

        agent = await agents.new_page()
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await expect(page.get_by_test_id("section-call")).to_be_visible()


async def test_choosing_sound_only_is_a_call_like_any_other(server, browser):
    async with phone(browser) as context, phone(browser) as agents:
        page, agent = await context.new_page(), await agents.new_page()
        await wait_in_line(page, server.links["links"]["now"], choice="sound")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await expect(page.get_by_test_id("section-call")).to_be_visible()
        # The agent's picture shows either way, and nothing on the page calls the choice a fault.
        await page.wait_for_function(
            "() => document.querySelector('#remote-tile video')?.videoWidth > 0", timeout=15_000
        )
        assert await page.locator(".notice--warning:visible, .notice--danger:visible").count() == 0
        await screenshot(page, "customer-sound-only-ar")


@pytest.mark.long
@pytest.mark.parametrize(("language", "said"), [("ar", "مستخدم"), ("en", "Another app")])
async def test_a_busy_camera_is_explained_and_sound_or_another_try_goes_on(server, browser, language, said):
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        await page.add_init_script(f"({CAMERA_BUSY})()")
        await to_the_choice(page, server, language)
        await page.get_by_test_id("choose-video").click()
        await expect(page.get_by_test_id("trouble")).to_contain_text(said)
        assert await axe_findings(page) == []
        await screenshot(page, f"customer-busy-{language}", full_page=True)
        await page.get_by_test_id("trouble-sound").click()
        await expect(page.get_by_test_id("device-ready")).to_be_visible()
        await expect(page.get_by_test_id("trouble")).to_be_hidden()
        await page.evaluate("window.busy = false")
        await page.get_by_test_id("choose-video").click()
        await video_moves(page.get_by_test_id("preview-tile").locator("video"))


@pytest.mark.long
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_agent_without_a_camera_is_told_and_calls_in_by_sound(server, browser, language):
    async with phone(browser) as home, desktop(browser, language=language) as office:
        customer, agent = await home.new_page(), await office.new_page()
        await agent.add_init_script(f"({CAMERA_BUSY})()")
        await wait_in_line(customer, server.links["links"]["now"])
        await agent.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        problem = agent.get_by_test_id("media-problem")
        await expect(problem).to_be_visible()
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await screenshot(agent, f"agent-busy-{language}")
        assert await axe_findings(agent) == []
        await agent.get_by_test_id("media-sound-only").click()
        await expect(problem).to_be_hidden()
        await sound_is_heard(customer.locator("#remote-tile audio"))
        await expect(customer.get_by_test_id("remote-tile")).to_have_attribute("camera", "none")
        # Still busy: the sound goes on. Free again: one press, and the customer sees them.
        await agent.get_by_test_id("camera").click()
        await expect(problem).to_be_visible()
        await sound_is_heard(customer.locator("#remote-tile audio"))
        await agent.evaluate("window.busy = false")
        await agent.get_by_test_id("camera").click()
        await expect(problem).to_be_hidden()
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
