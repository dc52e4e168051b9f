import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from tests.support.record import NOON, TurnedClock, a_booking, fresh_database
from vap_meet.domain.appointment import AppointmentState, Customer, Mode, ServiceName
from vap_meet.domain.errors import (
    AppointmentExists,
    InvalidRequest,
    NotFound,
    VersionConflict,
    WrongState,
)
from vap_meet.services.booking import Booking
from vap_meet.store import audit, schema

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def booking(db, clock):
    return Booking(db=db, clock=clock)


async def promises(db):
    async with db.read() as tx:
        return [(row.lane, row.kind, row.payload) for row in await tx.execute(select(schema.outbox))]


async def actions(db, appointment_id="a1"):
    async with db.read() as tx:
        return [entry.action for entry in await audit.of_appointment(tx, appointment_id)]


async def set_state(db, state, appointment_id="a1"):
    async with db.write() as tx:
        table = schema.appointment
        await tx.execute(table.update().where(table.c.id == appointment_id).values(state=state))


async def test_a_booking_reads_back_as_it_was_put(booking):
    put, created = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    assert created
    assert await booking.get("a1") == put
    assert (put.state, put.schedule_version, put.revision) == (AppointmentState.BOOKED, 1, 1)
    assert put.ends_at - put.starts_at == timedelta(minutes=15)
    assert put.starts_at.tzinfo is UTC


async def test_the_same_booking_again_is_the_same_record(booking, db, clock):
    first, _ = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    clock.turn(minutes=5)
    again, created = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    assert (again, created) == (first, False)
    assert await actions(db) == ["appointment.booked"]


