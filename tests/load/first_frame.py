"""How long from the agent's click to the first real picture on both sides, beside a bare relay's page.

    python -m tests.load.first_frame [TRIALS]     prints one JSON object

Each trial opens two fresh pages with their cameras on, waits as long as a person takes to look at a name,
clicks, and waits for the first frame that isn't black in each page's own remote video; the worse side counts.
Ours and the bare page take turns in the same browser, so what else the machine does hits both.
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

# Notes when the last click was and when a remote video first showed something, in one clock for all pages.
INSTRUMENT = """(remote) => {
  const bench = { clicked: 0, frame: 0 };
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
    if (bright > 12) bench.frame ||= performance.timeOrigin + at;
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


async def click_to_frame_ms(button: Locator, agent: Page, customer: Page) -> float:
    """Click, then return the milliseconds until the slower of the two pages showed a real frame."""
    await asyncio.sleep(LOOKS_AT_NAME_S)
    await button.click()
    for page in (agent, customer):
        await page.wait_for_function("() => bench.frame > 0", timeout=FRAME_WITHIN_MS)
    clicked = await agent.evaluate("() => bench.clicked")
    frames = [await page.evaluate("() => bench.frame") for page in (agent, customer)]
    waited: float = max(frames) - clicked
    assert min(frames) > clicked > 0, "a picture was there before the click"
    return waited


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


class OurTrial:
    """Our own pages, on the way that a person takes through them."""

    def __init__(self, call: OurCall) -> None:
        self._call = call

    async def trial(self, browser: Browser) -> float:
        """Book, enter, wait, call in."""
        appointment = await self._call.book()
        async with desktop(browser) as office, phone(browser) as home:
            agent = await instrumented(office, OurCall.REMOTE_AT_AGENT)
            customer = await instrumented(home, OurCall.REMOTE_AT_CUSTOMER)
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
    """Run both applications and compare their medians."""
    with tempfile.TemporaryDirectory() as folder:
        async with bare_relay() as bare, demo_server(Path(folder)) as demo, OurCall.of(demo) as call:
            measured = await measure({"ours": OurTrial(call), "bare": BareCall(bare)}, trials)
    ours, twin = statistics.median(measured["ours"]), statistics.median(measured["bare"])
    return {
        "first_frame_vs_bare_relay_app": round(ours / twin, 3),
        "first_frame_ms": round(ours, 1),
        "bare_first_frame_ms": round(twin, 1),
        "first_frame_trials": trials,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(compare(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS))))  # noqa: T201
