"""What a call by sound alone takes of a line: the kilobits a second that a customer without a camera sends.

    python -m tests.load.audio_only     prints one JSON object

Chromium's fake microphone beeps once a second, so this is between silence and talk without a pause. Headers
count.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.load.our_call import OurCall
from tests.support.browser import chromium, desktop, phone
from tests.support.server import demo_server

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

MEASURED_S = 10.0

KEEP_CONNECTIONS = """() => {
  window.connections = [];
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
    }
  };
}"""

SENT = """async () => {
  const connected = connections.findLast(({ connectionState }) => connectionState === 'connected');
  const stats = [...((await connected?.getStats())?.values() ?? [])];
  const sent = stats.filter(({ type }) => type === 'outbound-rtp');
  const sum = (key) => sent.reduce((total, stat) => total + (stat[key] ?? 0), 0);
  return { bytes: sum('bytesSent') + sum('headerBytesSent'), at: sent[0]?.timestamp ?? 0 };
}"""


async def sent_kbps(page: Page) -> float:
    """Return what a page sends, once it sends anything."""
    await page.wait_for_function(f"async () => (await ({SENT})()).bytes > 0")
    before = await page.evaluate(SENT)
    await asyncio.sleep(MEASURED_S)
    after = await page.evaluate(SENT)
    kbps: float = (after["bytes"] - before["bytes"]) * 8 / (after["at"] - before["at"])
    return kbps


async def talk(browser: Browser, call: OurCall) -> float:
    """Bring a customer without a camera into a call and measure."""
    appointment = await call.book()
    async with desktop(browser) as office, phone(browser) as home:
        customer, agent = await home.new_page(), await office.new_page()
        await customer.add_init_script(f"({KEEP_CONNECTIONS})()")
        await call.customer_waits(customer, appointment, choice="sound")
        await (await call.agent_is_about_to_call(agent, appointment)).click()
        await customer.get_by_test_id("section-call").wait_for()
        return await sent_kbps(customer)


async def measure() -> dict[str, float]:
    """Run one call."""
    with tempfile.TemporaryDirectory() as folder:
        async with demo_server(Path(folder)) as demo, OurCall.of(demo) as call, chromium() as browser:
            return {"audio_only_kbps": round(await talk(browser, call), 1)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))  # noqa: T201
