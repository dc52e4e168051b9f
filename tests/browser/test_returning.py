"""A reload and Android's Back are part of every call: one returns, the other asks first."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, screenshot, sound_is_heard, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line


async def test_reload_returns_to_the_call_and_back_asks_first(server, browser):
    async with phone(browser) as context, desktop(browser) as agents:
        customer, agent = await context.new_page(), await agents.new_page()
        await wait_in_line(customer, server.links["links"]["now"])
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        remote = customer.get_by_test_id("remote-tile").locator("video")
        await video_moves(remote)

        # The customer's page reloads: nothing is asked again, both see each other.
        await customer.reload()
        await expect(customer.get_by_test_id("section-call")).to_be_visible()
        await video_moves(remote)
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))

        # So does the agent's.
        await agent.reload()
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await video_moves(remote)

        # Back asks, and staying keeps the call.
        await customer.go_back()
        await expect(customer.get_by_test_id("leave-dialog")).to_be_visible()
        await screenshot(customer, "customer-back-ar")
        await customer.get_by_test_id("leave-no").click()
        await expect(customer.get_by_test_id("section-call")).to_be_visible()
        await video_moves(remote)

        # Leaving is a choice, and coming back is offered.
        await customer.get_by_test_id("leave").click()
        await customer.get_by_test_id("leave-yes").click()
        await expect(customer.get_by_test_id("section-left")).to_be_visible()
        await screenshot(customer, "customer-left-ar", full_page=True)
        # A reload alone brings nobody back; who comes back is not asked again how to talk.
        await customer.reload()
        await expect(customer.get_by_test_id("section-left")).to_be_visible()
        await customer.get_by_test_id("rejoin").click()
        await expect(customer.get_by_test_id("section-waiting")).to_be_visible()
        await video_moves(customer.get_by_test_id("waiting-tile").locator("video"))


# What browsers do with sound that nobody has pressed for.
REFUSE_SOUND = """(() => {
  const { play } = HTMLMediaElement.prototype;
  window.refusesSound = true;
  HTMLMediaElement.prototype.play = function () {
    if (this instanceof HTMLAudioElement && window.refusesSound) {
      return Promise.reject(new DOMException('not allowed', 'NotAllowedError'));
    }
    return play.call(this);
  };
})()"""


@pytest.mark.long
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_sound_that_the_phone_stopped_goes_on_and_one_that_it_refuses_is_asked_for(
    server, browser, language
):
    async with phone(browser, language=language) as context, desktop(browser) as agents:
        customer, agent = await context.new_page(), await agents.new_page()
        await wait_in_line(customer, f"{server.links['links']['now']}?lang={language}")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        tile = customer.get_by_test_id("remote-tile")
        await video_moves(tile.locator("video"))

        # As for a phone's own call: everything that plays is stopped.
        await tile.evaluate("(tile) => tile.querySelectorAll('audio, video').forEach((each) => each.pause())")
        await video_moves(tile.locator("video"))
        await sound_is_heard(tile.locator("audio"))

        # A page that is loaded anew may not make a sound until somebody presses.
        await customer.add_init_script(REFUSE_SOUND)
        await customer.reload()
        hear = tile.get_by_role("button")
        await expect(hear).to_be_visible()
        await expect(hear).not_to_be_empty()
        assert await axe_findings(customer) == []
        await screenshot(customer, f"customer-sound-refused-{language}")
        await customer.evaluate("window.refusesSound = false")
        await hear.click()
        await expect(hear).to_be_hidden()
        await sound_is_heard(tile.locator("audio"))


# As a phone does for a call of its own; some never give the device back by themselves.
TAKE = """(video, kind) => {
  const [track] = video.srcObject.getTracks().filter((each) => each.kind === kind);
  Object.defineProperty(track, 'muted', { value: true });
  track.dispatchEvent(new Event('mute'));
}"""


@pytest.mark.long
async def test_a_device_that_the_phone_took_is_had_back_by_its_button(server, browser):
    async with phone(browser, language="en") as context, desktop(browser) as agents:
        customer, agent = await context.new_page(), await agents.new_page()
        await wait_in_line(customer, f"{server.links['links']['now']}?lang=en")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await expect(customer.get_by_test_id("open-more")).to_be_enabled()
        notes = customer.get_by_test_id("call-notes")
        for kind, button, said in (
            ("video", "toggle-camera", "paused the camera"),
            ("audio", "toggle-microphone", "can't be heard"),
        ):
            await customer.locator("#self-tile video").evaluate(TAKE, kind)
            await expect(notes).to_contain_text(said)
            await expect(customer.get_by_test_id(button)).to_have_attribute("data-off", "")
            await customer.get_by_test_id(button).click()
            await expect(notes).to_be_empty()
            await expect(customer.get_by_test_id(button)).not_to_have_attribute("data-off", "")
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await sound_is_heard(agent.get_by_test_id("remote-video").locator("audio"))
