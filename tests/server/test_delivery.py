import asyncio
import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.record import NOON, TurnedClock, fresh_database, locked
from vap_meet.domain.errors import Unavailable
from vap_meet.domain.outbox import GIVE_UP_AFTER
from vap_meet.services.delivery import AT_ONCE, LEASE, Dispatcher, NotKept
from vap_meet.store import outbox, schema

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.3) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


class Listener:
    """Keeps what it was told; raises for payloads in `deaf_to`."""

    def __init__(self):
        self.heard = []
        self.deaf_to = set()
        self.told = asyncio.Event()

    async def __call__(self, payload):
        self.heard.append(payload)
        self.told.set()
        if payload in self.deaf_to:
            raise ConnectionError(f"secret of {payload}")


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def dispatcher(db, clock, listener):
    return Dispatcher(db=db, clock=clock, handlers={"told": listener}, chance=lambda: 0.0)


async def promise(db, *payloads, lane="one", kind="told", at=NOON):
    async with db.write() as tx:
        for payload in payloads:
            await outbox.promise(tx, lane=lane, kind=kind, payload=payload, at=at)


async def claim(tx, *, now=NOON, at_most=1):
    return await outbox.claim(tx, "told", now=now, until=now + LEASE, at_most=at_most, worker="w1")


async def rows(db):
    async with db.read() as tx:
        return (await tx.execute(select(schema.outbox).order_by(schema.outbox.c.id))).all()


async def until_idle(dispatcher):
    while await dispatcher.run_once():
        pass


async def test_what_was_promised_is_told_once(db, dispatcher, listener):
    await promise(db, "a")
    await until_idle(dispatcher)
    await until_idle(dispatcher)
    assert listener.heard == ["a"]
    (row,) = await rows(db)
    assert (row.done_at, row.attempts) == (NOON, 1)


async def test_a_lane_keeps_its_order_and_lanes_do_not_wait_for_each_other(db, dispatcher, listener):
    await promise(db, "a1", "a2", "a3", lane="a")
    await promise(db, "b1", lane="b")
    assert await dispatcher.run_once() == 2
    assert sorted(listener.heard) == ["a1", "b1"]
    await until_idle(dispatcher)
    assert [told for told in listener.heard if told.startswith("a")] == ["a1", "a2", "a3"]


async def test_a_failed_message_holds_back_its_own_lane_alone(db, dispatcher, listener, clock):
    listener.deaf_to.add("a1")
    await promise(db, "a1", "a2", lane="a")
    await promise(db, "b1", "b2", lane="b")
    await until_idle(dispatcher)
    assert sorted(listener.heard) == ["a1", "b1", "b2"]
    listener.deaf_to.clear()
    clock.turn(seconds=2)
    await until_idle(dispatcher)
    assert listener.heard[-2:] == ["a1", "a2"]


async def test_the_wait_between_attempts_doubles_up_to_a_quarter_of_an_hour(db, dispatcher, listener, clock):
    listener.deaf_to.add("a")
    await promise(db, "a")
    waits = []
    for _ in range(13):
        await until_idle(dispatcher)
        (row,) = await rows(db)
        waits.append((row.due_at - clock()).total_seconds())
        clock.now = row.due_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_chance_takes_up_to_half_of_the_wait_away(db, clock, listener):
    listener.deaf_to.add("a")
    await promise(db, "a")
    await Dispatcher(db=db, clock=clock, handlers={"told": listener}, chance=lambda: 0.5).run_once()
    (row,) = await rows(db)
    assert row.due_at == NOON + timedelta(seconds=0.75)


async def test_an_error_is_kept_by_its_type_and_not_its_text(db, dispatcher, listener):
    listener.deaf_to.add("a")
    await promise(db, "a")
    await dispatcher.run_once()
    (row,) = await rows(db)
    assert row.last_error == "ConnectionError"


async def test_after_three_days_a_message_is_parked_and_its_lane_goes_on(db, dispatcher, listener, clock):
    listener.deaf_to.add("a1")
    await promise(db, "a1", "a2", lane="a")
    clock.now = NOON + GIVE_UP_AFTER
    await until_idle(dispatcher)
    first, second = await rows(db)
    assert (first.done_at, first.parked_at) == (None, clock())
    assert second.done_at == clock()


async def test_a_kind_that_nobody_handles_waits(db, dispatcher):
    await promise(db, "a", kind="unheard")
    await dispatcher.run_once()
    (row,) = await rows(db)
    assert (row.done_at, row.last_error) == (None, "no handler")


async def test_a_handler_that_never_answers_is_given_up_at_its_deadline(db, clock):
    async def silent(payload):
        await asyncio.Event().wait()

    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": silent}, handler_deadline_s=0.01)
    await promise(db, "a")
    await dispatcher.run_once()
    (row,) = await rows(db)
    assert (row.done_at, row.last_error) == (None, "TimeoutError")


async def test_what_a_dead_worker_claimed_comes_due_again(db, dispatcher, listener, clock):
    await promise(db, "a1", "a2")
    async with db.write() as tx:
        await claim(tx, at_most=10)
    await until_idle(dispatcher)
    assert listener.heard == []
    clock.now = NOON + LEASE
    await until_idle(dispatcher)
    assert listener.heard == ["a1", "a2"]


async def test_two_workers_never_hold_the_same_message(db):
    for lane in range(20):
        await promise(db, f"{lane}", lane=f"{lane}")

    async def one_worker():
        async with db.write() as tx:
            return await claim(tx, at_most=10)

    claims = await asyncio.gather(*(one_worker() for _ in range(4)))
    claimed = [message.id for messages in claims for message in messages]
    assert len(claimed) == 20
    assert len(set(claimed)) == 20


