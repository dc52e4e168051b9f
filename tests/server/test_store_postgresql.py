"""What is PostgreSQL's own: rows that are held, servers that go away, several processes."""

import asyncio

import pytest
from sqlalchemy import select, text

from tests.support import postgres, record
from tests.support.counter import count, counter, counting, increment
from vap_meet.domain.errors import InvalidRequest, Unavailable
from vap_meet.store.engine import Database, DatabaseInUse


@pytest.fixture
async def url():
    async with postgres.fresh_url() as url:
        yield url


@pytest.fixture
async def db(url):
    async with record.open_database(url, write_deadline_s=0.5) as db, counting(db):
        yield db


async def test_twenty_increments_through_two_databases_give_twenty(url, db):
    async with record.open_database(url) as other, asyncio.TaskGroup() as group:
        for one in [db, other] * 10:
            group.create_task(increment(one))
    assert await count(db) == 20


async def test_a_row_given_back_within_the_deadline_is_only_a_wait(db):
    async with db.write() as tx:
        await tx.execute(select(counter).with_for_update())
        waiter = asyncio.create_task(increment(db))
        await until_somebody_waits(db)
    await waiter
    assert await count(db) == 1


async def test_a_row_held_beyond_the_deadline_is_unavailable(db):
    async with db.write() as tx:
        await tx.execute(select(counter).with_for_update())
        with pytest.raises(Unavailable):
            await increment(db)
    await increment(db)
    assert await count(db) == 1


async def until_somebody_waits(db):
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(5):
        while True:
            async with db.read() as tx:
                if (await tx.execute(waiting)).scalar_one():
                    return


async def test_of_two_that_wait_for_each_other_one_is_unavailable_and_one_is_kept(db, url):
    async with db.write() as tx:
        await tx.execute(counter.insert().values(n=100))
    met = asyncio.Barrier(2)

    async def take(first, second):
        async with patient.write() as tx:
            await tx.execute(text(f"UPDATE counter SET n = n + 1 WHERE {first}"))
            await met.wait()
            await tx.execute(text(f"UPDATE counter SET n = n + 1 WHERE {second}"))

    low, high = "n < 100", "n >= 100"
    async with record.open_database(url) as patient:
        results = await asyncio.gather(take(low, high), take(high, low), return_exceptions=True)
    assert {type(result) for result in results} == {Unavailable, type(None)}
    async with db.read() as tx:
        assert sorted((await tx.execute(select(counter.c.n))).scalars()) == [1, 101]
    async with db.write() as tx:
        await tx.execute(counter.delete())


async def test_a_connection_that_the_server_ends_in_a_transaction_is_unavailable_and_the_pool_recovers(db):
    with pytest.raises(Unavailable):  # noqa: PT012 - all of it is one transaction
        async with db.write() as tx:
            await tx.execute(counter.update().values(n=9))
            own = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with db.write() as other:
                await other.execute(text(f"SELECT pg_terminate_backend({own})"))
            await tx.execute(select(counter))
    await increment(db)
    assert await count(db) == 1


async def test_a_process_frozen_in_a_transaction_holds_nobody_up_for_long(db):
    with pytest.raises(Unavailable):  # noqa: PT012 - all of it is one transaction
        async with db.write() as tx:
            await tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
            await tx.execute(counter.update().values(n=9))
            await increment(db)  # as another process would: it waits until the server has ended this one
            assert await count(db) == 1
            await tx.execute(select(counter))
    assert await count(db) == 1


async def test_a_text_that_it_cannot_hold_is_the_callers_mistake(db):
    with pytest.raises(InvalidRequest):
        async with db.read() as tx:
            await tx.execute(text("SELECT :told"), {"told": "a\0b"})


async def test_a_server_that_stops_is_unavailable_and_serves_again_when_it_is_back():
    server = postgres.new_server()
    try:
        async with (
            record.open_database(server.url("postgres"), write_deadline_s=0.5) as db,
            counting(db),
        ):
            await increment(db)
            await asyncio.to_thread(server.stop, "immediate")
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await increment(db)
                with pytest.raises(Unavailable):
                    await count(db)
            await asyncio.to_thread(server.start)
            for n in range(2, 8):
                await increment(db)
                assert await count(db) == n
    finally:
        postgres.remove(server)


@pytest.mark.parametrize("wrong", [{"database": "nowhere"}, {"query": {"host": "/nowhere"}}])
async def test_a_database_that_cannot_be_reached_is_unavailable(url, wrong):
    with pytest.raises(Unavailable):
        await Database.open(url.set(**wrong))


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
async def test_processes_that_know_nothing_of_each_other_do_not_serve_together(url, first, second):
    async with (
        record.open_database(url, write_deadline_s=0.2) as one,
        record.open_database(url, write_deadline_s=0.2) as other,
    ):
        await one.claim(alone=first)
        with pytest.raises(DatabaseInUse, match=r"already serves the database .*VAP_REDIS"):
            await other.claim(alone=second)
        async with other.write() as tx:  # commands work beside a server
            await tx.execute(text("SELECT 1"))


async def test_processes_that_share_a_redis_serve_together_and_a_lone_one_after_them(url):
    async with record.open_database(url, write_deadline_s=0.2) as last:
        async with record.open_database(url) as one, record.open_database(url) as other:
            await one.claim(alone=False)
            await other.claim(alone=False)
        await last.claim(alone=True)


async def test_who_serves_can_be_lost_without_the_next_one_being_refused(url):
    async with record.open_database(url) as one, record.open_database(url) as other:
        await one.claim(alone=True)
        async with other.write() as tx:
            await tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database "
                    "WHERE locktype = 'advisory' AND datname = current_database()"
                )
            )
        await other.claim(alone=True)


@pytest.mark.parametrize("way", ["read", "write"])
async def test_what_is_at_work_while_the_database_closes_is_closed_when_it_is_given_back(url, way):
    db = await Database.open(url)
    async with getattr(db, way)() as tx:
        line = (await tx.get_raw_connection()).driver_connection
        await db.close()
        assert not line.is_closed()
    assert line.is_closed()
