"""A call that outlasts its TURN credentials, in browsers over a real coturn: what goes on, what is mended.

The credentials that the page is told are made to run out within seconds on their way to it.
"""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from signaling.turn import turn_credentials
from tests.support.browser import desktop, phone, video_moves
from tests.support.consultation import consultation
from tests.support.coturn import SECRET, coturn
from tests.support.server import server
from tests.support.visits import call_in, sign_in, wait_in_line

LIFETIME_S = 25  # from before the pages are opened

KEPT = """(() => {
  const Real = RTCPeerConnection;
  window.connections = [];
  window.found = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
      this.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.candidate) window.found.push(candidate.usernameFragment);
      });
    }
  };
})()"""
NOTE = """() => {
  window.fragment = () => /a=ice-ufrag:(\\S+)/.exec(window.connections.at(-1).localDescription.sdp)[1];
  window.before = window.fragment();
  window.found = [];
}"""
RESTART = "() => window.connections.at(-1).restartIce()"
GATHERED = """() => {
  const { iceGatheringState, signalingState } = window.connections.at(-1);
  const fragment = window.fragment();
  if (fragment === window.before || iceGatheringState !== 'complete') return null;
  if (signalingState !== 'stable') return null;
  return { candidates: window.found.filter((each) => each === fragment).length };
}"""


class Line:
    """One page's line to the server, with credentials of its own making in what the page is told."""

    def __init__(self) -> None:
        self.expires_at = int(time.time()) + LIFETIME_S
        self._route = None
        self._servers: list[dict] = []

    async def carry(self, page) -> None:
        """Stand between the page and the server."""
        await page.route_web_socket("**/signal?*", self._connected)

    def renew(self) -> None:
        """Tell the page credentials that are good for long."""
        assert self._route is not None
        fresh = self._with_credentials(int(time.time()) + 600)
        self._route.send(json.dumps({"type": "iceServers", "iceServers": fresh}))

    def _connected(self, route) -> None:
        self._route = route
        server_side = route.connect_to_server()
        route.on_message(server_side.send)
        server_side.on_message(lambda text: route.send(self._changed(text)))

    def _changed(self, text: str) -> str:
        message = json.loads(text)
        if message["type"] == "welcome":
            self._servers = message["iceServers"]
            message["iceServers"] = self._with_credentials(self.expires_at)
        return json.dumps(message)

    def _with_credentials(self, expires_at: int) -> list[dict]:
        made = turn_credentials(SECRET, "somebody", now_s=expires_at, lifetime_s=0)
        own = {"username": made.username, "credential": made.credential}
        return [{**one, **(own if "username" in one else {})} for one in self._servers]


async def restart(agent, customer) -> list[int]:
    """Mend the path from the agent's side; how many candidates each of them finds for that."""
    pages = (agent, customer)
    for page in pages:
        await page.evaluate(NOTE)
    await agent.evaluate(RESTART)
    found = [await page.wait_for_function(GATHERED) for page in pages]
    return [(await one.json_value())["candidates"] for one in found]


@pytest.mark.long
async def test_a_call_goes_on_when_its_credentials_run_out_and_can_be_mended_with_new_ones(tmp_path, browser):
    async with (
        coturn(tmp_path) as turn,
        server(tmp_path, ice_policy="relay", turn_urls=turn.udp, turn_secret=SECRET) as house,
        phone(browser) as home,
        desktop(browser) as office,
    ):
        known = await consultation(house)
        customer, agent = await home.new_page(), await office.new_page()
        lines = [Line(), Line()]
        for page, line in zip((customer, agent), lines, strict=True):
            await page.add_init_script(KEPT)
            await line.carry(page)
        await wait_in_line(customer, known.links["links"]["now"])
        await sign_in(agent, known, "agent")
        await call_in(agent, known, known.links["appointments"]["now"])
        pictures = [
            customer.get_by_test_id("remote-tile").locator("video"),
            agent.get_by_test_id("remote-video").locator("video"),
        ]
        for picture in pictures:
            await video_moves(picture)
        assert time.time() < lines[0].expires_at, "the call began in time"
        await asyncio.sleep(lines[0].expires_at + 2 - time.time())

        # What is there goes on, and nothing new can be had.
        for picture in pictures:
            await video_moves(picture)
        assert await restart(agent, customer) == [0, 0]
        for picture in pictures:
            await video_moves(picture)

        # With new ones the very same connection finds new ways.
        for line in lines:
            line.renew()
        assert min(await restart(agent, customer)) > 0
        for picture in pictures:
            await video_moves(picture)
