"""A picture that gives way to a weak network, in words on both sides, and comes back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import desktop, phone, video_moves
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
