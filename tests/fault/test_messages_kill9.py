"""What customers were promised arrives, whatever dies in between, and is known again if it comes twice."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sqlite3
from collections import defaultdict

import pytest

from tests.support.killed import Client, Program, working
from tests.support.messages import MailServer, SmsGate, event_of
from tests.support.server import free_port, run_command, serving_environment

KILLS = 6
CUSTOMER = {"name": "متعامل 1", "phone": "+971500000001", "email": "customer1@example.org", "language": "en"}
REFERENCE = re.compile(r"VM-\w{4}-\w{4}")


def cancelled(folder):
    """Return the references of what the record says was cancelled."""
    with sqlite3.connect(folder / "vap-meet.sqlite") as db:
        rows = db.execute("SELECT reference FROM appointment WHERE state = 'cancelled'").fetchall()
    return {reference for (reference,) in rows}


def ids_of_emails(mail):
    """Return by reference the ids of the emails that take an event out of the calendar."""
    found = defaultdict(set)
    for email in mail.received:
        method, event = event_of(email)
        if method == "CANCEL":
            found[REFERENCE.search(str(event["SUMMARY"]))[0]].add(email["Message-ID"])
    return found


def ids_of_texts(gate):
    """Return by reference the ids of the text messages that tell of a cancellation."""
    found = defaultdict(set)
    for headers, body in gate.received:
        text = json.loads(body)["text"]
        if "cancelled" in text:
            found[REFERENCE.search(text)[0]].add(headers["Idempotency-Key"])
    return found


@pytest.mark.timeout(90)
async def test_every_promised_message_arrives_through_kills_and_a_mail_server_that_comes_and_goes(
    tmp_path,
):
    chance = random.Random()  # the moments of the kills
    mail = MailServer(free_port())
    gate = SmsGate(arrived=mail.arrived)
    async with gate.up():
        environment = serving_environment(
            tmp_path,
            port=free_port(),
            echo_capacity="0",
            smtp_host="127.0.0.1",
            smtp_port=str(mail.port),
            smtp_tls="none",
            smtp_from="meet@city.example",
            sms_url=gate.url,
        )
        await run_command("migrate", environment=environment)
        key = re.search(r"vapk_\S+", await run_command("api-key", "add", "x", environment=environment))[0]
        program = Program(environment)
        client = Client(program, environment["VAP_PUBLIC_URL"], key, customer=CUSTOMER)
        await program.start()
        try:
            async with working(client):
                for _ in range(KILLS):
                    async with mail.up():
                        await asyncio.sleep(chance.uniform(0.1, 0.5))
                        await program.kill()
                    await program.start()  # and nobody answers at the mail server
                    await asyncio.sleep(chance.uniform(0.05, 0.2))
            wanted = cancelled(tmp_path)
            async with mail.up(), asyncio.timeout(30):
                while not wanted <= set(ids_of_emails(mail)) & set(ids_of_texts(gate)):
                    mail.arrived.clear()
                    await mail.arrived.wait()
        finally:
            await program.kill()
    assert len(wanted) > KILLS
    for ids in (ids_of_emails(mail), ids_of_texts(gate)):
        assert {reference: len(ids[reference]) for reference in wanted} == dict.fromkeys(wanted, 1)
