"""What one customer costs the server on the way from the link in the message to the waiting room.

    python -m tests.load.join_bench     prints one JSON object

Customers come one after the other, each from a new browser: the link's page, the click, the room's page with
every file that a new browser loads for it, the websocket and hello. The server's own processor time is
counted, its commits of what happened included.
"""

from __future__ import annotations

import asyncio
import json
import os
import re

import aiohttp
import brotli  # type: ignore[import-untyped]
import uvloop

from tests.load.house import House, Invitation, open_house
from tests.load.relay_load import Client, Tally, allow_many_files, connect

CUSTOMERS = int(os.environ.get("JOIN_CUSTOMERS", "300"))
WARM_UP = 30
AT_ONCE = 4
SETTLE_S = 1.0
_FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')


async def arrive(house: House, number: int, *, files: bool) -> Client:
    """Take one customer from the link to the waiting room; the line stays open."""
    who: Invitation = house.invitations[number]
    base = f"http://127.0.0.1:{house.port}"
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    headers = {"X-Forwarded-For": address, "Accept-Encoding": "br", "Accept-Language": "ar"}
    jar = aiohttp.CookieJar(unsafe=True)  # it keeps none of an IP address otherwise
    async with aiohttp.ClientSession(base, headers=headers, cookie_jar=jar, auto_decompress=False) as browser:
        seen: set[str] = set()
        await _page(browser, who.path, seen, files=files)
        form = {"notice": "1"}
        async with browser.post(
            who.path, data=form, headers={"Origin": base}, allow_redirects=False
        ) as response:
            assert response.status == 303, response.status
            visit = response.headers["Location"]
            cookie = response.cookies["vap"].value
        await _page(browser, visit, seen, files=files)
    path = f"/signal?visit={visit.split('/')[2]}"
    client = await connect(house.port, Tally(), path, [], f"vap={cookie}")
    await client.ask({"type": "hello", "microphone": "on", "camera": "on"}, "welcome")
    return client


async def _page(browser: aiohttp.ClientSession, path: str, seen: set[str], *, files: bool) -> None:
    async with browser.get(path) as response:
        assert response.status == 200, (path, response.status)
        text = brotli.decompress(await response.read()).decode()
    new = set(_FILES.findall(text)) - seen if files else set()
    seen |= new
    for file in new:
        async with browser.get(file) as response:
            assert response.status == 200, file
            await response.read()


async def cpu_ms_each(house: House, numbers: range, *, files: bool) -> float:
    """Let these customers come; return the server's processor time for each."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Client:
        async with gate:
            return await arrive(house, number, files=files)

    before = house.cpu_s()
    clients = await asyncio.gather(*map(one, numbers))
    await asyncio.sleep(SETTLE_S)  # what was done is still being committed
    used = house.cpu_s() - before
    for client in clients:
        client.transport.abort()
    return used * 1000 / len(numbers)


async def measure() -> dict[str, float]:
    """Measure with files and without: a browser that has been here before asks for none."""
    allow_many_files()
    half = WARM_UP + CUSTOMERS // 2
    async with open_house(WARM_UP + CUSTOMERS, entered=False) as house:
        await cpu_ms_each(house, range(WARM_UP), files=True)
        returning = await cpu_ms_each(house, range(WARM_UP, half), files=False)
        new = await cpu_ms_each(house, range(half, WARM_UP + CUSTOMERS), files=True)
    return {"join_path_ms_cpu": round(returning, 2), "join_path_with_files_ms_cpu": round(new, 2)}


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(measure())))  # noqa: T201
