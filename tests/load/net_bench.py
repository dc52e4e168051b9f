"""How long pictures stand still when an address changes or a server restarts, how soon they come at 5% loss.

    python -m tests.load.net_bench [TRIALS]     prints one JSON object

Customer and agent are on hosts of their own, meet through TURN, and are 60 ms apart, there and back. In one
call they take turns in getting another address; then the server restarts under it, again and again. What is
measured is the longest time without a new frame, on the side where it was longer. The calls at 5% loss are
new ones each time. That needs root and TUN devices; a machine without them says so and prints no numbers.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import statistics
import sys
import tempfile
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from tests.load.first_frame import TRIALS, WARM_UP
from tests.load.first_frame_turn import ONE_WAY_MS, book, trial
from tests.load.our_call import OurCall
from tests.support.consultation import longest_gap_ms
from tests.support.net import WEB, missing, network
from tests.support.net_call import AGENT, CUSTOMER, browser_on, net_call, net_house
from tests.support.net_wire import SERVER
from vap_meet.tls import certificate_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.support.net_call import House, NetCall

CAMERA_FPS = 30
LOSS = 0.05
SETTLES_FOR_S = 3.0
"""Until bit rates have settled, so that each change finds a call as it usually is."""


async def still_ms(call: NetCall, happens: Callable[[], Awaitable[object]]) -> float:
    """Let something happen to a call, and return how long the worse picture stood still over it."""
    await asyncio.sleep(SETTLES_FOR_S)
    await call.watch()
    await happens()
    await call.goes_on()
    return max([await longest_gap_ms(picture) for picture in call.pictures])


async def changes(folder: Path, trials: int) -> tuple[list[float], list[float], list[float]]:
    """Return how long pictures stood still when an address changed, the server restarted, or nothing was."""
    async with network(CUSTOMER, AGENT) as net, net_house(folder, net) as house:
        await net.change_all(delay_ms=ONE_WAY_MS)
        async with net_call(house, camera_fps=CAMERA_FPS) as call:
            hosts = cycle((CUSTOMER, AGENT))
            moves = [await still_ms(call, partial(net.move, next(hosts))) for _ in range(trials)]
            restarts = [await still_ms(call, partial(restart, house, call)) for _ in range(trials)]
            nothing = [await still_ms(call, call.says_connected) for _ in range(trials)]
    return moves, restarts, nothing


async def restart(house: House, call: NetCall) -> None:
    """Stop the server and start it again; ends when both pages have their line back."""
    await house.close()
    await call.says_reconnecting()
    await house.serve()
    await call.says_connected(within_s=15)


async def first_frames(folder: Path, trials: int) -> list[float]:
    """Return how long after the click the worse first picture came, in new calls over a lossy network."""
    async with (
        network(CUSTOMER, AGENT) as net,
        net_house(folder, net) as house,
        browser_on(net, CUSTOMER, folder, camera_fps=CAMERA_FPS) as home,
        browser_on(net, AGENT, folder, camera_fps=CAMERA_FPS) as office,
    ):
        certificate, _ = certificate_for(WEB, folder / "web-tls")  # the one that is served
        trust = ssl.create_default_context(cafile=str(certificate))
        booked = await net.inside(SERVER, partial(book, house.known, trust, trials + WARM_UP))
        await net.change_all(delay_ms=ONE_WAY_MS)
        await net.change(CUSTOMER, loss=LOSS)
        async with aiohttp.ClientSession() as nobody:  # everything is booked
            call = OurCall(house.known, nobody)
            waited = [await trial(home, office, call, each, warm=True) for each in booked]
    return waited[WARM_UP:]


async def measure(trials: int) -> dict[str, float]:
    """Measure everything and return the medians."""
    with tempfile.TemporaryDirectory() as steady, tempfile.TemporaryDirectory() as lossy:
        moves, restarts, nothing = await changes(Path(steady), trials)
        frames = await first_frames(Path(lossy), trials)
    usual = statistics.median(nothing)
    return {
        "path_change_gap_ms": round(statistics.median(moves)),
        "path_change_gap_ms_worst": round(max(moves)),
        "restart_gap_ms": round(max(0.0, statistics.median(restarts) - usual)),
        "undisturbed_gap_ms": round(usual),
        "first_frame_at_5pct_loss_ms": round(statistics.median(frames)),
        "net_trials": trials,
    }


def main() -> None:
    """Print the numbers, or why there are none."""
    lack = missing()
    if lack is not None:
        print(f"SKIPPED tests.load.net_bench: {lack}", file=sys.stderr)  # noqa: T201
        print("{}")  # noqa: T201
        return
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    print(json.dumps(asyncio.run(measure(trials))))  # noqa: T201


if __name__ == "__main__":
    main()
