"""What two people in a call can do besides being seen and heard, on a phone and a desktop."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from tests.support.browser import (
    Frames,
    axe_findings,
    chromium,
    desktop,
    phone,
    problems_of,
    screenshot,
    sound_is_heard,
    video_moves,
)
from tests.support.visits import call_in, sign_in, wait_in_line

# A picture's size and a few of its pixels, now and half a second later: does it move?
MOVED = """async (video) => {
  const canvas = new OffscreenCanvas(32, 18);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const look = async () => {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    context.drawImage(video, 0, 0, 32, 18);
    return [...context.getImageData(0, 0, 32, 18).data];
  };
  const before = await look();
  await new Promise((resolve) => setTimeout(resolve, 700));
  const after = await look();
  return before.filter((value, i) => Math.abs(value - after[i]) > 40).length;
}"""
STILL, MOVING = 8, 9
# The bar with which a browser says that the screen is shared ends the track, which tells the page so.
KEEP_SHARED = """() => {
  const { getDisplayMedia } = MediaDevices.prototype;
  MediaDevices.prototype.getDisplayMedia = async function (...given) {
    window.shared = await getDisplayMedia.apply(this, given);
    return window.shared;
  };
}"""
CLOSES_THE_QUESTION = """() => {
  const refuse = async () => { throw new DOMException('', 'NotAllowedError'); };
  MediaDevices.prototype.getDisplayMedia = refuse;
}"""
STOP_BY_BAR = """() => {
  const [track] = window.shared.getTracks();
  track.stop();
  track.dispatchEvent(new Event('ended'));
}"""


@asynccontextmanager
async def in_call(server, browser, language="ar", frames=None, choice="video"):
    """Give the customer's page and the agent's, both in the call, with their menus ready."""
    async with phone(browser, language=language) as home, desktop(browser, language=language) as office:
        customer, agent = await home.new_page(), await office.new_page()
        problems = problems_of(customer), problems_of(agent)
        if frames:
            frames.watch(customer, "customer")
            frames.watch(agent, "agent")
        link = server.links["links"]["now"]
        await wait_in_line(customer, f"{link}?lang={language}", choice=choice)
        await agent.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        for page in (customer, agent):
            await expect(page.get_by_test_id("open-more")).to_be_enabled()
        yield customer, agent
        assert problems == ([], [])


def remote(page):
    """Return the video of the other side, on either page."""
    return page.locator("#remote-tile video, #remote video")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_customer_shows_a_document_holds_the_picture_and_is_seen_again(server, browser, language):
    frames = Frames()
    async with in_call(server, browser, language, frames) as (customer, agent):
        await customer.get_by_test_id("open-more").click()
        await screenshot(customer, f"call-more-phone-{language}")
        assert await axe_findings(customer) == []
        await customer.get_by_test_id("show-document").click()
        await expect(customer.get_by_test_id("more-sheet")).to_be_hidden()
        await expect(agent.get_by_test_id("call-notes")).not_to_be_empty()
        await expect(agent.locator("#remote")).to_have_attribute("data-whole", "")
        await expect(customer.get_by_test_id("document-bar")).to_be_visible()
        await video_moves(remote(agent))
        await screenshot(customer, f"call-document-phone-{language}")
        await customer.get_by_test_id("document-freeze").click()
        await expect(customer.get_by_test_id("document-freeze")).to_have_attribute("aria-pressed", "true")
        await agent.wait_for_function(
            f"async () => await ({MOVED})(document.querySelector('#remote video')) < {STILL}"
        )
        await expect(agent.locator("#remote .vap-tile__note")).not_to_be_empty()
        await screenshot(customer, f"call-frozen-phone-{language}")
        await screenshot(agent, f"call-frozen-desktop-{language}")
        assert await axe_findings(customer) == []
        await customer.get_by_test_id("document-freeze").click()
        await expect(agent.locator("#remote .vap-tile__note")).to_be_empty()
        await video_moves(remote(agent))
        await customer.get_by_test_id("document-stop").click()
        await expect(agent.get_by_test_id("call-notes")).to_be_empty()
        await expect(agent.locator("#remote")).not_to_have_attribute("data-whole", "")
        await video_moves(remote(agent))
        await expect(customer.get_by_test_id("document-bar")).to_be_hidden()
    assert frames.faults() == []


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_agent_shares_the_screen_by_key_until_it_ends(server, browser, language):
    async with in_call(server, browser, language) as (customer, agent):
        await agent.keyboard.press("KeyO")
        await expect(agent.get_by_test_id("more-sheet")).to_be_visible()
        await screenshot(agent, f"call-more-desktop-{language}")
        assert await axe_findings(agent) == []
        await agent.keyboard.press("Escape")
        await expect(agent.get_by_test_id("more-sheet")).to_be_hidden()
        await expect(agent.get_by_test_id("open-more")).to_be_focused()
        await agent.keyboard.press("KeyS")
        await expect(customer.get_by_test_id("call-notes")).not_to_be_empty()
        await expect(customer.locator("#remote-tile")).to_have_attribute("data-whole", "")
        await screenshot(customer, f"call-shared-phone-{language}")
        await agent.keyboard.press("KeyS")
        await expect(customer.get_by_test_id("call-notes")).to_be_empty()
        await video_moves(remote(customer))


@pytest.mark.long
async def test_what_the_browser_itself_stops_sharing_gives_way_to_the_camera(server, browser):
    async with in_call(server, browser, "en") as (customer, agent):
        await agent.evaluate(KEEP_SHARED)
        await agent.keyboard.press("KeyS")
        await expect(customer.locator("#remote-tile")).to_have_attribute("data-whole", "")
        await agent.evaluate(STOP_BY_BAR)
        await expect(customer.get_by_test_id("call-notes")).to_be_empty()
        await expect(customer.locator("#remote-tile")).not_to_have_attribute("data-whole", "")
        await video_moves(remote(customer))
        await agent.get_by_test_id("open-more").click()
        await expect(agent.get_by_test_id("share-screen")).to_contain_text("Share the screen")
        await agent.keyboard.press("Escape")
        await agent.evaluate(CLOSES_THE_QUESTION)
        await agent.keyboard.press("KeyS")
        await expect(agent.get_by_test_id("announcement")).to_be_empty()
        await expect(customer.locator("#remote-tile")).not_to_have_attribute("data-whole", "")


@pytest.mark.long
async def test_the_customer_stays_in_sight_in_a_small_window(server, browser):
    async with in_call(server, browser, "en") as (customer, agent):
        await agent.keyboard.press("KeyP")
        apart = "() => document.pictureInPictureElement === document.querySelector('#remote video')"
        await agent.wait_for_function(apart)
        await agent.get_by_test_id("hold").click()
        await agent.get_by_test_id("resume").click()
        await video_moves(remote(agent))
        assert await agent.evaluate(apart), "the window outlasts a hold"
        await agent.keyboard.press("KeyP")
        await agent.wait_for_function("() => document.pictureInPictureElement === null")
        await expect(customer.locator("#picture-apart")).to_have_count(0)


@pytest.mark.long
async def test_another_microphone_and_another_camera_take_over_without_a_new_connection(server):
    frames = Frames()
    async with chromium(cameras=3) as browser, in_call(server, browser, frames=frames) as (customer, agent):
        await video_moves(remote(customer))
        offers = frames.types("sent").count("offer")
        await agent.get_by_test_id("open-more").click()
        await agent.get_by_test_id("devices").click()
        for choose in ("choose-camera", "choose-microphone", "choose-speaker"):
            select = agent.get_by_test_id(choose)
            await expect(select.locator("option")).not_to_have_count(0)
        await screenshot(agent, "call-devices-desktop-ar")
        assert await axe_findings(agent) == []
        own = "document.querySelector('#self video').srcObject.getTracks()"
        before = await agent.evaluate(f"{own}.map(({{ id }}) => id)")
        # The second of Chromium's fake cameras measures depth, the third stands still: there and back again.
        await agent.get_by_test_id("choose-microphone").select_option(index=1)
        for camera in (2, 0):
            await agent.get_by_test_id("choose-camera").select_option(index=camera)
            await agent.wait_for_function(
                f"(before) => {own}.filter(({{ id }}) => !before.includes(id)).length === 2", arg=before
            )
            before = await agent.evaluate(
                f"{own}.filter(({{ kind }}) => kind === 'video').map(({{ id }}) => id)"
            )
        await video_moves(remote(customer))
        await sound_is_heard(customer.locator("#remote-tile audio"))
        await expect(agent.get_by_test_id("announcement")).to_be_empty()
        assert frames.types("sent").count("offer") == offers
        speaker = agent.get_by_test_id("choose-speaker")
        await speaker.select_option(index=1)
        chosen = await speaker.input_value()
        await expect(agent.locator("#remote audio")).to_have_js_property("sinkId", chosen)
        await sound_is_heard(agent.locator("#remote audio"))
        await expect(agent.get_by_test_id("announcement")).to_be_empty()


@pytest.mark.long
async def test_who_began_with_sound_alone_has_both_cameras_as_soon_as_one_is_on(server):
    async with chromium(cameras=2) as browser, in_call(server, browser, choice="sound") as (customer, agent):
        await customer.get_by_test_id("open-more").click()
        flip = customer.get_by_test_id("flip-camera")
        await expect(customer.get_by_test_id("devices")).to_be_visible()
        await expect(flip).to_be_hidden()
        await customer.get_by_test_id("close-more").click()
        await customer.get_by_test_id("toggle-camera").click()
        await video_moves(remote(agent))
        await customer.get_by_test_id("open-more").click()
        # Neither of these says that it looks the other way: the one before comes back, and that is said.
        await flip.click()
        await expect(customer.locator("#announcement")).not_to_be_empty()
        await video_moves(remote(agent))
        await expect(agent.get_by_test_id("remote-video")).to_have_attribute("camera", "on")


async def test_sound_only_is_a_choice_and_never_shown_as_a_fault(server, browser):
    async with in_call(server, browser, "en", choice="sound") as (customer, agent):
        tile = agent.get_by_test_id("remote-video")
        await expect(tile).to_contain_text("Sound only")
        await expect(tile.locator(".vap-tile__microphone-off")).to_be_hidden()
        await video_moves(remote(customer))
        await screenshot(agent, "call-sound-only-desktop-en")


@pytest.mark.long
async def test_what_was_shown_ends_with_the_call_it_was_shown_in(server, browser):
    async with in_call(server, browser, "en") as (customer, agent):
        await customer.get_by_test_id("open-more").click()
        await customer.get_by_test_id("show-document").click()
        await expect(agent.locator("#remote")).to_have_attribute("data-whole", "")
        await agent.get_by_test_id("lobby").click()
        await expect(customer.get_by_test_id("section-waiting")).to_be_visible()
        await expect(customer.get_by_test_id("waiting-tile").locator("video")).not_to_have_js_property(
            "srcObject", None
        )
        await agent.get_by_test_id("call-in").click()
        await agent.get_by_test_id("confirm-submit").click()
        await video_moves(remote(agent))
        await expect(agent.locator("#remote")).not_to_have_attribute("data-whole", "")
        await expect(customer.get_by_test_id("document-bar")).to_be_hidden()
