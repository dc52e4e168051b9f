"""How long from the agent's click to the first real picture on both sides, warm and cold, beside bare twins.

    python -m tests.load.first_frame [TRIALS]     prints one JSON object

Each trial opens two fresh pages with their cameras on, waits as long as a person takes to look at a name,
clicks, and waits for the first frame that isn't black in each page's own remote video; the worse side counts.
*Warm* is a call as our pages make it: choosing the customer has connected the two. *Cold* is the same call
without that. The *bare* page is a relay's, the *floor* two connections in one page. All take turns in the
same browser, so what else the machine does hits each of them.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.load.our_call import OurCall
from tests.support.browser import chromium, desktop, phone
from tests.support.server import ROOT, demo_server, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext, Locator, Page

TRIALS = 20
WARM_UP = 2  # the first calls of a browser start its codec and network processes
LOOKS_AT_NAME_S = 1.0
FRAME_WITHIN_MS = 15_000

# Notes when the last click was and when each remote video first showed something, in one clock for all pages.
INSTRUMENT = """(remote) => {
  const bench = { clicked: 0, frames: [] };
  window.bench = bench;
  addEventListener('click', (event) => { bench.clicked = performance.timeOrigin + event.timeStamp; }, true);
  const canvas = new OffscreenCanvas(16, 9);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const watched = new WeakSet();
  const look = (video, at) => {
    context.drawImage(video, 0, 0, 16, 9);
    const pixels = context.getImageData(0, 0, 16, 9).data;
    let bright = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      if (pixels[i] + pixels[i + 1] + pixels[i + 2] > 96) bright += 1;
    }
    if (bright > 12) bench.frames.push(performance.timeOrigin + at);
    else video.requestVideoFrameCallback((now) => look(video, now));
  };
  const find = () => {
    for (const video of document.querySelectorAll(remote)) {
      if (watched.has(video)) continue;
      watched.add(video);
      video.requestVideoFrameCallback((now) => look(video, now));
    }
  };
  new MutationObserver(find).observe(document, { childList: true, subtree: true });
}"""


async def instrumented(context: BrowserContext, remote: str) -> Page:
    """Open a page that notes clicks and the first real frame of the videos that match `remote`."""
    page = await context.new_page()
    await page.add_init_script(f"({INSTRUMENT})({json.dumps(remote)})")
    return page


async def click_to_frame_ms(button: Locator, agent: Page, *pages: Page, pictures: int = 1) -> float:
    """Click, then return the milliseconds until the slowest of the pictures on each page was a real one."""
    await asyncio.sleep(LOOKS_AT_NAME_S)
    await button.click()
    frames: list[float] = []
    for page in (agent, *pages):
        seen = await page.wait_for_function(
            f"() => bench.frames.length >= {pictures} && bench.frames", timeout=FRAME_WITHIN_MS
        )
        frames += await seen.json_value()
    clicked: float = await agent.evaluate("() => bench.clicked")
    assert min(frames) > clicked > 0, "a picture was there before the click"
    return max(frames) - clicked


class Contender(Protocol):
    """An application that two people can call each other in."""

    async def trial(self, browser: Browser) -> float:
        """Make one call and return its milliseconds."""


class BareCall:
    """The bare relay's page."""

    def __init__(self, base: str) -> None:
        self._base = base

    async def trial(self, browser: Browser) -> float:
        """Make one call between two fresh pages."""
        url = f"{self._base}/?pair={uuid.uuid4()}"
        async with desktop(browser) as office, phone(browser) as home:
            agent = await instrumented(office, "#remote")
            customer = await instrumented(home, "#remote")
            for page in (customer, agent):
                await page.goto(url)
                await page.locator("#call:enabled").wait_for()
            return await click_to_frame_ms(agent.locator("#call"), agent, customer)


class Floor:
    """Two peer connections in one page."""

    def __init__(self, base: str) -> None:
        self._base = base

    async def trial(self, browser: Browser) -> float:
        """Connect the two, in a fresh page."""
        async with desktop(browser) as office:
            page = await instrumented(office, ".remote")
            await page.goto(f"{self._base}/floor")
            await page.locator("#call:enabled").wait_for()
            return await click_to_frame_ms(page.locator("#call"), page, pictures=2)


# Choosing a customer then has no effect, as when the line was down at that moment.
NEVER_PREPARES = """() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (JSON.parse(data).type !== 'prepare') send.call(this, data);
  };
}"""


class OurTrial:
    """Our own pages, on the way that a person takes through them; `warm` as they are."""

    def __init__(self, call: OurCall, *, warm: bool) -> None:
        self._call = call
        self._warm = warm

    async def trial(self, browser: Browser) -> float:
        """Book, enter, wait, call in."""
        appointment = await self._call.book()
        async with desktop(browser) as office, phone(browser) as home:
            agent = await instrumented(office, OurCall.REMOTE_AT_AGENT)
            customer = await instrumented(home, OurCall.REMOTE_AT_CUSTOMER)
            if not self._warm:
                await agent.add_init_script(f"({NEVER_PREPARES})()")
            await self._call.customer_waits(customer, appointment)
            button = await self._call.agent_is_about_to_call(agent, appointment)
            return await click_to_frame_ms(button, agent, customer)


@asynccontextmanager
async def bare_relay() -> AsyncIterator[str]:
    """Run the bare relay as a process of its own."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.bare_relay.server",
        str(port),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(15):
            assert await process.stdout.readline() == b"Ready\n"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def measure(contenders: dict[str, Contender], trials: int) -> dict[str, list[float]]:
    """Let the contenders take turns and return each one's milliseconds."""
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    async with chromium(camera_fps=30) as browser:
        for number in range(trials + WARM_UP):
            for name, contender in contenders.items():
                waited = await contender.trial(browser)
                if number >= WARM_UP:
                    measured[name].append(waited)
    return measured


async def compare(trials: int) -> dict[str, float]:
    """Run them all and compare their medians."""
    with tempfile.TemporaryDirectory() as folder:
        async with bare_relay() as bare, demo_server(Path(folder)) as demo, OurCall.of(demo) as call:
            measured = await measure(
                {
                    "warm": OurTrial(call, warm=True),
                    "cold": OurTrial(call, warm=False),
                    "bare": BareCall(bare),
                    "floor": Floor(bare),
                },
                trials,
            )
    warm, cold, twin, floor = (
        statistics.median(measured[name]) for name in ("warm", "cold", "bare", "floor")
    )
    return {
        "admit_to_first_frame_vs_cold": round(warm / cold, 3),
        "cold_first_frame_vs_bare_relay_app": round(cold / twin, 3),
        "cold_first_frame_vs_floor": round(cold / floor, 3),
        "bare_first_frame_vs_floor": round(twin / floor, 3),
        "admit_to_first_frame_ms": round(warm, 1),
        "cold_first_frame_ms": round(cold, 1),
        "bare_first_frame_ms": round(twin, 1),
        "floor_first_frame_ms": round(floor, 1),
        "first_frame_trials": trials,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(compare(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS))))  # noqa: T201
