"""An official in an appointment's call, who attaches files to it."""

from __future__ import annotations

import base64
import hashlib
import json
from io import BytesIO
from urllib.parse import quote

import pytest
from sqlalchemy import select

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON
from tests.support.staff import staffed
from vap_meet.store.schema import staff
from vap_meet.web.appkeys import DB, SESSIONS

ID = "0b6fd5a2-7d41-4a35-9f0e-6d2f1f3a9c01"
OTHER_ID = "0b6fd5a2-7d41-4a35-9f0e-6d2f1f3a9c02"
PATH = f"/agent/appointments/a1/attachments/{ID}"
PDF = b"%PDF-1.7 a plan of the house"


async def joins(sessions, who, appointment_id="a1", seq=1, stage=Stage.ADMITTED):
    """Let somebody join an appointment's call, or only watch it."""
    fact = Joined(f"staff.{who}", (Grant.ADMIT, Grant.PUBLISH), stage)
    at = int(NOON.timestamp() * 1000)
    await sessions.commit(appointment_id, Position("epoch-of-a-test", seq), at, fact)


async def staff_id(house, username="agent"):
    """Return the id of an account."""
    async with house.app[DB].read() as tx:
        found = await tx.execute(select(staff.c.id).where(staff.c.username == username))
        return found.scalar_one()


def described(content, *, name="plan.pdf", sender="customer"):
    """Return the headers that a file comes with."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {
        "Content-Digest": f"sha-256=:{digest}:",
        "X-File-Name": quote(name, safe=""),
        "X-File-Sender": sender,
        "Content-Type": "application/octet-stream",
        "Accept": "application/json",
    }


async def put(browser, content=PDF, *, path=PATH, origin=None, **changes):
    """Attach a file, with other headers where `changes` say so; None leaves one out."""
    headers = {name: value for name, value in (described(content) | changes).items() if value is not None}
    headers["Origin"] = origin or browser.base
    return await browser.raw("PUT", path, BytesIO(content), headers)


def code(answer):
    """Return the status and the code of a refusal."""
    return answer[0].status, json.loads(answer[1])["code"]


async def audit_of(house):
    """Return what the audit log says openly, in its order."""
    async with house.app[DB].read() as tx:
        rows = (await tx.exec_driver_sql("SELECT public FROM audit_entry ORDER BY id")).scalars()
        return [json.loads(row) for row in rows]


@pytest.fixture
async def house(tmp_path):
    """Serve the staff's doors with one appointment booked."""
    async with staffed(tmp_path) as running:
        yield running


@pytest.fixture
async def in_call(house):
    """Let the agent join its call."""
    await joins(house.app[SESSIONS], await staff_id(house))
    return house
