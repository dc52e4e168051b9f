"""Our process, killed and started again and again, and booking systems that go on working meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp

from tests.support import serving_child
from tests.support.access import BODY
from vap_meet.clock import utc_now

CLIENTS = 3
LATER = timedelta(days=1)


class Program:
    """Our process, started and killed again and again on the same database."""

    def __init__(self, environment):
        self.environment = environment
        self.forks = multiprocessing.get_context("forkserver")
        self.forks.set_forkserver_preload(serving_child.PRELOADED)
        self.process = None
        self.ready = asyncio.Event()

    async def start(self):
        self.process = self.forks.Process(target=serving_child.serve, args=(self.environment,))
        self.process.start()
        alive = f"{self.environment['VAP_PUBLIC_URL']}/health/live"
        async with aiohttp.ClientSession() as session, asyncio.timeout(30):
            while True:
                assert self.process.is_alive()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(alive):
                        break
                await asyncio.sleep(0.01)
        self.ready.set()

    async def kill(self):
        self.ready.clear()
        self.process.kill()  # SIGKILL
        await asyncio.to_thread(self.process.join)


class Client:
    """A booking system that books, moves and cancels, and asks again when it got no answer."""

    def __init__(self, program, base, key, **changes):
        """`changes` replace fields of what it books."""
        self.program = program
        self.base = base
        self.changes = changes
        self.headers = {"Authorization": f"Bearer {key}"}
        self.stopped = False

    async def call(self, session, method, path, **options):
        while True:
            await self.program.ready.wait()
            try:
                async with session.request(method, self.base + path, **options) as response:
                    content = await response.json(content_type=None)
                    assert response.status < 500 or response.status == 503, content
                    if response.status != 503:
                        return response, content
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                await asyncio.sleep(0.01)

    async def work(self, name):
        """Lead appointment after appointment from booked to cancelled, until stopped."""
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(headers=self.headers, timeout=timeout) as session:
            for number in itertools.count():
                if self.stopped:
                    return
                path = f"/api/v1/appointments/{name}-{number}"
                starts_at = utc_now() + LATER
                booking = {**BODY, **self.changes, "starts_at": starts_at.isoformat()}
                response, _ = await self.call(session, "PUT", path, json=booking)
                assert response.status in {200, 201}
                moved_to = (starts_at + LATER).isoformat()
                await self.step(session, path, "move", {"starts_at": moved_to})
                await self.step(session, path, "cancel", {"reason": "Moved away."})

    async def step(self, session, path, what, body):
        """Do one thing; a refusal of the version says that the answer was lost and it is done."""
        response, _ = await self.call(session, "GET", path)
        version = {"If-Match": response.headers["ETag"]}
        response, content = await self.call(session, "POST", f"{path}/{what}", json=body, headers=version)
        assert response.status == 200 or content["code"] == "version_conflict", content


@asynccontextmanager
async def working(client):
    async with asyncio.TaskGroup() as tasks:
        for number in range(CLIENTS):
            tasks.create_task(client.work(f"client{number}"))
        try:
            yield
        finally:
            client.stopped = True
