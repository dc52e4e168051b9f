"""What transactions promise on either database."""

import asyncio
import contextlib
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from tests.support.counter import count, counter, counting, increment
from tests.support.record import NOON, fresh_database, locked
from vap_meet.domain.errors import Unavailable
from vap_meet.store import schema

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.5) as db, counting(db):
        yield db


async def test_twenty_increments_at_once_give_twenty(db):
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(increment(db))
    assert await count(db) == 20


async def test_times_come_back_aware_and_in_utc(db):
    async with db.write() as tx:
        await tx.execute(schema.lease.insert(), {"name": "a", "holder": "b", "until": NOON})
    async with db.read() as tx:
        until = (await tx.execute(select(schema.lease.c.until))).scalar_one()
    assert until == NOON
    assert until.utcoffset().total_seconds() == 0


async def test_a_naive_time_is_refused(db):
    naive = datetime(2026, 9, 28, 8, 0)  # noqa: DTZ001 - the point of the test
    with pytest.raises(StatementError, match="naive"):
        async with db.write() as tx:
            await tx.execute(schema.lease.insert(), {"name": "a", "holder": "b", "until": naive})
    await increment(db)


async def test_a_reader_sees_one_snapshot_while_others_write(db):
    async with db.read() as tx:
        before = (await tx.execute(select(counter.c.n))).scalar_one()
        await increment(db)
        after = (await tx.execute(select(counter.c.n))).scalar_one()
    assert (before, after, await count(db)) == (0, 0, 1)


async def test_a_glance_sees_what_was_committed_and_one_snapshot_while_others_write(db):
    await increment(db)
    async with db.glance() as tx:
        before = (await tx.execute(select(counter.c.n))).scalar_one()
        await increment(db)
        after = (await tx.execute(select(counter.c.n))).scalar_one()
    async with db.glance() as tx:
        later = (await tx.execute(select(counter.c.n))).scalar_one()
    assert (before, after, later) == (1, 1, 2)


async def test_an_error_inside_rolls_everything_back(db):
    async def stumble():
        async with db.write() as tx:
            await tx.execute(counter.update().values(n=9))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await stumble()
    assert await count(db) == 0
    await increment(db)


async def test_a_write_cancelled_at_any_step_is_whole_or_not_at_all(db):
    done = 0
    for steps in range(60):
        task = asyncio.create_task(increment(db))
        for _ in range(steps):
            await asyncio.sleep(0.0002)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        now = await count(db)
        assert now in (done, done + 1)
        done = now
    await increment(db)
    assert await count(db) == done + 1


async def test_a_mistake_in_sql_is_not_called_unavailable(db):
    with pytest.raises(DBAPIError, match="nowhere"):
        async with db.write() as tx:
            await tx.execute(text("SELECT * FROM nowhere"))
    await increment(db)
    assert await count(db) == 1


async def test_a_reader_can_write_nothing(db):
    with pytest.raises(Unavailable):
        async with db.read() as tx:
            await tx.execute(counter.update().values(n=9))
    with pytest.raises(Unavailable):
        async with db.glance() as tx:
            await tx.execute(counter.update().values(n=9))
    assert await count(db) == 0


async def test_what_another_process_holds_beyond_the_deadline_is_unavailable_and_readers_go_on(db):
    async with locked(db):
        with pytest.raises(Unavailable):
            async with db.write() as tx:
                await tx.execute(schema.lease.insert(), {"name": "a", "holder": "b", "until": NOON})
        assert await count(db) == 0
    await increment(db)
    assert await count(db) == 1
