import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from tests.support.slots import TEN, TEN_TO_NOON, a_desk, race
from vap_meet.domain.availability import Need
from vap_meet.domain.errors import AppointmentExists, InvalidRequest, NotFound, WrongState
from vap_meet.domain.slot_errors import (
    ChangeTooLate,
    InterpreterTaken,
    NotBookable,
    OutsideHours,
    SlotPast,
    SlotTaken,
    TimeDoubled,
    TimeMissing,
)
from vap_meet.store import schema
from vap_meet.store.schema_availability import reservation, reserved_tick

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def desk(tmp_path):
    async with a_desk(tmp_path) as desk:
        yield desk


def later(minutes):
    return TEN + timedelta(minutes=minutes)


async def reserved(desk):
    """Return by appointment which minutes after ten are reserved for it."""
    async with desk.db.read() as tx:
        rows = await tx.execute(select(reserved_tick.c.appointment_id, reserved_tick.c.tick))
        found = {}
        for appointment_id, tick in rows:
            found.setdefault(appointment_id, []).append(round(tick * 5 - TEN.timestamp() / 60))
        return {name: sorted(minutes) for name, minutes in found.items()}


async def test_a_booking_takes_its_time_and_the_buffer_and_is_offered_no_more(desk):
    await desk.open()
    assert await desk.starts() == [0, 20, 40, 60, 80, 100]
    booked = await desk.book("a1", later(20))
    assert (booked.starts_at, booked.ends_at) == (later(20), later(35))
    assert await reserved(desk) == {"a1": [20, 25, 30, 35]}
    assert await desk.starts() == [0, 40, 60, 80, 100]
    with pytest.raises(SlotTaken):
        await desk.book("a2", later(20))


async def test_the_same_booking_again_is_the_same_record_and_takes_nothing_more(desk):
    await desk.open(officials=2)
    first = await desk.book("a1")
    assert await desk.book("a1") == first
    assert len((await reserved(desk))["a1"]) == 4
    with pytest.raises(AppointmentExists):
        await desk.book("a1", later(20))


async def test_bookings_go_to_who_has_least_that_day(desk):
    await desk.open(officials=5)  # the first and the fifth start at the same times
    await desk.book("a1")
    await desk.book("a2", later(20))
    async with desk.db.read() as tx:
        units = [row.unit_id for row in await tx.execute(select(reservation))]
    assert len(set(units)) == 2


async def test_a_refused_booking_leaves_nothing(desk):
    await desk.open()
    await desk.book("a1")
    for start, refusal in ((TEN, SlotTaken), (later(-60), OutsideHours), (later(-60 * 24), SlotPast)):
        with pytest.raises(refusal):
            await desk.book("a2", start)
    async with desk.db.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(schema.appointment))).scalar_one() == 1
        assert (await tx.execute(select(func.count()).select_from(schema.outbox))).scalar_one() == 0


async def test_cancelling_gives_the_time_back(desk):
    await desk.open()
    booked = await desk.book("a1")
    await desk.availability.cancel(booked, reason="", by="customer")
    assert await reserved(desk) == {}
    await desk.book("a2")


async def test_moving_takes_the_new_time_and_gives_the_old_one_back(desk):
    await desk.open()
    booked = await desk.book("a1")
    moved = await desk.availability.move(booked, later(40), by="customer")
    assert (moved.starts_at, moved.schedule_version) == (later(40), 2)
    assert await reserved(desk) == {"a1": [40, 45, 50, 55]}
    await desk.book("a2")
    with pytest.raises(SlotTaken):
        await desk.availability.move(moved, TEN, by="customer")
    assert await reserved(desk) == {"a1": [40, 45, 50, 55], "a2": [0, 5, 10, 15]}


async def test_an_appointment_may_move_into_its_own_time(desk):
    await desk.open()
    [official] = desk.units
    await desk.hours.set_person("general", official, week=TEN_TO_NOON, active=True, by="test")
    booked = await desk.book("a1", service="long")
    assert len((await reserved(desk))["a1"]) == 13
    longer = await desk.booking.move(
        "a1", starts_at=TEN, duration_minutes=90, by="api:1", if_match=booked.revision
    )
    assert longer.ends_at == later(90)
    assert len((await reserved(desk))["a1"]) == 19


