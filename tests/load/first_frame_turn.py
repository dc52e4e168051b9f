"""How long from the agent's click to the first real picture through TURN at 60 ms, warm beside cold.

    python -m tests.load.first_frame_turn [TRIALS]     prints one JSON object

As `first_frame`, but the two are on networks of their own, which reach the server and coturn and not each
other. That needs root and TUN devices; a machine without them says so and prints no numbers.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from tests.load.first_frame import NEVER_PREPARES, TRIALS, WARM_UP, click_to_frame_ms, instrumented
from tests.load.our_call import Booked, OurCall
from tests.support.browser import desktop, phone
from tests.support.net import WEB, missing, network
from tests.support.net_call import AGENT, CUSTOMER, browser_on, net_house
from tests.support.net_wire import SERVER
from vap_meet.tls import certificate_for

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.support.server import DemoServer

ONE_WAY_MS = 15
"""Of each side's wire, in each direction: 60 ms from one side to the other and back."""


async def book(known: DemoServer, trust: ssl.SSLContext, count: int) -> list[Booked]:
    """Book appointments; runs on the server's host."""
    headers = {"Authorization": f"Bearer {known.links['api_key']}"}
    connector = aiohttp.TCPConnector(ssl=trust)
    async with aiohttp.ClientSession(f"{known.base}/api/v1/", headers=headers, connector=connector) as api:
        call = OurCall(known, api)
        return [await call.book() for _ in range(count)]


async def trial(home: Browser, office: Browser, call: OurCall, appointment: Booked, *, warm: bool) -> float:
    """Make one call between two fresh pages and return its milliseconds."""
    async with (
        desktop(office, ignore_https_errors=True) as at_work,
        phone(home, ignore_https_errors=True) as at_home,
    ):
        agent = await instrumented(at_work, OurCall.REMOTE_AT_AGENT)
        customer = await instrumented(at_home, OurCall.REMOTE_AT_CUSTOMER)
        if not warm:
            await agent.add_init_script(f"({NEVER_PREPARES})()")
        await call.customer_waits(customer, appointment)
        button = await call.agent_is_about_to_call(agent, appointment)
        return await click_to_frame_ms(button, agent, customer)


async def measure(trials: int) -> dict[str, list[float]]:
    """Let warm and cold calls take turns and return each one's milliseconds."""
    measured: dict[str, list[float]] = {"warm": [], "cold": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            network(CUSTOMER, AGENT) as net,
            net_house(folder, net) as house,
            browser_on(net, CUSTOMER, folder, camera_fps=30) as home,
            browser_on(net, AGENT, folder, camera_fps=30) as office,
        ):
            certificate, _ = certificate_for(WEB, folder / "web-tls")  # the one that is served
            trust = ssl.create_default_context(cafile=str(certificate))
            count = 2 * (trials + WARM_UP)
            booked = await net.inside(SERVER, partial(book, house.known, trust, count))
            await net.change_all(delay_ms=ONE_WAY_MS)
            async with aiohttp.ClientSession() as nobody:  # everything is booked
                call = OurCall(house.known, nobody)
                for number in range(trials + WARM_UP):
                    for kind, values in measured.items():
                        waited = await trial(home, office, call, booked.pop(), warm=kind == "warm")
                        if number >= WARM_UP:
                            values.append(waited)
    return measured


def main() -> None:
    """Print the numbers, or why there are none."""
    lack = missing()
    if lack is not None:
        print(f"SKIPPED tests.load.first_frame_turn: {lack}", file=sys.stderr)  # noqa: T201
        print("{}")  # noqa: T201
        return
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    warm, cold = map(statistics.median, asyncio.run(measure(trials)).values())
    numbers = {
        "admit_to_first_frame_vs_cold_turn": round(warm / cold, 3),
        "admit_to_first_frame_turn_ms": round(warm, 1),
        "cold_first_frame_turn_ms": round(cold, 1),
    }
    print(json.dumps(numbers))  # noqa: T201


if __name__ == "__main__":
    main()
