"""A picture that gives way to a weak network, in words on both sides, and comes back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, screenshot, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line

# What the other side says of what it got is made up here; what follows from it is real. The networks of
# tests/net lose packets in earnest.
TOLD = """() => {
  window.loss = 0;
  const real = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function () {
    const report = await real.call(this);
    return new Map([...report].map(([id, stat]) => [
      id, stat.type === 'remote-inbound-rtp' ? { ...stat, fractionLost: window.loss } : stat,
    ]));
  };
}"""

WHOLE = 640
WIDTH = "document.querySelector('#remote video').videoWidth"


@pytest.mark.long
async def test_a_picture_becomes_smaller_on_a_lossy_line_and_is_itself_again_after_it(server, browser):
    async with phone(browser, language="en") as home, desktop(browser, language="en") as office:
        customer, agent = await home.new_page(), await office.new_page()
        await customer.add_init_script(f"({TOLD})()")
        await wait_in_line(customer, f"{server.links['links']['now']}?lang=en")
        await agent.goto(f"{server.base}/staff/sign-in?lang=en")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await video_moves(agent.locator("#remote video"))
        await agent.wait_for_function(f"() => {WIDTH} === {WHOLE}")  # a call begins cautiously
        await customer.evaluate("window.loss = 0.3")
        await expect(customer.get_by_test_id("call-notes")).to_contain_text(
            "your picture is smaller", timeout=15_000
        )
        await expect(agent.get_by_test_id("call-notes")).to_contain_text("the picture is smaller")
        await customer.evaluate("window.loss = 0")
        await agent.wait_for_function(f"() => {WIDTH} > 0 && {WIDTH} <= {WHOLE} / 2")
        await video_moves(agent.locator("#remote video"))
        for page in (customer, agent):
            await expect(page.get_by_test_id("call-notes")).to_be_empty(timeout=20_000)
        await agent.wait_for_function(f"() => {WIDTH} === {WHOLE}")


# A network that lets no call through: nothing but relays, of which there are none.
NOTHING_PASSES = """(() => {
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      const none = { ...configuration, iceTransportPolicy: 'relay', iceServers: [] };
      super(window.passes ? configuration : none);
    }
  };
})()"""


@pytest.mark.long
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_nobody_is_left_connecting_for_ever_where_nothing_comes_through(server, browser, language):
    async with phone(browser, language=language) as home, desktop(browser, language=language) as office:
        customer, agent = await home.new_page(), await office.new_page()
        await customer.add_init_script(NOTHING_PASSES)
        await wait_in_line(customer, f"{server.links['links']['now']}?lang={language}")
        await agent.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        for page in (customer, agent):
            await expect(page.get_by_test_id("lost")).to_be_visible(timeout=40_000)
            assert await axe_findings(page) == []
            wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0
        await screenshot(customer, f"call-nothing-passes-phone-{language}")
        await screenshot(agent, f"call-nothing-passes-desktop-{language}")
        await expect(agent.get_by_test_id("lost").get_by_role("link")).to_be_visible()
        await expect(agent.get_by_test_id("connection")).not_to_have_attribute("data-state", "connected")

        # Another network lets them meet, and the words go.
        await customer.evaluate("window.passes = true")
        for page in (customer, agent):
            await expect(page.get_by_test_id("lost")).to_be_hidden(timeout=60_000)
        await video_moves(agent.locator("#remote video"))

        # Who would rather be telephoned is one press away from it.
        await customer.evaluate("window.passes = false")
        await customer.reload()
        await expect(customer.get_by_test_id("lost")).to_be_visible(timeout=40_000)
        await customer.get_by_test_id("lost").get_by_test_id("ask-call-back").click()
        await expect(customer.get_by_test_id("call-back")).to_be_visible()
