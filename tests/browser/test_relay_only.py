"""Where media may only go over a relay, no browser tells another its address: with a real coturn."""

from __future__ import annotations

import re

from tests.support.browser import Frames, desktop, phone, video_moves
from tests.support.consultation import consultation
from tests.support.coturn import SECRET, coturn
from tests.support.server import server
from tests.support.visits import call_in, sign_in, wait_in_line

# Keeps what the page connects with, for its figures.
KEPT = """() => {
  const Real = RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
    }
  };
}"""
PAIR = """async () => {
  for (const connection of window.connections) {
    const stats = new Map(await connection.getStats());
    const transport = [...stats.values()].find((each) => each.type === 'transport');
    const pair = stats.get(transport?.selectedCandidatePairId);
    if (pair) {
      const ends = [pair.localCandidateId, pair.remoteCandidateId];
      return ends.map((id) => stats.get(id).candidateType);
    }
  }
  return [];
}"""


SIGNALS = {"offer", "answer", "candidate"}


async def test_nothing_but_relay_candidates_is_sent_and_media_goes_over_two_relays(tmp_path, browser):
    frames = Frames()
    async with (
        coturn(tmp_path) as turn,
        server(tmp_path, ice_policy="relay", turn_urls=turn.udp, turn_secret=SECRET) as house,
        phone(browser) as home,
        desktop(browser) as office,
    ):
        known = await consultation(house)
        customer, agent = await home.new_page(), await office.new_page()
        for page, who in ((customer, "customer"), (agent, "agent")):
            await page.add_init_script(f"({KEPT})()")
            frames.watch(page, who)
        await wait_in_line(customer, known.links["links"]["now"])
        await sign_in(agent, known, "agent")
        await call_in(agent, known, known.links["appointments"]["now"])
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        for page in (customer, agent):
            assert await page.evaluate(PAIR) == ["relay", "relay"]
    signals = [
        frame.message
        for frame in frames.seen
        if frame.direction == "sent" and frame.message["type"] in SIGNALS
    ]
    said = "\n".join(f"{each.get('sdp', '')}\n{each.get('candidate', '')}" for each in signals)
    kinds = re.findall(r"candidate:.* typ (\w+)", said)
    assert len(kinds) >= 2
    assert set(kinds) == {"relay"}
    assert set(re.findall(r"raddr (\S+)", said)) <= {"0.0.0.0", "::"}, "nor where the relay was asked from"
