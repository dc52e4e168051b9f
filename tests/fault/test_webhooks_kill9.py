"""A booking system hears of every event once by id, in order per appointment, whatever dies in between."""

import asyncio
import contextlib
import itertools
import multiprocessing
import random
import re
import sqlite3
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest

from tests.support import serving_child
from tests.support.access import BODY
from tests.support.server import free_port, run_command, serving_environment
from tests.support.webhooks import receiving
from vap_meet.clock import utc_now
from vap_meet.domain.announcing import AppointmentEvent

KILLS = 20
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

    def __init__(self, program, base, key):
        self.program = program
        self.base = base
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
                booking = {**BODY, "starts_at": starts_at.isoformat()}
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


def told_of(folder):
    """Return the events that the record says have happened, in order, by appointment."""
    with sqlite3.connect(folder / "vap-meet.sqlite") as db:
        rows = db.execute("SELECT appointment_id, action FROM audit_entry ORDER BY id").fetchall()
    told = {}
    for appointment_id, action in rows:
        if action in set(AppointmentEvent):
            told.setdefault(appointment_id, []).append(action.removeprefix("appointment."))
    return told


async def until_all_arrived(folder, receiver):
    expected = sum(len(events) for events in told_of(folder).values())
    async with asyncio.timeout(15):
        while len(receiver.seen) < expected:
            receiver.arrived.clear()
            await receiver.arrived.wait()


@pytest.mark.timeout(120)
async def test_every_event_arrives_once_by_id_and_in_order_through_twenty_kills(tmp_path):
    chance = random.Random()  # the moments of the kills
    environment = serving_environment(
        tmp_path, port=free_port(), webhook_allow_private="127.0.0.0/8", echo_capacity="0"
    )
    await run_command("migrate", environment=environment)
    key = re.search(r"vapk_\S+", await run_command("api-key", "add", "booking", environment=environment))[0]
    program = Program(environment)
    base = environment["VAP_PUBLIC_URL"]
    client = Client(program, base, key)
    async with receiving() as receiver:
        await program.start()
        try:
            async with aiohttp.ClientSession(headers=client.headers) as session:
                hooks = f"{base}/api/v1/webhook-endpoints"
                wanted = {"url": f"{receiver.base}/hook", "events": list(AppointmentEvent)}
                async with session.post(hooks, json=wanted) as response:
                    one = f"{hooks}/{(await response.json())['id']}"
                async with session.get(f"{one}/secret") as response:
                    receiver.secret = (await response.json())["secret"]
                async with session.post(f"{one}/verify") as response:
                    assert response.status == 200, await response.text()
            async with working(client):
                for _ in range(KILLS):
                    await asyncio.sleep(chance.uniform(0.05, 0.5))
                    await program.kill()
                    await program.start()
            await until_all_arrived(tmp_path, receiver)
        finally:
            await program.kill()
    told = told_of(tmp_path)
    assert len(told) > KILLS
    assert {appointment_id: receiver.types(appointment_id) for appointment_id in told} == told
    assert len(receiver.seen) == sum(len(events) for events in told.values())
