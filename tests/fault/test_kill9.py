"""What was acknowledged survives `kill -9`, and what was not is there whole or not at all."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import select

from tests.support import busy_child
from tests.support.record import fresh_place, open_database
from vap_meet.clock import utc_now
from vap_meet.services.sealing import Sealer, verify
from vap_meet.store import schema

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

    from vap_meet.store.engine import Database

pytestmark = pytest.mark.usefixtures("each_database")

KILLS = 50
MOST_ACKS = 40
AFTER = (("booked", 0), ("fact", 3), ("outcome", 1), ("outcome", 2))  # the last is the amendment
PRELOADED = [
    "tests.support.busy_child",
    "vap_meet.store.sqlite",
    "vap_meet.store.postgresql",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "aiosqlite",
    "asyncpg",
]


class Ack(NamedTuple):
    """Something of a room that a use case said was kept."""

    what: str
    room: str
    number: int


@pytest.fixture
async def where(tmp_path, each_database):
    async with fresh_place(tmp_path) as where:
        yield where


@pytest.fixture(scope="module")
def forks():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def killed_after(forks, where: Path | URL, run: str, acks: int, kind: tuple[str, int]) -> list[Ack]:
    """Let a child work and kill it at an acknowledgement of this kind, past its `acks`-th; return all."""
    said, saying = forks.Pipe(duplex=False)
    child = forks.Process(target=busy_child.work, args=(where, run, saying))
    child.start()
    saying.close()
    lines = [said.recv_bytes() for _ in range(acks)]
    while kind_of(lines[-1]) != kind:
        lines.append(said.recv_bytes())
    child.kill()  # SIGKILL
    child.join()
    try:
        while True:
            lines.append(said.recv_bytes())
    except EOFError:
        said.close()
    return [Ack(*json.loads(line)) for line in lines]


def kind_of(line: bytes) -> tuple[str, int]:
    what, _, number = json.loads(line)
    return what, number


async def told(db: Database, run: str, *columns) -> Counter[tuple[object, ...]]:
    """Return a run's rows by these columns; the first holds the room's name."""
    async with db.read() as tx:
        rows = await tx.execute(select(*columns).where(columns[0].contains(f"{run}-")))
        return Counter(tuple(row) for row in rows)


async def kept_of(db: Database, run: str) -> set[Ack]:
    """Return a run's acknowledgements as the record bears them out; its parts have to agree."""
    appointment, outcome, event = schema.appointment.c, schema.outcome.c, schema.session_event.c
    booked = await told(db, run, appointment.id, appointment.state)
    facts = await told(db, run, event.room, event.seq)
    outcomes = await told(db, run, outcome.appointment_id, outcome.version)
    audited = await told(db, run, schema.audit_entry.c.appointment_id, schema.audit_entry.c.action)
    promised = await told(db, run, schema.outbox.c.lane, schema.outbox.c.kind)
    talked = await told(db, run, schema.session.c.appointment_id, schema.session.c.admitted_at)
    expected = Counter({(room, "appointment.booked"): 1 for room, _ in booked})
    expected += Counter({(room, "session.admitted"): 1 for room, seq in facts if seq == 3})
    expected += Counter(
        {(room, "outcome.put" if version == 1 else "outcome.amended"): 1 for room, version in outcomes}
    )
    assert audited == expected
    over = {room for room, version in outcomes if version == 1}
    assert {lane.removeprefix("room:") for lane, kind in promised if kind == "room.end"} == over
    assert {room for room, state in booked if state == "completed"} == over
    assert {room for room, admitted_at in talked if admitted_at} == {room for room, seq in facts if seq == 3}
    return (
        {Ack("booked", room, 0) for room, _ in booked}
        | {Ack("fact", room, seq) for room, seq in facts}
        | {Ack("outcome", room, version) for room, version in outcomes}
    )


async def test_nothing_acknowledged_is_lost_to_fifty_kills(forks, where):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    for kill in range(KILLS):
        run = f"run{kill}"
        kind = AFTER[kill % len(AFTER)]
        said = await asyncio.to_thread(killed_after, forks, where, run, chance.randint(1, MOST_ACKS), kind)
        async with open_database(where) as db:
            kept = await kept_of(db, run)
        assert set(said) <= kept, f"lost: {set(said) - kept}"
        unsaid = len(kept) - len(said)
        assert unsaid <= busy_child.AT_ONCE, "at most one of each that worked at once was not told any more"
    async with open_database(where) as db:
        sealer = Sealer(db=db, clock=lambda: utc_now() + busy_child.LEASE_IS_OVER)
        while await sealer.run_once():
            pass
        report = await verify(db)
    assert (report.intact, report.unsealed) == (True, 0), report.sentence
    assert report.sealed > KILLS
