"""How long `vap-meet serve` takes from cold until /health/ready answers.

python -m tests.load.ready [TIMES]     prints one JSON object
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from tests.support.server import free_port, run_command, serving_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMES = 5
WITHIN_S = 30.0
BETWEEN_ASKING_S = 0.01


async def ready_s(environment: Mapping[str, str]) -> float:
    """Start the server in a process of its own and return the seconds until it says it is ready."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vap_meet", "serve"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(WITHIN_S):
            while not await _is_ready(session, environment["VAP_PUBLIC_URL"]):
                assert process.returncode is None, "the server ended before it was ready"
                await asyncio.sleep(BETWEEN_ASKING_S)
        return time.perf_counter() - began
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _is_ready(session: aiohttp.ClientSession, base: str) -> bool:
    try:
        async with session.get(f"{base}/health/ready") as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def measure(times: int) -> dict[str, float]:
    """Start the server that many times over the same database and return the median."""
    with tempfile.TemporaryDirectory() as folder:
        environment = serving_environment(Path(folder), port=free_port())
        await run_command("migrate", environment=environment)
        return {"ready_s": round(statistics.median([await ready_s(environment) for _ in range(times)]), 3)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES))))  # noqa: T201
