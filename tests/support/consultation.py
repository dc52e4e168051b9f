"""One appointment now and the call it becomes, at a server that keeps its data over a restart."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp

from tests.support.browser import Frames, desktop, phone, video_moves
from tests.support.server import DemoServer, Server, run_command
from tests.support.visits import call_in, sign_in, wait_in_line

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Locator, Page

PASSWORD = "correct horse battery"

# The longest time without a new frame since it was called; a still picture makes it grow. What a browser
# draws when a stream ends has not come over the network.
_WATCH = """video => {
  video.longestGapMs = 0;
  let last = performance.now();
  const look = (now, { rtpTimestamp }) => {
    if (rtpTimestamp !== undefined) {
      video.longestGapMs = Math.max(video.longestGapMs, now - last);
      last = now;
    }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  video.gapMs = () => Math.max(video.longestGapMs, performance.now() - last);
}"""

# Frames that came over the network, counted from when it is asked.
_ARRIVE = """(video, [count, timeoutMs]) => new Promise((resolve, reject) => {
  let arrived = 0;
  const give = setTimeout(() => reject(new Error(`${arrived} of ${count} frames arrived`)), timeoutMs);
  const look = (_, { rtpTimestamp }) => {
    if (rtpTimestamp !== undefined) arrived += 1;
    if (arrived < count) return video.requestVideoFrameCallback(look);
    clearTimeout(give);
    resolve();
  };
  video.requestVideoFrameCallback(look);
})"""


async def consultation(server: Server, *, trust: ssl.SSLContext | None = None) -> DemoServer:
    """Book one by the API and open the account `agent`; told as a demonstration tells its own.

    `trust` says whom to trust when it is served by https.
    """
    key, _ = await asyncio.gather(
        run_command("api-key", "add", "Booking system", environment=server.environment),
        run_command(
            *("staff", "add", "agent", "--role", "agent", "--name-ar", "موظف 1", "--name-en", "Agent 1"),
            environment=server.environment,
            typed=PASSWORD,
        ),
    )
    booking = {
        "service": {"id": "permit", "name_ar": "تصريح بناء", "name_en": "Building permit"},
        "customer": {"name": "متعامل 1", "phone": "+971500000001"},
        "starts_at": (datetime.now(UTC) + timedelta(minutes=1)).isoformat(),
    }
    appointment = f"{server.base}/api/v1/appointments/now"
    connector = aiohttp.TCPConnector(ssl=trust or True)
    headers = {"Authorization": f"Bearer {key.strip()}"}
    async with aiohttp.ClientSession(headers=headers, connector=connector) as api:
        async with api.put(appointment, json=booking) as response:
            assert response.status == 201, await response.text()
        async with api.post(f"{appointment}/join-links", json={}) as response:
            assert response.status < 300, await response.text()
            link = (await response.json())["url"]
    known = {
        "accounts": {"agent": PASSWORD},
        "appointments": {"now": "now"},
        "links": {"now": link},
        "api_key": key.strip(),
    }
    return DemoServer(server.base, known, server.pid)


async def watch(video: Locator) -> None:
    """Begin to measure how long a picture stands still."""
    await video.evaluate(_WATCH)


async def longest_gap_ms(video: Locator) -> float:
    """Return the longest time it stood still since it was watched."""
    gap: float = await video.evaluate("video => video.gapMs()")
    return gap


async def frames_arrive(video: Locator, count: int, *, timeout_s: float = 15) -> None:
    """Wait until so many more frames have come over the network; fails with how many did instead."""
    await video.evaluate(_ARRIVE, [count, timeout_s * 1000])


@asynccontextmanager
async def a_call(
    browser: Browser, known: DemoServer, frames: Frames | None = None
) -> AsyncIterator[tuple[Page, Page, list[Locator]]]:
    """A customer and the agent who see each other; gives their pages and the pictures that they see."""
    async with phone(browser) as home, desktop(browser) as office:
        customer, agent = await home.new_page(), await office.new_page()
        if frames is not None:
            frames.watch(customer, "customer")
            frames.watch(agent, "agent")
        await wait_in_line(customer, known.links["links"]["now"])
        await sign_in(agent, known, "agent")
        await call_in(agent, known, known.links["appointments"]["now"])
        pictures = [
            customer.get_by_test_id("remote-tile").locator("video"),
            agent.get_by_test_id("remote-video").locator("video"),
        ]
        for picture in pictures:
            await video_moves(picture)
            await watch(picture)
        await agent.get_by_test_id("open-chat").click()
        yield customer, agent, pictures