async def test_a_worker_that_was_too_slow_does_not_undo_the_next_ones_claim(db, clock):
    await promise(db, "a")
    async with db.write() as tx:
        (slow,) = await claim(tx)
    later = NOON + LEASE
    async with db.write() as tx:
        (_,) = await claim(tx, now=later)
        await outbox.retry(tx, slow, due_at=NOON, blocks_until=NOON, error="late")
        await outbox.park(tx, slow, at=NOON, error="late")
    (row,) = await rows(db)
    assert (row.due_at, row.parked_at) == (later + LEASE, None)


@contextlib.asynccontextmanager
async def running(dispatcher):
    task = asyncio.create_task(dispatcher.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_wake_up_is_answered_without_waiting_for_the_poll(db, clock, listener):
    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": listener}, poll_s=3600)
    async with running(dispatcher), asyncio.timeout(5):
        await promise(db, "a")
        dispatcher.wake()
        await listener.told.wait()


async def test_a_missed_wake_up_is_repaired_by_the_poll(db, clock, listener):
    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": listener}, poll_s=0.01)
    async with running(dispatcher), asyncio.timeout(5):
        await promise(db, "a")
        await listener.told.wait()


async def test_the_worker_outlives_a_locked_database(db, clock, listener):
    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": listener}, poll_s=0.01)
    await promise(db, "a")
    async with locked(db) as release:
        with pytest.raises(Unavailable):
            await dispatcher.run_once()
        async with running(dispatcher) as task, asyncio.timeout(5):
            await release()
            await listener.told.wait()
            assert not task.done()


async def test_a_failing_message_holds_its_lane_back_for_ten_minutes_at_most(db, dispatcher, listener, clock):
    listener.deaf_to.add("a1")
    await promise(db, "a1", "a2", "a3", lane="a")
    await until_idle(dispatcher)
    while clock() < NOON + timedelta(minutes=9, seconds=59):
        clock.turn(seconds=1)
        await until_idle(dispatcher)
    assert set(listener.heard) == {"a1"}
    clock.turn(seconds=1)
    await until_idle(dispatcher)
    assert [told for told in listener.heard if told != "a1"] == ["a2", "a3"]


async def test_a_message_that_was_not_tried_for_long_still_goes_first(db, dispatcher, listener, clock):
    await promise(db, "a1", "a2", lane="a")
    clock.turn(hours=1)
    listener.deaf_to.add("a1")
    await until_idle(dispatcher)
    assert listener.heard == ["a1"]


async def test_what_will_never_be_kept_is_parked_at_once(db, clock):
    async def never(payload):
        raise NotKept("endpoint disabled", final=True)

    await promise(db, "a")
    await Dispatcher(db=db, clock=clock, handlers={"told": never}).run_once()
    (row,) = await rows(db)
    assert (row.parked_at, row.last_error) == (NOON, "endpoint disabled")


async def test_attempts_are_recorded_in_the_transaction_that_ends_them(db, clock, listener):
    seen = []

    async def record(tx, tried):
        done = (await tx.execute(select(schema.outbox.c.done_at))).scalars().all()
        seen.append((done, [(one.error, one.given_up) for one in tried]))

    await promise(db, "a")
    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": listener}, recorders={"told": record})
    await dispatcher.run_once()
    assert seen == [([NOON], [(None, False)])]


async def test_one_party_that_never_answers_keeps_no_other_waiting(db, clock, listener):
    async def silent(payload):
        await asyncio.Event().wait()

    dispatcher = Dispatcher(
        db=db, clock=clock, handlers={"silent": silent, "told": listener}, poll_s=0.01, handler_deadline_s=60
    )
    for number in range(AT_ONCE * 2):
        await promise(db, f"{number}", lane=f"silent{number}", kind="silent")
    async with running(dispatcher), asyncio.timeout(5):
        await asyncio.sleep(0)
        await promise(db, "a")
        dispatcher.wake()
        await listener.told.wait()


async def test_the_next_of_a_lane_goes_as_soon_as_the_first_is_done(db, clock):
    heard = []
    all_told = asyncio.Event()

    async def hear(payload):
        heard.append(payload)
        if len(heard) == 3:
            all_told.set()

    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": hear}, poll_s=3600)
    await promise(db, "a1", "a2", "a3", lane="a")
    async with running(dispatcher), asyncio.timeout(5):
        await all_told.wait()
    assert heard == ["a1", "a2", "a3"]


async def test_a_lone_worker_takes_up_at_once_what_a_killed_one_was_at(db, clock, listener):
    await promise(db, "a1", "a2", lane="a")
    async with db.write() as tx:
        await claim(tx)
    dispatcher = Dispatcher(db=db, clock=clock, handlers={"told": listener}, poll_s=3600, alone=True)
    async with running(dispatcher), asyncio.timeout(5):
        await listener.told.wait()
    assert listener.heard[0] == "a1"


async def test_messages_are_late_when_nobody_is_at_their_party_and_not_when_it_is_slow(db):
    await promise(db, "a", lane="a")
    await promise(db, "b", lane="b")
    later = NOON + timedelta(minutes=10)
    async with db.read() as tx:
        assert await outbox.late_since(tx, later)
    async with db.write() as tx:
        await claim(tx, now=later)
        assert not await outbox.late_since(tx, later)
