import asyncio
import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support.record import NOON, TurnedClock, a_booking, fresh_database
from vap_meet.domain.errors import NotFound
from vap_meet.services.booking import Booking
from vap_meet.services.sealing import LEASE, Sealer, erase_personal, verify
from vap_meet.store import audit
from vap_meet.store.schema import audit_entry

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def sealer(db, clock):
    return Sealer(db=db, clock=clock, holder="one")


async def write(db, count, *, appointment_id=None):
    async with db.write() as tx:
        for n in range(count):
            await audit.record(
                tx,
                at=NOON + timedelta(microseconds=n),
                action="test.written",
                appointment_id=appointment_id,
                public={"n": n},
                personal={"name": f"متعامل {n}"},
            )


async def entries(db):
    async with db.read() as tx:
        return (await tx.execute(select(audit_entry).order_by(audit_entry.c.id))).all()


async def alter(db, number, /, **values):
    async with db.write() as tx:
        await tx.execute(update(audit_entry).where(audit_entry.c.seal_no == number).values(**values))


async def test_an_entry_is_written_unsealed_and_sealed_in_its_order(db, sealer):
    await write(db, 3)
    assert [entry.seal_no for entry in await entries(db)] == [None] * 3
    assert await sealer.run_once() == 3
    assert [entry.seal_no for entry in await entries(db)] == [1, 2, 3]
    assert await sealer.run_once() == 0


async def test_an_entry_that_was_rolled_back_leaves_no_gap(db, sealer):
    await write(db, 1)
    with contextlib.suppress(RuntimeError):
        async with db.write() as tx:
            await audit.record(tx, at=NOON, action="test.undone", appointment_id=None, public={})
            raise RuntimeError
    await write(db, 1)
    await sealer.run_once()
    report = await verify(db)
    assert (report.intact, report.sealed) == (True, 2)


async def test_a_chain_over_many_batches_is_whole(db, sealer):
    await write(db, 1203)
    while await sealer.run_once():
        pass
    await write(db, 2)
    report = await verify(db)
    assert (report.intact, report.sealed, report.unsealed) == (True, 1203, 2)
    assert "1203" in report.sentence


async def test_an_empty_log_is_whole(db):
    assert (await verify(db)).intact


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"public": b'{"action":"test.written","appointment_id":null,"at":"x","public":{}}'}, "sealed"),
        ({"hash": bytes(32)}, "sealed"),
        ({"commitment": bytes(32)}, "sealed"),
        ({"action": "test.other"}, "columns"),
        ({"at": NOON}, "columns"),
        ({"appointment_id": "a2"}, "columns"),
        ({"personal": b'{"name":"other"}'}, "personal part"),
        ({"salt": bytes(32)}, "personal part"),
        ({"personal": None}, "personal part"),
        ({"personal": None, "salt": None}, "without an entry"),
        ({"seal_no": 90}, "missing"),
        ({"seal_no": None}, "missing"),
    ],
)
async def test_any_alteration_is_found_at_its_place(db, sealer, values, fault):
    await write(db, 5)
    await sealer.run_once()
    await alter(db, 3, **values)
    report = await verify(db)
    assert not report.intact
    assert report.broken_at == 3
    assert fault in report.fault
    assert "number 3" in report.sentence


async def test_a_deleted_entry_is_missed(db, sealer):
    await write(db, 5)
    await sealer.run_once()
    async with db.write() as tx:
        await tx.execute(audit_entry.delete().where(audit_entry.c.seal_no == 2))
    assert (await verify(db)).broken_at == 2


async def test_two_entries_that_changed_places_are_found(db, sealer):
    await write(db, 3)
    await sealer.run_once()
    await alter(db, 1, seal_no=90)
    await alter(db, 2, seal_no=1)
    await alter(db, 90, seal_no=2)
    assert (await verify(db)).broken_at == 1


async def test_a_second_sealer_does_nothing_until_the_lease_runs_out(db, sealer, clock):
    other = Sealer(db=db, clock=clock, holder="two")
    await write(db, 1)
    assert await sealer.run_once() == 1
    await write(db, 1)
    assert await other.run_once() == 0
    clock.turn(seconds=LEASE.total_seconds())
    assert await other.run_once() == 1
    await write(db, 1)
    assert await sealer.run_once() == 0
    assert (await verify(db)).intact


async def test_writers_and_a_sealer_at_once_make_one_chain(db, sealer):
    async def seal():
        for _ in range(30):
            await sealer.run_once()

    await asyncio.gather(seal(), *(write(db, 5) for _ in range(10)))
    await sealer.run_once()
    report = await verify(db)
    assert (report.intact, report.sealed) == (True, 50)


async def test_the_sealer_runs_by_itself(db, clock):
    task = asyncio.create_task(Sealer(db=db, clock=clock, every_s=0.005).run())
    try:
        await write(db, 3)
        async with asyncio.timeout(5):
            while (await verify(db)).sealed < 3:
                pass
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def booked(db, clock):
    await Booking(db=db, clock=clock).put("a1", a_booking(), by="api:1", if_match=None)


@pytest.mark.parametrize("sealed_before", [True, False])
async def test_erasing_takes_the_personal_part_and_leaves_the_chain_whole(
    db, sealer, clock, booked, sealed_before
):
    await write(db, 2, appointment_id="a1")
    if sealed_before:
        await sealer.run_once()
    assert await erase_personal(db, clock, "a1", by="staff:s1") == 3
    await sealer.run_once()
    report = await verify(db)
    assert (report.intact, report.sealed, report.erased) == (True, 4, 3)
    found = await entries(db)
    assert [entry.action for entry in found][-1] == "audit.erased"
    assert all(entry.personal is None and entry.salt is None for entry in found[:3])


async def test_erasing_spares_others_and_erasing_again_does_nothing(db, sealer, clock, booked):
    await write(db, 1)
    await erase_personal(db, clock, "a1", by="staff:s1")
    assert await erase_personal(db, clock, "a1", by="staff:s1") == 0
    actions = [entry.action for entry in await entries(db) if entry.personal is not None]
    assert actions == ["test.written"]
    assert [entry.action for entry in await entries(db)].count("audit.erased") == 1


async def test_erased_text_is_gone_from_the_file(db, sealer, clock, booked, tmp_path):
    await erase_personal(db, clock, "a1", by="staff:s1")
    async with db.write() as tx:  # the record itself is not the audit log's to erase
        await tx.exec_driver_sql("UPDATE appointment SET customer_email = NULL")
    await db.close()
    for path in tmp_path.glob("record.sqlite*"):
        assert b"customer1@example.org" not in path.read_bytes()


async def test_nothing_is_erased_of_an_unknown_appointment(db, clock):
    with pytest.raises(NotFound):
        await erase_personal(db, clock, "nowhere", by="staff:s1")
