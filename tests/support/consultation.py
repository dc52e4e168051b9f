"""One appointment now, with its link and an agent, at a server that keeps its data over a restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp

from tests.support.server import DemoServer, Server, run_command

if TYPE_CHECKING:
    from playwright.async_api import Locator

PASSWORD = "correct horse battery"

# The longest time without a new frame since it was called; a still picture makes it grow.
_WATCH = """video => {
  video.longestGapMs = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    video.longestGapMs = Math.max(video.longestGapMs, now - last);
    last = now;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  video.gapMs = () => Math.max(video.longestGapMs, performance.now() - last);
}"""


async def consultation(server: Server) -> DemoServer:
    """Book one by the API and open the account `agent`; told as a demonstration tells its own."""
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
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key.strip()}"}) as api:
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
