"""How long a signal takes between two nodes on one Redis: `python -m tests.load.redis_bench`.

The customer of every room is on one node, the agent on the other; both send signals of 1.1 KB at a steady
pace, 2,000 a second together. The time is from the sender's write to the receiver's read, both in this
process. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections import deque

import uvloop

from tests.load.relay_bench import serving
from tests.load.relay_load import Client, Tally, allow_many_files, connect, signals
from tests.support.redis import new_server

ROOMS = 100
MESSAGES_PER_S = 2_000
LASTS_S = float(os.environ.get("REDIS_BENCH_S", "10"))
WARM_UP_S = 2.0
TURN_S = 0.005


class Stopwatch(Tally):
    """A tally that takes the time of each message of one direction, which come in the order they went."""

    def __init__(self, into: list[float]) -> None:
        super().__init__()
        self.under_way: deque[float] = deque()
        self._into = into
        self._received = 0

    @property
    def received(self) -> int:
        """Return how many have come."""
        return self._received

    @received.setter
    def received(self, count: int) -> None:
        if count:
            self._into.append(time.perf_counter() - self.under_way.popleft())
        self._received = count


class Way:
    """One direction of one room."""

    def __init__(self, sender: Client, arriving: Stopwatch) -> None:
        sender.texts = None
        self._sender = sender
        self._arriving = arriving

    def send(self) -> None:
        """Send the next signal."""
        self._arriving.under_way.append(time.perf_counter())
        self._sender.say_next()


async def room(number: int, customers: int, agents: int, took: list[float]) -> list[Way]:
    """Let two people into a room, each on a node of their own, and admit the customer."""
    to_customer, to_agent = Stopwatch(took), Stopwatch(took)
    customer = await connect(customers, to_customer, f"/signal?visit={number}", signals("staff.1"))
    agent = await connect(agents, to_agent, f"/signal?appointment={number}", signals("customer"))
    await customer.ask({"type": "hello"}, "welcome")
    await agent.ask({"type": "hello"}, "welcome")
    await agent.ask({"type": "admit", "participant": "customer", "ref": "1"}, "ack")
    agent.say_next()  # the offer that begins the pair's first generation
    assert customer.texts is not None
    while json.loads(await asyncio.wait_for(customer.texts.get(), 30))["type"] != "offerFrom":
        pass
    await agent.ask({"type": "ping"}, "pong")
    customer.turn = agent.turn  # candidates only from here on: neither begins another generation
    return [Way(customer, to_agent), Way(agent, to_customer)]


async def pace(ways: list[Way], lasts_s: float) -> int:
    """Send at the pace for a while, every way in its turn; return how many."""
    began, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - began) < lasts_s:
        for _ in range(int(now * MESSAGES_PER_S) - sent):
            ways[sent % len(ways)].send()
            sent += 1
        await asyncio.sleep(TURN_S)
    return sent


async def bench() -> dict[str, float]:
    """Measure."""
    took: list[float] = []
    cores = sorted(os.sched_getaffinity(0))
    redis = new_server("--maxmemory-policy", "noeviction")
    try:
        with (
            serving("shared", cores[0], redis.url) as one,
            serving("shared", cores[-1], redis.url) as other,
        ):
            rooms = [await room(number, one.port, other.port, took) for number in range(ROOMS)]
            ways = [way for pair in rooms for way in pair]
            await pace(ways, WARM_UP_S)
            await asyncio.sleep(1)
            took.clear()
            used = one.cpu_s() + other.cpu_s()
            sent = await pace(ways, LASTS_S)
            used = one.cpu_s() + other.cpu_s() - used
            await asyncio.sleep(1)
    finally:
        redis.remove()
    cuts = statistics.quantiles(took, n=100)
    return {
        "redis_relay_ms_p50": round(cuts[49] * 1000, 2),
        "redis_relay_ms_p99": round(cuts[98] * 1000, 2),
        "redis_relay_messages_per_s": round(sent / LASTS_S),
        "redis_relay_arrived": round(len(took) / sent, 4),
        "redis_relay_core_us_per_message": round(used / sent * 1e6),
    }


if __name__ == "__main__":
    allow_many_files()
    sys.stdout.write(json.dumps(uvloop.run(bench())) + "\n")
