"""What is SQLite's own: its settings, turns, locks and files."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from tests.support.counter import count, counter, counting, increment
from tests.support.record import TurnedClock, a_booking, fresh_database, fresh_file
from vap_meet.domain.errors import NotFound, Unavailable
from vap_meet.services.booking import Booking
from vap_meet.store.engine import Database, DatabaseInUse
from vap_meet.store.sqlite import READERS


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.3) as db, counting(db):
        yield db


async def test_twenty_increments_through_two_databases_on_one_file_give_twenty(tmp_path, db):
    other = await Database.open(tmp_path / "record.sqlite", serving=False)
    try:
        async with asyncio.TaskGroup() as group:
            for one in [db, other] * 10:
                group.create_task(increment(one))
    finally:
        await other.close()
    assert await count(db) == 20


async def test_the_connections_are_set_up_as_the_design_says(db):
    async with db.write() as tx:
        found = {
            name: (await tx.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


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


async def test_a_full_disk_books_nothing_and_the_next_booking_works(db):
    booking = Booking(db=db, clock=TurnedClock())
    async with db.write() as tx:
        pages = (await tx.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    long = a_booking(question="س" * 2000)
    refused = None
    for n in range(100):
        try:
            await booking.put(f"full{n}", long, by="api:1", if_match=None)
        except Unavailable:
            refused = f"full{n}"
            break
    with pytest.raises(NotFound):
        await booking.get(refused)
    async with db.write() as tx:
        await tx.exec_driver_sql("PRAGMA max_page_count = 1000000")
    _, created = await booking.put(refused, long, by="api:1", if_match=None)
    assert created


async def test_a_glance_is_over_before_anybody_else_is_served_and_keeps_no_snapshot(db):
    async with db.glance() as tx:
        assert (await tx.execute(select(counter.c.n))).scalar_one() == 0
    others = []
    asyncio.get_running_loop().call_soon(others.append, "served")
    async with db.glance() as tx:
        assert (await tx.execute(select(counter.c.n))).scalar_one() == 0
    assert others == []
    await increment(db)
    async with db.glance() as tx:
        assert (await tx.execute(select(counter.c.n))).scalar_one() == 1


async def test_who_glances_inside_a_glance_waits_for_it_no_longer_than_the_deadline(db):
    async with db.glance():
        with pytest.raises(Unavailable):
            async with db.glance():
                """Never comes here: there is one connection to glance by."""
    async with db.glance() as tx:
        assert (await tx.exec_driver_sql("SELECT 1")).scalar_one() == 1


async def test_a_reader_whose_first_statement_fails_leaves_its_connection_usable(db):
    for _ in range(2 * READERS):
        with pytest.raises(OperationalError):
            async with db.read() as tx:
                await tx.exec_driver_sql("SELECT nothing FROM nowhere")
        async with db.read():
            """Begin a transaction in which nothing is asked."""
    async with db.read() as tx:
        assert (await tx.exec_driver_sql("SELECT 1")).scalar_one() == 1