async def test_a_booking_system_that_moves_a_reserved_booking_is_bound_by_capacity_but_not_by_lead_time(desk):
    await desk.open()
    booked = await desk.book("a1", later(100))
    await desk.book("a2", later(20))
    desk.clock.now = later(-5)
    with pytest.raises(SlotTaken):
        await desk.booking.move(
            "a1", starts_at=later(20), duration_minutes=None, by="api:1", if_match=booked.revision
        )
    await desk.booking.move("a1", starts_at=TEN, duration_minutes=None, by="api:1", if_match=1)
    assert (await reserved(desk))["a1"] == [0, 5, 10, 15]


async def test_what_a_booking_system_puts_itself_reserves_nothing(desk):
    from tests.support.record import a_booking  # noqa: PLC0415

    await desk.open()
    await desk.booking.put("b1", a_booking(), by="api:1", if_match=None)
    assert await reserved(desk) == {}


async def test_a_customer_changes_until_the_cut_off_only(desk):
    await desk.open()
    booked = await desk.book("a1")
    desk.clock.now = TEN - timedelta(minutes=60)
    assert desk.availability.may_change(booked)
    desk.clock.turn(seconds=1)
    assert not desk.availability.may_change(booked)
    with pytest.raises(ChangeTooLate):
        await desk.availability.move(booked, later(60), by="customer")
    with pytest.raises(ChangeTooLate):
        await desk.availability.cancel(booked, reason="", by="customer")


async def test_an_interpreter_is_reserved_with_the_official_or_neither_is(desk):
    await desk.open(officials=5, interpreters=1)
    assert await desk.starts(need=Need.SIGN_LANGUAGE) == await desk.starts()
    booked = await desk.book("a1", need=Need.SIGN_LANGUAGE)
    assert len((await reserved(desk))["a1"]) == 8
    assert await desk.starts(need=Need.SIGN_LANGUAGE) == list(range(20, 110, 5))
    with pytest.raises(InterpreterTaken):
        await desk.book("a2", need=Need.SIGN_LANGUAGE)
    assert set(await reserved(desk)) == {"a1"}
    await desk.book("a2")
    await desk.availability.move(booked, later(40), by="customer")
    assert len((await reserved(desk))["a1"]) == 8
    assert (await desk.availability.slots_to_move(booked)).starts


async def test_an_interpreters_time_is_not_given_to_another_interpreter_as_if_they_were_the_official(desk):
    await desk.open(interpreters=2)
    await desk.book("a1", need=Need.SIGN_LANGUAGE)
    for interpreter in desk.units[1:]:
        with pytest.raises(NotFound):
            await desk.reassign("a1", interpreter)
    async with desk.db.read() as tx:
        taken = {row.unit_id for row in await tx.execute(select(reservation))}
    assert desk.units[0] in taken


async def test_where_nobody_interprets_nothing_can_be_had_with_an_interpreter(desk):
    await desk.open()
    assert await desk.starts(need=Need.SIGN_LANGUAGE) == []
    with pytest.raises(InterpreterTaken):
        await desk.book("a1", need=Need.SIGN_LANGUAGE)


async def test_another_official_can_take_an_appointment_until_it_is_called_in(desk):
    await desk.open(officials=2, interpreters=1)
    await desk.book("a1", need=Need.SIGN_LANGUAGE)
    async with desk.db.read() as tx:
        taken = {row.unit_id for row in await tx.execute(select(reservation))}
    one, other, interpreter = desk.units
    assert taken == {one, interpreter}
    await desk.reassign("a1", other)
    async with desk.db.read() as tx:
        assert {row.unit_id for row in await tx.execute(select(reservation))} == {other, interpreter}
    for nobody in (9999, interpreter):
        with pytest.raises(NotFound):
            await desk.reassign("a1", nobody)
    async with desk.db.write() as tx:
        await tx.execute(schema.appointment.update().values(state="in_session"))
    with pytest.raises(WrongState):
        await desk.reassign("a1", one)


async def test_a_service_that_nobody_takes_is_not_bookable_and_an_unknown_one_not_found(desk):
    with pytest.raises(NotBookable):
        await desk.availability.slots("trees")
    await desk.open()
    with pytest.raises(NotBookable):
        await desk.availability.slots("later")
    with pytest.raises(NotFound):
        await desk.availability.slots("none")
    with pytest.raises(InvalidRequest):
        await desk.availability.slots("trees", date(2026, 10, 2), date(2026, 10, 1))


