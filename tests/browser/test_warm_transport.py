"""Before the admit the two are connected, and nothing that either is or says reaches the other.

What arrives is decoded where it arrives: each page looks at the frames of its own receivers and at the
energy of the sound, whatever the page itself shows. The last test breaks what holds them back, to see that
this looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from tests.support.browser import desktop, phone
from tests.support.visits import sign_in, wait_in_line

# Black is 16 of 255 in video, and encoders round; the fake camera's green is far above.
DARK = 40
FRAMES = 6

KEEP_CONNECTIONS = """() => {
  window.connections = [];
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super(configuration);
      window.connections.push(this);
    }
  };
}"""

# Waits for the path, then looks at `frames` frames that arrive over it, each pixel of each.
LOOK = """async (frames) => {
  const connected = () => connections.findLast(({ connectionState }) => connectionState === 'connected');
  while (!connected()) await new Promise((resolve) => setTimeout(resolve, 50));
  const receivers = connected().getReceivers();
  const track = receivers.find(({ track }) => track.kind === 'video').track;
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  await video.play();
  const canvas = new OffscreenCanvas(64, 36);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let brightest = 0;
  for (let seen = 0; seen < frames; seen += 1) {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    context.drawImage(video, 0, 0, 64, 36);
    const { data } = context.getImageData(0, 0, 64, 36);
    for (let i = 0; i < data.length; i += 1) if (i % 4 < 3) brightest = Math.max(brightest, data[i]);
  }
  video.srcObject = null;
  const stats = [...(await connected().getStats()).values()];
  const sound = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  return { brightest, sound: sound?.totalAudioEnergy ?? 0, samples: sound?.packetsReceived ?? 0 };
}"""


@dataclass(frozen=True)
class Arrived:
    """What a page decoded: its brightest value of 255, the energy of the sound, the packets of sound."""

    brightest: int
    sound: float
    samples: int


async def arrived(page) -> Arrived:
    """Decode what arrives at a page now."""
    return Arrived(**await page.evaluate(LOOK, FRAMES))


async def prepared(server, office, home):
    """Bring the two to the brink: chosen, connected, not admitted. Returns their pages."""
    customer, agent = await home.new_page(), await office.new_page()
    for page in (customer, agent):
        await page.add_init_script(f"({KEEP_CONNECTIONS})()")
    await wait_in_line(customer, server.links["links"]["now"])
    await sign_in(agent, server, "agent")
    await agent.goto(f"{server.base}/agent/appointments/{server.links['appointments']['now']}")
    await agent.get_by_test_id("call-in").click()
    await expect(customer.get_by_test_id("called")).to_be_visible()
    return customer, agent


async def test_no_picture_and_no_sound_leaves_before_the_admit_and_both_do_after_it(server, browser):
    async with phone(browser) as home, desktop(browser) as office:
        pages = await prepared(server, office, home)
        for page in pages:
            before = await arrived(page)
            assert before.brightest < DARK, "a picture came before the admit"
            assert (before.sound, before.samples) == (0, 0), "sound came before the admit"
        await pages[1].get_by_test_id("confirm-submit").click()
        await expect(pages[0].get_by_test_id("section-call")).to_be_visible()
        for page in pages:
            await page.wait_for_function(
                f"async () => {{ const a = await ({LOOK})(1); return a.brightest > 100 && a.sound > 0; }}"
            )
        count = "connections.filter(({ connectionState }) => connectionState === 'connected').length"
        made = [await page.evaluate(count) for page in pages]
        assert made == [1, 1], "the path that was warm is the one in use"


TOO_EARLY = {
    "this.track.enabled = false": "this.track.enabled = true",
    "replaceTracks({ audio: null,": "replaceTracks({ audio: this.#tracks.audio,",
}


@pytest.mark.parametrize("side", ["customer", pytest.param("agent", marks=pytest.mark.long)])
async def test_what_leaves_early_would_be_noticed(server, browser, side):
    broken = set()

    async def mutate(route):
        response = await route.fetch()
        body = await response.text()
        for rule, instead in TOO_EARLY.items():
            if rule in body:
                broken.add(rule)
                body = body.replace(rule, instead)
        await route.fulfill(response=response, body=body)

    async with phone(browser) as home, desktop(browser) as office:
        await {"customer": home, "agent": office}[side].route(re.compile(r"/media/(mesh|veil)\.js"), mutate)
        customer, agent = await prepared(server, office, home)
        seen = await arrived(agent if side == "customer" else customer)
        assert broken == set(TOO_EARLY)
        assert seen.brightest > DARK
        assert seen.samples > 0
