"""How long it takes until everybody is back when every line is cut at once.

    python -m tests.load.resume_bench     prints one JSON object

2,000 customers wait at a real server. All their sockets are cut in the same moment; each comes back as our
page does, after its jittered first back-off, and resumes where it was.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
from typing import TYPE_CHECKING, Any

import uvloop

from tests.load.house import House, Invitation, open_house
from tests.load.relay_load import Client, Tally, allow_many_files, connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CUSTOMERS = int(os.environ.get("RESUME_CUSTOMERS", "2000"))
AT_ONCE = 50
FIRST_BACK_OFF_S = (0.25, 0.5)  # static/js/lib/backoff.js, attempt 0


async def come(house: House, who: Invitation, hello: dict[str, Any]) -> tuple[Client, dict[str, Any]]:
    """Open one customer's line and enter."""
    path = f"/signal?visit={who.visit}"
    client = await connect(house.port, Tally(), path, [], who.cookie)
    return client, await client.ask({"type": "hello", **hello}, "welcome")


async def everybody(work: Callable[[Invitation], Awaitable[Any]], whom: list[Invitation]) -> list[Any]:
    """Do something for each, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(who: Invitation) -> Any:
        async with gate:
            return await work(who)

    return await asyncio.gather(*map(one, whom))


async def measure() -> dict[str, float]:
    """Cut all lines and time their return."""
    allow_many_files()
    async with open_house(CUSTOMERS, entered=True) as house:
        seated = await everybody(lambda who: come(house, who, {}), house.invitations)
        for client, _ in seated:
            client.transport.abort()
        cut_at, used = time.perf_counter(), house.cpu_s()

        async def back(who: Invitation, welcome: dict[str, Any]) -> tuple[float, bool, Client]:
            await asyncio.sleep(random.uniform(*FIRST_BACK_OFF_S))
            resume = {"epoch": welcome["epoch"], "seq": welcome["seq"]}
            client, again = await come(house, who, {"resume": resume})
            return time.perf_counter() - cut_at, again["resumed"], client

        returns = [back(who, welcome) for who, (_, welcome) in zip(house.invitations, seated, strict=True)]
        returned = await asyncio.gather(*returns)
        cpu_s = house.cpu_s() - used
    assert all(resumed for _, resumed, _ in returned), "somebody's state was sent whole"
    times = [after * 1000 for after, _, _ in returned]
    return {
        "resume_ms_p95": round(statistics.quantiles(times, n=20)[-1]),
        "resume_ms_p50": round(statistics.median(times)),
        "resume_ms_cpu": round(cpu_s * 1000 / CUSTOMERS, 2),
    }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(measure())))  # noqa: T201
