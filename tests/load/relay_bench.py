"""How fast and how small the signalling path is beside a bare relay: `python -m tests.load.relay_bench`.

Both servers run in the same minute on the same pinned core, in turns; the clients run on another core. Each
of 2,000 rooms of two has one message of 1.1 KB under way in either direction at any time, so the server is
always busy. The ratio is of messages a second of the server's own core time: on a core of its own that is the
throughput, and what else the machine runs does not tell. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from tests.load.relay_load import Client, Tally, allow_many_files, connect, signals

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = int(os.environ.get("RELAY_ROOMS", "2000"))
ROUNDS = int(os.environ.get("RELAY_ROUNDS", "15"))
ROUND_S = 1.0
SETTLE_S = 0.3
AT_ONCE = 100
KINDS = ("bare", "whole")


class Server:
    """A relay process on its core."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.pid = process.pid
        self.port = port

    def cpu_s(self) -> float:
        """Return the processor time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self) -> float:
        """Return its resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024


@contextmanager
def serving(kind: str, core: int, *arguments: str) -> Iterator[Server]:
    """Run one relay."""
    command = [sys.executable, "-m", "tests.load.relay_server", kind, str(core), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process, int(process.stdout.readline()))
        finally:
            process.terminate()


async def rooms_of_two(server: Server, tally: Tally, *, whole: bool) -> list[Client]:
    """Fill the rooms, everybody admitted."""
    to_agent, to_customer = signals("staff.1"), signals("customer")

    async def room(number: int) -> tuple[Client, Client]:
        customer = await connect(server.port, tally, f"/signal?visit={number}", to_agent)
        agent = await connect(server.port, tally, f"/signal?appointment={number}", to_customer)
        if whole:
            await customer.ask({"type": "hello"}, "welcome")
            await agent.ask({"type": "hello"}, "welcome")
            await agent.ask({"type": "admit", "participant": "customer", "ref": "1"}, "ack")
            agent.say_next()  # the offer that begins the pair's first generation
            await customer.ask({"type": "ping"}, "pong")
        return customer, agent

    clients: list[Client] = []
    for first in range(0, ROOMS, AT_ONCE):
        for pair in await asyncio.gather(*(room(n) for n in range(first, min(first + AT_ONCE, ROOMS)))):
            clients += pair
    await asyncio.sleep(SETTLE_S)
    for client in clients:
        client.texts = None
    return clients


async def round_of(server: Server, tally: Tally, clients: list[Client]) -> tuple[float, float]:
    """Return messages a second, and how busy the server was, over one round."""
    tally.running = True
    for client in clients:
        client.say_next()
    await asyncio.sleep(SETTLE_S)
    before, cpu, began = tally.received, server.cpu_s(), time.perf_counter()
    await asyncio.sleep(ROUND_S)
    lasted = time.perf_counter() - began
    rate, busy = (tally.received - before) / lasted, (server.cpu_s() - cpu) / lasted
    tally.running = False
    await asyncio.sleep(SETTLE_S)
    return rate, busy


async def throughput(core: int) -> dict[str, float]:
    """Measure both relays in turns."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    busy: dict[str, list[float]] = {kind: [] for kind in KINDS}
    per_core_s: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with serving("bare", core) as bare, serving("whole", core) as whole:
        servers = {"bare": bare, "whole": whole}
        tallies = {kind: Tally() for kind in KINDS}
        clients = {
            kind: await rooms_of_two(servers[kind], tallies[kind], whole=kind == "whole") for kind in KINDS
        }
        for number in range(ROUNDS):
            for kind in KINDS if number % 2 else reversed(KINDS):
                rate, share = await round_of(servers[kind], tallies[kind], clients[kind])
                rates[kind].append(rate)
                busy[kind].append(share)
                per_core_s[kind].append(rate / share)
    ratios = [ours / twin for ours, twin in zip(per_core_s["whole"], per_core_s["bare"], strict=True)]
    return {
        "relay_vs_bare": round(statistics.median(ratios), 3),
        "relay_messages_per_s": round(statistics.median(rates["whole"])),
        "bare_messages_per_s": round(statistics.median(rates["bare"])),
        "relay_core_busy": round(statistics.median(busy["whole"]), 2),
        "bare_core_busy": round(statistics.median(busy["bare"]), 2),
    }


async def kb_per_waiting(kind: str, core: int) -> float:
    """Return what one waiting participant takes, from the growth of the process over 2 * ROOMS of them."""
    tally = Tally()
    count = 2 * ROOMS

    async def one(server: Server, number: int) -> Client:
        client = await connect(server.port, tally, f"/signal?visit={number}", [])
        if kind == "whole":
            await client.ask({"type": "hello"}, "welcome")
        return client

    with serving(kind, core) as server:
        kept = [await asyncio.gather(*(one(server, -n) for n in range(1, AT_ONCE)))]
        before = server.rss_kb()
        for first in range(0, count, AT_ONCE):
            batch = (one(server, number) for number in range(first, first + AT_ONCE))
            kept += [await asyncio.gather(*batch)]
        await asyncio.sleep(SETTLE_S)
        return (server.rss_kb() - before) / count


async def bench() -> dict[str, float]:
    """Measure everything."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    numbers = await throughput(cores[0])
    small = {kind: await kb_per_waiting(kind, cores[0]) for kind in KINDS}
    numbers["kb_over_bare_per_waiting_participant"] = round(small["whole"] - small["bare"], 1)
    numbers["bare_kb_per_connection"] = round(small["bare"], 1)
    return numbers


if __name__ == "__main__":
    allow_many_files()
    sys.stdout.write(json.dumps(uvloop.run(bench())) + "\n")
