"""How soon a booking system hears of a booking, and how fast a full outbox empties into a local receiver.

python -m tests.load.webhook_bench [MESSAGES]     prints one JSON object

`webhook_lag_ms_p50`: from the commit to the receiver, idle. `webhook_drain_per_s`: messages waiting for one
endpoint, each of an appointment of its own. The receiver is a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from tests.support.webhooks import telling
from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.services.announcing import announce

if TYPE_CHECKING:
    from tests.support.webhooks import Teller

MESSAGES = 10_000
TURNS = 50
PREPARED_AT_ONCE = 500


async def _serve() -> None:
    """Receive webhooks and print the time of each; runs until it is terminated."""

    async def take(request: web.Request) -> web.Response:
        came = time.time()
        content = json.loads(await request.read())
        if content["type"] == "webhook.verify":
            return web.json_response({"challenge": content["data"]["challenge"]})
        sys.stdout.write(f"{came}\n")
        sys.stdout.flush()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def _lag_ms(teller: Teller, lines: asyncio.StreamReader) -> float:
    """Book one after the other, each when the one before has arrived."""
    lags = []
    for number in range(TURNS):
        await teller.book(f"lag-{number}")
        committed = time.time()
        lags.append((float(await lines.readline()) - committed) * 1000)
    return statistics.median(lags)


async def _prepare(teller: Teller, messages: int) -> None:
    """Book once and announce it as if it were many appointments, for the outbox to be full."""
    booked = await teller.booking.get("lag-0")
    for first in range(0, messages, PREPARED_AT_ONCE):
        async with teller.db.write() as tx:
            for number in range(first, min(first + PREPARED_AT_ONCE, messages)):
                another = replace(booked, id=f"drain-{number}")
                await announce(tx, AppointmentEvent.BOOKED, another, at=teller.clock())


async def measure(messages: int) -> dict[str, float]:
    """Start a receiver, measure the lag, then the drain."""
    receiver = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.webhook_bench", "--receive"), stdout=asyncio.subprocess.PIPE
    )
    assert receiver.stdout is not None
    try:
        port = int(await receiver.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            async with telling(Path(folder)) as teller:
                endpoint = await teller.webhooks.add(
                    url=f"http://127.0.0.1:{port}/hook", events=tuple(AppointmentEvent), by="bench"
                )
                await teller.webhooks.verify(endpoint.id, by="bench")
                running = asyncio.create_task(teller.dispatcher.run())
                lag = await _lag_ms(teller, receiver.stdout)
                running.cancel()
                await asyncio.wait([running])
                await _prepare(teller, messages)
                began = time.perf_counter()
                running = asyncio.create_task(teller.dispatcher.run())
                for _ in range(messages):
                    await receiver.stdout.readline()
                drained_s = time.perf_counter() - began
                running.cancel()
                await asyncio.wait([running])
    finally:
        receiver.terminate()
        await receiver.wait()
    return {
        "webhook_lag_ms_p50": round(lag, 1),
        "webhook_drain_per_s": round(messages / drained_s),
    }


def main() -> None:
    """Receive, or measure and print the numbers."""
    if "--receive" in sys.argv:
        asyncio.run(_serve())
        return
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    print(json.dumps(asyncio.run(measure(messages))))  # noqa: T201


if __name__ == "__main__":
    main()
