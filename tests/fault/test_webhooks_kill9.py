"""A booking system hears of every event once by id, in order per appointment, whatever dies in between."""

import asyncio
import random
import re
import sqlite3

import aiohttp
import pytest

from tests.support.killed import Client, Program, working
from tests.support.server import free_port, run_command, serving_environment
from tests.support.webhooks import receiving
from vap_meet.domain.announcing import AppointmentEvent

KILLS = 20


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