async def test_a_pool_of_its_own_takes_a_service(desk):
    await desk.open()
    from vap_meet.domain.pools import PoolSettings  # noqa: PLC0415

    await desk.hours.save_pool(
        PoolSettings(id="experts", name_ar="خبراء", name_en="Experts", week=TEN_TO_NOON[:1]), by="test"
    )
    await desk.hours.add_person("experts", by="test")
    await desk.hours.offer_by("long", "experts", by="test")
    found = await desk.availability.slots("long")
    assert {start.weekday() for start in found.starts} == {0}
    assert found.minutes == 60


async def test_the_days_to_the_first_free_slot_are_known(desk):
    async def days():
        found = await desk.availability.first_free("trees")
        return None if found is None else found.days

    await desk.open(horizon_days=3)
    assert await days() == 1
    for minutes in (0, 20, 40, 60, 80, 100):
        await desk.book(f"a{minutes}", later(minutes))
    assert await days() == 2
    desk.clock.now = datetime(2026, 10, 2, 12, tzinfo=UTC)
    assert await days() == 3
    await desk.open(officials=0, horizon_days=2)
    assert await days() is None


async def test_a_wall_clock_time_is_the_pools_and_has_to_exist_once(desk):
    night = tuple(type(TEN_TO_NOON[0])(day, 0, 1440) for day in range(7))
    await desk.open(time_zone="Europe/Berlin", week=night, horizon_days=365)
    booked = await desk.book("a1", datetime.fromisoformat("2026-10-01T12:00"))
    assert booked.starts_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    with pytest.raises(TimeMissing):
        await desk.book("a2", datetime.fromisoformat("2027-03-28T02:20"))
    with pytest.raises(TimeDoubled):
        await desk.book("a2", datetime.fromisoformat("2026-10-25T02:20"))


async def test_of_many_at_once_exactly_one_has_the_last_place(desk):
    await desk.open()
    won, codes = await race(desk.book(f"a{number}") for number in range(60))
    assert won == 1
    assert codes == ["slot_taken"] * 59
    assert [len(minutes) for minutes in (await reserved(desk)).values()] == [4]


async def test_capacity_holds_when_bookings_of_all_lengths_and_moves_and_cancellations_meet(desk):
    await desk.open(officials=3)
    standing = [await desk.book(f"s{number}", later(20 + 5 * number)) for number in range(3)]
    starts = [later(minutes) for minutes in range(0, 120, 5)]

    async def book(number):
        service = "long" if number % 3 == 0 else "trees"
        await desk.book(f"a{number}", starts[number % len(starts)], service=service)

    attempts = [book(number) for number in range(60)]
    attempts += [desk.availability.move(standing[0], later(60), by="customer")]
    attempts += [desk.availability.cancel(standing[1], reason="", by="customer")]
    _, codes = await race(attempts)
    assert set(codes) <= {"slot_taken", "outside_hours"}
    async with desk.db.read() as tx:
        rows = [tuple(row) for row in await tx.execute(select(reservation))]
        ticks = (await tx.execute(select(func.count()).select_from(reserved_tick))).scalar_one()
        open_ones = select(schema.appointment.c.id).where(schema.appointment.c.state == "booked")
        assert {row[0] for row in rows} == set((await tx.execute(open_ones)).scalars())
    assert ticks == sum(row[3] for row in rows)
    for unit in {row[1] for row in rows}:
        runs = sorted((row[2], row[2] + row[3]) for row in rows if row[1] == unit)
        assert all(before[1] <= after[0] for before, after in pairwise(runs))


async def test_two_who_trade_places_at_once_do_not_wait_for_each_other(desk):
    await desk.open()
    one, two = await desk.book("a1"), await desk.book("a2", later(20))
    async with asyncio.timeout(5):
        won, codes = await race(
            [
                desk.availability.move(one, later(20), by="customer"),
                desk.availability.move(two, TEN, by="customer"),
            ]
        )
    assert won + len(codes) == 2
    assert set(codes) <= {"slot_taken"}
