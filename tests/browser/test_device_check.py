"""The check on a phone: one tap, 20 seconds, a verdict with one thing to do; the agent sees it too."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, phone, problems_of, screenshot
from tests.support.consultation import consultation
from tests.support.coturn import SECRET, coturn
from tests.support.server import server as serving_alone
from vap_meet.tls import lan_address

LEVELS = ["good", "fair", "poor"]

# What is played that nobody sees on the page: the sound that came back, which nobody is to hear.
COLLECT_PLAYED = """(() => {
  window.played = [];
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    const { muted, srcObject } = this;
    if (!this.isConnected) window.played.push({ muted, sounds: srcObject?.getAudioTracks().length });
    return play.call(this);
  };
})()"""


async def enter(page, server, key: str, language: str) -> str:
    """Open a link, accept the notice; returns the visit's address."""
    await page.goto(f"{server.links['links'][key]}?lang={language}")
    await page.get_by_test_id("continue").click()
    await page.wait_for_url("**/v/**")
    return page.url


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_one_tap_checks_everything_within_twenty_seconds(server, browser, language):
    async with phone(browser, language=language) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await page.add_init_script(COLLECT_PLAYED)
        visit = await enter(page, server, "early", language)
        await page.goto(f"{visit}check")
        assert await axe_findings(page) == []
        await screenshot(page, f"check-before-{language}", full_page=True)

        tapped = time.monotonic()
        await page.get_by_test_id("choose-video").click()
        async with page.expect_request("**/device-check", timeout=20_000) as told:
            await page.get_by_test_id("speaker-yes").click()
        verdict = page.get_by_test_id("check-verdict")
        await expect(verdict).to_be_visible(timeout=20_000)
        assert time.monotonic() - tapped < 20

        assert await verdict.get_attribute("data-level") in LEVELS
        for part in ("camera", "microphone", "speaker"):
            await expect(page.get_by_test_id(f"check-{part}")).to_have_attribute("data-mark", "ok")
        network = page.get_by_test_id("check-network")
        assert await network.get_attribute("data-mark") in {"ok", "trouble"}, "the real echo was reached"
        [path] = (await told.value).post_data_json["paths"]
        assert (path["connected"], path["sound_back"]) == (True, True), path
        assert path["sound_loss_percent"] is not None
        assert await page.evaluate("played") == [{"muted": True, "sounds": 1}]
        assert await axe_findings(page) == []
        wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0
        await screenshot(page, f"check-done-{language}", full_page=True)
        assert problems == []


async def test_the_preview_never_waits_for_the_check_and_going_on_ends_it(server, browser):
    async with phone(browser) as context:
        page = await context.new_page()
        problems = problems_of(page)
        await enter(page, server, "now", "en")
        await page.get_by_test_id("choose-sound").click()
        await expect(page.get_by_test_id("enter")).to_be_enabled()
        async with page.expect_request("**/echo") as asked:
            await page.get_by_test_id("check-start").click()
        offer = (await asked.value).post_data_json["sdp"]
        assert "m=audio" in offer
        assert "m=video" not in offer, "how a picture would do is nothing to who chose sound alone"
        await expect(page.get_by_test_id("check-network")).to_have_attribute("data-mark", "busy")
        await screenshot(page, "check-preview-en", full_page=True)
        await page.get_by_test_id("enter").click()
        await expect(page.get_by_test_id("section-waiting")).to_be_visible()
        assert problems == []


@pytest.mark.long
async def test_where_a_call_goes_over_a_relay_sound_and_picture_are_sent_over_the_quickest(tmp_path, browser):
    async with (
        coturn(tmp_path, relay_address=lan_address()) as turn,  # the echo has no loopback candidates
        serving_alone(
            tmp_path, ice_policy="relay", turn_urls=f"{turn.udp},{turn.tcp}", turn_secret=SECRET
        ) as house,
        phone(browser, language="en") as context,
    ):
        page = await context.new_page()
        visit = await enter(page, await consultation(house), "now", "en")
        await page.goto(f"{visit}check")
        async with page.expect_request("**/device-check", timeout=30_000) as told:
            await page.get_by_test_id("choose-video").click()
        paths = (await told.value).post_data_json["paths"]
        assert [path["way"] for path in paths] == ["udp", "tcp"]
        assert all(path["connected"] for path in paths)
        [used] = [path for path in paths if path["sound_back"] is not None]
        assert used["sound_back"] is True
        assert used["frames_per_second"] is not None
