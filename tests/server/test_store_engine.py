import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError

from tests.support.record import NOON, fresh_database, fresh_file
from vap_meet.domain.errors import Unavailable
from vap_meet.store import schema
from vap_meet.store.engine import Database, DatabaseInUse


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.3) as db:
        async with db.write() as tx:
            await tx.execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
            await tx.execute(text("INSERT INTO counter VALUES (0)"))
        yield db


async def count(db):
    async with db.read() as tx:
        return (await tx.execute(text("SELECT n FROM counter"))).scalar_one()


async def increment(db):
    async with db.write() as tx:
        n = (await tx.execute(text("SELECT n FROM counter"))).scalar_one()
        await tx.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})


async def test_twenty_increments_at_once_give_twenty(db):
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(increment(db))
    assert await count(db) == 20


async def test_twenty_increments_through_two_databases_on_one_file_give_twenty(tmp_path, db):
    other = await Database.open(tmp_path / "record.sqlite", serving=False)
    try:
        async with asyncio.TaskGroup() as group:
            for one in [db, other] * 10:
                group.create_task(increment(one))
    finally:
        await other.close()
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


async def test_the_connections_are_set_up_as_the_design_says(db):
    async with db.write() as tx:
        found = {
            name: (await tx.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with pytest.raises(Unavailable):  # SQLite says "attempt to write a readonly database"
        async with db.read() as tx:
            await tx.execute(text("UPDATE counter SET n = 9"))
    assert await count(db) == 0


async def test_a_reader_sees_one_snapshot_while_others_write(db):
    async with db.read() as tx:
        before = (await tx.execute(text("SELECT n FROM counter"))).scalar_one()
        await increment(db)
        after = (await tx.execute(text("SELECT n FROM counter"))).scalar_one()
    assert (before, after, await count(db)) == (0, 0, 1)


async def test_an_error_inside_rolls_everything_back(db):
    async def stumble():
        async with db.write() as tx:
            await tx.execute(text("UPDATE counter SET n = 9"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await stumble()
    assert await count(db) == 0
    await increment(db)


async def test_a_mistake_in_sql_is_not_called_unavailable(db):
    with pytest.raises(OperationalError, match="no such table"):
        async with db.write() as tx:
            await tx.execute(text("SELECT * FROM nowhere"))


HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_lock_held_by_another_process_beyond_the_deadline_is_unavailable(tmp_path, db):
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD_THE_LOCK, tmp_path / "record.sqlite"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert await holder.stdout.readline() == b"held\n"
        with pytest.raises(Unavailable):
            await increment(db)
        assert await count(db) == 0  # readers go on
    finally:
        await holder.communicate(b"")  # None would leave its stdin open
    await increment(db)
    assert await count(db) == 1


async def test_a_lock_given_back_within_the_deadline_is_only_a_wait(tmp_path, db):
    holder = sqlite3.connect(tmp_path / "record.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(increment(db))
    await asyncio.sleep(0)
    holder.execute("ROLLBACK")
    holder.close()
    await task
    assert await count(db) == 1


async def test_a_turn_that_does_not_come_within_the_deadline_is_unavailable(db):
    async with db.write() as tx:
        with pytest.raises(Unavailable):
            await increment(db)
        await tx.execute(text("UPDATE counter SET n = 5"))
    assert await count(db) == 5


async def test_writers_are_served_first_come_first_served(db):
    served = []

    async def write(name):
        async with db.write():
            served.append(name)

    async with asyncio.TaskGroup() as group:
        for name in range(10):
            group.create_task(write(name))
    assert served == list(range(10))


async def test_a_full_disk_is_unavailable_and_the_database_lives(db):
    async with db.write() as tx:
        pages = (await tx.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    async def overflow():
        async with db.write() as tx:
            await tx.execute(text("UPDATE counter SET n = 7"))
            await tx.execute(text("CREATE TABLE big AS SELECT randomblob(1000000) AS b"))

    with pytest.raises(Unavailable):
        await overflow()
    assert await count(db) == 0
    async with db.write() as tx:
        await tx.exec_driver_sql("PRAGMA max_page_count = 1000000")
    await increment(db)
    assert await count(db) == 1


SLOW = text(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000) SELECT max(x) FROM c"
)


async def test_a_write_cancelled_in_the_middle_of_a_statement_leaves_the_writer_usable(db):
    started = asyncio.Event()

    async def slow():
        async with db.write() as tx:
            await tx.execute(text("UPDATE counter SET n = 9"))
            started.set()
            await tx.execute(SLOW)

    task = asyncio.create_task(slow())
    await started.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await increment(db)
    assert await count(db) == 1


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


async def test_a_waiter_cancelled_before_its_turn_lets_the_next_one_write(db):
    async with db.write():
        first = asyncio.create_task(increment(db))
        second = asyncio.create_task(increment(db))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
    await second
    assert first.cancelled()
    assert await count(db) == 1


async def test_a_second_serving_process_is_refused_and_a_command_is_not(tmp_path, db):
    path = tmp_path / "record.sqlite"
    with pytest.raises(DatabaseInUse, match="one serving process"):
        await Database.open(path)
    command = await Database.open(path, serving=False)
    await increment(command)
    await command.close()
    assert await count(db) == 1


async def test_the_lock_file_is_free_after_close(tmp_path):
    path = fresh_file(tmp_path)
    for _ in range(2):
        db = await Database.open(path)
        await db.close()


async def test_a_path_that_cannot_be_opened_is_unavailable(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        await Database.open(tmp_path / "file" / "record.sqlite")
    with pytest.raises(Unavailable):
        await Database.open(tmp_path, serving=False)