async def test_the_same_time_in_another_zone_is_the_same_booking(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    dubai = a_booking(starts_at=a_booking().starts_at.astimezone(timezone(timedelta(hours=4))))
    _, created = await booking.put("a1", dubai, by="api:1", if_match=None)
    assert not created


async def test_a_booking_repeated_after_a_move_is_no_conflict_and_moves_nothing_back(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    later = NOON + timedelta(days=1)
    await booking.move("a1", starts_at=later, duration_minutes=None, by="api:1", if_match=1)
    again, created = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    assert not created
    assert again.starts_at == later


async def test_other_content_under_the_same_id_is_refused(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    with pytest.raises(AppointmentExists):
        await booking.put("a1", a_booking(mode=Mode.SOUND), by="api:1", if_match=None)


async def test_twenty_puts_at_once_create_one_appointment(booking, db):
    results = await asyncio.gather(
        *(booking.put("a1", a_booking(), by="api:1", if_match=None) for _ in range(20))
    )
    assert sorted(created for _, created in results) == [False] * 19 + [True]
    assert len({appointment.reference for appointment, _ in results}) == 1
    assert await actions(db) == ["appointment.booked"]


async def test_of_two_different_puts_at_once_one_is_refused(booking):
    results = await asyncio.gather(
        booking.put("a1", a_booking(), by="api:1", if_match=None),
        booking.put("a1", a_booking(mode=Mode.SOUND), by="api:2", if_match=None),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(AppointmentExists) == 1


async def test_an_edit_with_the_right_version_raises_only_the_revision(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    edited, created = await booking.put("a1", a_booking(mode=Mode.SOUND), by="api:1", if_match=1)
    assert not created
    assert (edited.mode, edited.revision, edited.schedule_version) == (Mode.SOUND, 2, 1)
    assert await booking.get("a1") == edited
    assert await promises(db) == []


async def test_an_edit_to_another_time_ends_the_links_of_the_old_one(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    moved, _ = await booking.put("a1", a_booking(starts_at=NOON + timedelta(days=1)), by="api:1", if_match=1)
    assert (moved.revision, moved.schedule_version) == (2, 2)
    assert await promises(db) == [("room:a1", "room.revoke", '{"participant":null,"room":"a1"}')]


async def test_an_edit_with_a_stale_version_changes_nothing(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    edited, _ = await booking.put("a1", a_booking(mode=Mode.SOUND), by="api:1", if_match=1)
    with pytest.raises(VersionConflict):
        await booking.put("a1", a_booking(question="Another"), by="api:2", if_match=1)
    assert await booking.get("a1") == edited


async def test_an_edit_whose_response_was_lost_can_be_repeated(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    edited, _ = await booking.put("a1", a_booking(mode=Mode.SOUND), by="api:1", if_match=1)
    assert await booking.put("a1", a_booking(mode=Mode.SOUND), by="api:1", if_match=1) == (edited, False)


async def test_of_ten_edits_of_one_version_at_once_one_wins(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    results = await asyncio.gather(
        *(booking.put("a1", a_booking(question=f"{n}"), by="api:1", if_match=1) for n in range(10)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(VersionConflict) == 9
    assert (await booking.get("a1")).revision == 2


async def test_an_edit_of_nothing_is_refused(booking):
    with pytest.raises(VersionConflict):
        await booking.put("a1", a_booking(), by="api:1", if_match=1)
    with pytest.raises(NotFound):
        await booking.get("a1")


async def test_moving_raises_both_versions_and_tells_the_room(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    later = NOON + timedelta(days=1)
    moved = await booking.move("a1", starts_at=later, duration_minutes=30, by="api:1", if_match=1)
    assert (moved.starts_at, moved.ends_at) == (later, later + timedelta(minutes=30))
    assert (moved.schedule_version, moved.revision) == (2, 2)
    assert await promises(db) == [("room:a1", "room.revoke", '{"participant":null,"room":"a1"}')]
    assert await actions(db) == ["appointment.booked", "appointment.moved"]


async def test_moving_without_a_duration_keeps_it(booking):
    await booking.put("a1", a_booking(duration_minutes=45), by="api:1", if_match=None)
    later = NOON + timedelta(days=1)
    moved = await booking.move("a1", starts_at=later, duration_minutes=None, by="api:1", if_match=1)
    assert moved.ends_at == later + timedelta(minutes=45)


async def test_moving_to_the_same_time_changes_nothing(booking, db):
    put, _ = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    assert put == await booking.move(
        "a1", starts_at=put.starts_at, duration_minutes=None, by="api:1", if_match=1
    )
    assert await promises(db) == []


async def test_moving_with_a_stale_version_or_during_the_session_is_refused(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    later = NOON + timedelta(days=1)
    with pytest.raises(VersionConflict):
        await booking.move("a1", starts_at=later, duration_minutes=None, by="api:1", if_match=2)
    await set_state(db, "in_session")
    with pytest.raises(WrongState):
        await booking.move("a1", starts_at=later, duration_minutes=None, by="api:1", if_match=1)
    assert await promises(db) == []


async def test_moving_someone_who_waits_makes_it_booked_again(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    await set_state(db, "waiting")
    moved = await booking.move(
        "a1", starts_at=NOON + timedelta(days=1), duration_minutes=None, by="api:1", if_match=1
    )
    assert moved.state is AppointmentState.BOOKED


async def test_cancelling_tells_the_room_once_and_again_changes_nothing(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    cancelled = await booking.cancel("a1", reason="طلب المتعامل", by="api:1", if_match=None)
    assert (cancelled.state, cancelled.cancel_reason) == (AppointmentState.CANCELLED, "طلب المتعامل")
    assert (cancelled.schedule_version, cancelled.revision) == (2, 2)
    assert await booking.cancel("a1", reason="other", by="api:1", if_match=1) == cancelled
    assert len(await promises(db)) == 1


async def test_cancelling_with_a_stale_version_or_after_the_end_is_refused(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    with pytest.raises(VersionConflict):
        await booking.cancel("a1", reason="", by="api:1", if_match=2)
    await set_state(db, "completed")
    with pytest.raises(WrongState):
        await booking.cancel("a1", reason="", by="api:1", if_match=None)


async def test_nothing_is_edited_once_it_is_over(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    await set_state(db, "completed")
    with pytest.raises(WrongState):
        await booking.put("a1", a_booking(mode=Mode.SOUND), by="api:1", if_match=1)


async def test_the_public_part_of_the_audit_log_names_nobody(booking, db):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    await booking.put("a1", a_booking(question="متعامل 1"), by="api:1", if_match=1)
    await booking.cancel("a1", reason="متعامل 1", by="api:1", if_match=None)
    async with db.read() as tx:
        entries = await audit.of_appointment(tx, "a1")
    for entry in entries:
        text = entry.public.decode()
        assert "متعامل" not in text
        assert "+971" not in text
        assert "example.org" not in text
    assert "متعامل 1" in entries[0].personal.decode()


async def test_a_reference_that_is_taken_is_drawn_again(db, clock):
    letters = iter("A" * 8 + "A" * 8 + "B" * 8)
    booking = Booking(db=db, clock=clock, choose=lambda _: next(letters))
    first, _ = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    second, _ = await booking.put("a2", a_booking(), by="api:1", if_match=None)
    assert (first.reference, second.reference) == ("VM-AAAA-AAAA", "VM-BBBB-BBBB")


async def test_what_was_promised_wakes_the_dispatcher_after_the_commit(db, clock):
    seen = []
    booking = Booking(db=db, clock=clock, wake=lambda: seen.append("woken"))
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    await booking.cancel("a1", reason="", by="api:1", if_match=None)
    assert seen == ["woken", "woken"]


CUSTOMER = a_booking().customer
SERVICE = a_booking().service


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("customer.phone", a_booking(customer=replace(CUSTOMER, phone="0500000001"))),
        ("customer.phone", a_booking(customer=replace(CUSTOMER, phone="+97150000000100000"))),
        ("customer.phone", a_booking(customer=replace(CUSTOMER, phone="+٩٧١٥٠٠٠٠٠٠٠١"))),
        ("customer.email", a_booking(customer=replace(CUSTOMER, email="nobody"))),
        ("customer.email", a_booking(customer=replace(CUSTOMER, email="a@b.example\nBcc: c"))),
        ("customer.name", a_booking(customer=Customer(name="  "))),
        ("customer.name", a_booking(customer=Customer(name="x" * 121))),
        ("customer.name", a_booking(customer=Customer(name="one\ntwo"))),
        ("customer.name", a_booking(customer=Customer(name="half \ud800"))),
        ("service.id", a_booking(service=replace(SERVICE, id=""))),
        ("service.nameAr", a_booking(service=ServiceName(id="x", name_ar="", name_en="X"))),
        ("startsAt", a_booking(starts_at=datetime(2026, 9, 28, 8, 0))),  # noqa: DTZ001 - naive on purpose
        ("startsAt", a_booking(starts_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))),
        ("durationMinutes", a_booking(duration_minutes=4)),
        ("durationMinutes", a_booking(duration_minutes=121)),
        ("question", a_booking(question="x" * 2001)),
        ("requestNumber", a_booking(request_number="x" * 65)),
    ],
)
async def test_content_that_cannot_be_is_refused_by_field(booking, field, request_):
    with pytest.raises(InvalidRequest) as refusal:
        await booking.put("a1", request_, by="api:1", if_match=None)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize("bad", ["", ".", "a/b", "x" * 65, "ض", "a b"])
async def test_an_id_that_cannot_be_is_refused(booking, bad):
    with pytest.raises(InvalidRequest):
        await booking.put(bad, a_booking(), by="api:1", if_match=None)


async def test_a_move_to_a_time_without_a_zone_is_refused(booking):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    naive = datetime(2026, 9, 28, 8, 0)  # noqa: DTZ001 - naive on purpose
    with pytest.raises(InvalidRequest):
        await booking.move("a1", starts_at=naive, duration_minutes=None, by="api:1", if_match=1)


async def test_the_same_move_again_is_the_same_move_and_an_older_version_is_not(booking, clock):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)

    async def move(if_match):
        later = NOON + timedelta(hours=3)
        return await booking.move("a1", starts_at=later, duration_minutes=None, by="api:1", if_match=if_match)

    moved = await move(1)
    assert await move(1) == moved == await move(2)
    await booking.put("a1", a_booking(starts_at=moved.starts_at, question="؟"), by="api:1", if_match=2)
    with pytest.raises(VersionConflict):
        await move(1)


async def test_nobody_can_be_booked_into_the_past(booking, clock):
    over = replace(a_booking(), starts_at=clock() - timedelta(minutes=15))
    with pytest.raises(InvalidRequest) as refusal:
        await booking.put("a1", over, by="api:1", if_match=None)
    assert set(refusal.value.fields) == {"startsAt"}
    under_way = replace(a_booking(), starts_at=clock() - timedelta(minutes=14))
    await booking.put("a1", under_way, by="api:1", if_match=None)


async def test_an_appointment_can_not_move_into_the_past(booking, clock):
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    with pytest.raises(InvalidRequest):
        await booking.move(
            "a1", starts_at=clock() - timedelta(hours=1), duration_minutes=None, by="api:1", if_match=1
        )
    assert (await booking.get("a1")).revision == 1


async def test_the_same_booking_is_still_the_same_when_its_time_has_passed(booking, clock):
    first, _ = await booking.put("a1", a_booking(), by="api:1", if_match=None)
    clock.turn(days=2)
    assert await booking.put("a1", a_booking(), by="api:1", if_match=None) == (first, False)
