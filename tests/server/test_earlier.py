"""Earlier times: who is asked, in which order, what is held meanwhile, and what a race leaves behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.support.messages import outbox
from tests.support.slots import TEN, a_desk, race
from vap_meet.domain.availability import Need
from vap_meet.domain.earlier import HELD_FOR, OfferState
from vap_meet.domain.messages import Channel, MessageKind, read_message
from vap_meet.domain.outbox import Kind
from vap_meet.domain.slot_errors import SlotTaken
from vap_meet.services.earlier import EarlierTimes
from vap_meet.services.messages import MessagePromises
from vap_meet.services.reserving import Wish
from vap_meet.store import schema
from vap_meet.store.schema_availability import reserved_tick
from vap_meet.store.schema_earlier import earlier_offer, freed_slot, slot_hold

pytestmark = pytest.mark.usefixtures("each_database")


def later(minutes):
    return TEN + timedelta(minutes=minutes)


class Office:
    """A desk with one official (unless told otherwise), and what offers earlier times beside it."""

    def __init__(self, desk):
        self.desk, self.db, self.clock = desk, desk.db, desk.clock
        self.earlier = self.another()

    def another(self):
        return EarlierTimes(
            db=self.db,
            clock=self.clock,
            booking=self.desk.booking,
            promises=MessagePromises([Channel.SMS]),
            zone=ZoneInfo("Asia/Dubai"),
        )

    async def book(self, appointment_id, minutes, *, asks=True, need=None, service="trees"):
        request = self.desk.request(later(minutes), need=need, service=service)
        wish = Wish(need=need, wants_earlier=asks)

        booked, _ = await self.desk.availability.book(appointment_id, replace(request, wish=wish), by="test")
        self.clock.turn(seconds=1)
        return booked

    async def cancel(self, appointment_id):
        await self.desk.booking.cancel(appointment_id, reason="", by="test", if_match=None)

    async def get(self, appointment_id):
        return await self.desk.booking.get(appointment_id)

    async def take(self, appointment_id, offer=None):
        offer = offer or await self.earlier.newest(appointment_id)
        return await self.earlier.take(await self.get(appointment_id), offer.id, by="customer")

    async def offers(self):
        """Return each offer as who, minutes after ten, and its state, the first first."""
        query = select(earlier_offer).order_by(earlier_offer.c.offered_at)
        async with self.db.read() as tx:
            rows = (await tx.execute(query)).all()
        return [
            (row.appointment_id, round((row.starts_at - TEN).total_seconds() / 60), row.state) for row in rows
        ]

    async def told(self):
        """Return who was promised a message of an earlier time, the first first."""
        read = [read_message(row.payload) for row in await outbox(self.db) if row.kind == Kind.MESSAGE]
        return [message.appointment_id for message in read if message.kind is MessageKind.EARLIER]

    async def left(self, table):
        async with self.db.read() as tx:
            return (await tx.execute(select(table))).all()


@pytest.fixture
async def office(tmp_path):
    async with a_desk(tmp_path) as desk:
        await desk.open()
        yield Office(desk)


async def test_a_cancelled_time_is_offered_to_who_asked_first_and_is_booked_later(office):
    await office.book("first", 0)
    await office.book("not-asked", 60, asks=False)
    await office.book("asked", 80)
    await office.book("asked-after", 40)
    await office.cancel("first")
    assert await office.earlier.run_once() == 1
    assert await office.offers() == [("asked", 0, "open")]
    assert await office.told() == ["asked"]
    moved = await office.take("asked")
    assert (moved.starts_at, moved.schedule_version) == (TEN, 2)
    assert await office.offers() == [("asked", 0, "taken")]
    assert await office.left(slot_hold) == []


async def test_what_the_taker_gave_back_is_offered_in_turn(office):
    await office.book("a", 0)
    await office.book("b", 40)
    await office.book("c", 80)
    await office.cancel("a")
    await office.earlier.run_once()
    await office.take("b")
    await office.earlier.run_once()
    await office.take("c")
    assert await office.offers() == [("b", 0, "taken"), ("c", 40, "taken")]
    assert await office.desk.starts() == [20, 60, 80, 100]


async def test_a_moved_appointment_gives_its_time_to_others(office):
    booked = await office.book("a", 0)
    await office.book("b", 60)
    await office.desk.availability.move(booked, later(100), by="customer")
    await office.earlier.run_once()
    assert await office.offers() == [("b", 0, "open")]


async def test_a_held_time_is_neither_offered_to_nor_booked_by_others(office):
    await office.book("a", 0)
    await office.book("b", 60)
    await office.cancel("a")
    await office.earlier.run_once()
    assert 0 not in await office.desk.starts()
    with pytest.raises(SlotTaken):
        await office.desk.book("stranger", TEN)
    await office.earlier.run_once()
    assert len(await office.told()) == 1


async def test_who_does_not_answer_loses_the_offer_to_the_next_and_keeps_their_time(office):
    await office.book("a", 0)
    await office.book("b", 60)
    await office.book("c", 80)
    await office.cancel("a")
    await office.earlier.run_once()
    missed = await office.earlier.newest("b")
    office.clock.now += HELD_FOR + timedelta(seconds=1)
    assert await office.take("b", missed) is None  # too late even before anybody has swept
    await office.earlier.run_once()
    assert await office.offers() == [("b", 0, "lapsed"), ("c", 0, "open")]
    assert await office.take("b", missed) is None
    assert (await office.get("b")).starts_at == later(60)
    office.clock.now += HELD_FOR + timedelta(seconds=1)
    await office.earlier.run_once()
    assert await office.left(freed_slot) == []
    assert await office.desk.starts() == [0, 20, 40, 100]
    assert sorted(await office.told()) == ["b", "c"]  # nobody is asked twice


async def test_who_changes_their_appointment_meanwhile_gives_the_held_time_on(office):
    await office.book("a", 0)
    await office.book("b", 60)
    await office.book("c", 80)
    await office.cancel("a")
    await office.earlier.run_once()
    await office.cancel("b")
    await office.earlier.run_once()
    assert (await office.offers())[0] == ("b", 0, "withdrawn")
    assert ("c", 0, "open") in await office.offers()


async def test_a_time_that_is_too_near_is_offered_to_nobody(office):
    await office.book("a", 0)
    await office.book("b", 60)
    office.clock.now = TEN - timedelta(minutes=34)
    await office.cancel("a")
    assert await office.earlier.run_once() == 0
    assert await office.left(freed_slot) == []


async def test_an_offer_ends_before_the_time_is_too_near(office):
    await office.book("a", 0)
    await office.book("b", 60)
    office.clock.now = TEN - timedelta(minutes=40)
    await office.cancel("a")
    await office.earlier.run_once()
    assert (await office.earlier.newest("b")).expires_at == TEN - timedelta(minutes=30)


async def test_nobody_is_asked_at_night(office):
    await office.book("a", 0)
    await office.book("b", 60)
    office.clock.now = TEN - timedelta(hours=12)  # ten at night in Dubai
    await office.cancel("a")
    assert await office.earlier.run_once() == 0
    office.clock.now = TEN - timedelta(hours=2)
    assert await office.earlier.run_once() == 1


async def test_who_needs_an_interpreter_is_offered_only_what_has_one(tmp_path):
    async with a_desk(tmp_path) as desk:
        await desk.open(officials=5, interpreters=1)
        office = Office(desk)
        await office.book("signs-then", 0, need=Need.SIGN_LANGUAGE, asks=False)
        await office.book("speaks-then", 0, asks=False)
        await office.book("signs", 80, need=Need.SIGN_LANGUAGE)
        await office.cancel("speaks-then")
        assert await office.earlier.run_once() == 0  # the interpreter is busy then
        assert await office.left(freed_slot) == []
        await office.cancel("signs-then")
        assert await office.earlier.run_once() == 1
        assert len({row.unit_id for row in await office.left(slot_hold)}) == 2
        assert (await office.take("signs")).starts_at == TEN
        async with office.db.read() as tx:
            ticks = (await tx.execute(select(reserved_tick))).all()
        assert {row.appointment_id for row in ticks} == {"signs"}
        assert len(ticks) == 8


async def test_giving_the_appointment_to_another_official_keeps_the_held_time(tmp_path):
    async with a_desk(tmp_path) as desk:
        await desk.open(officials=5)
        office = Office(desk)
        await office.book("a", 0)
        await office.book("b", 60)
        await office.cancel("a")
        await office.earlier.run_once()
        free = [
            unit for unit in desk.units if unit not in {row.unit_id for row in await office.left(slot_hold)}
        ]
        for unit in free:
            await desk.reassign("b", unit)
        assert (await office.take("b")).starts_at == TEN


async def test_two_processes_make_one_offer(office):
    await office.book("a", 0)
    await office.book("b", 60)
    await office.book("c", 80)
    await office.cancel("a")
    await asyncio.gather(*(office.another().run_once() for _ in range(4)))
    await office.earlier.run_once()
    assert [state for *_, state in await office.offers()] == ["open"]


async def test_of_a_taker_a_sweep_and_strangers_one_gets_the_time_and_nothing_is_lost(office):
    """The offer's time is over just as its taker presses the button, and others want the time too."""
    await office.book("a", 0)
    await office.book("b", 60)
    await office.book("c", 80)
    await office.cancel("a")
    await office.earlier.run_once()
    offer = await office.earlier.newest("b")
    booked = await office.get("b")
    office.clock.now = offer.expires_at

    async def press():
        return await office.earlier.take(booked, offer.id, by="customer")

    async def sweep():
        office.clock.now = offer.expires_at + timedelta(seconds=1)
        await office.another().run_once()

    async def strangers():
        return await race(office.desk.book(f"stranger-{n}", TEN) for n in range(3))

    pressed, _, (won, _) = await asyncio.gather(press(), sweep(), strangers())
    taken_by = []
    async with office.db.read() as tx:
        rows = await tx.execute(select(schema.appointment).where(schema.appointment.c.starts_at == TEN))
        taken_by = [row.id for row in rows if row.state == "booked"]
    assert len(taken_by) == (pressed is not None) + won <= 1
    assert (await office.get("b")).starts_at == (TEN if pressed else later(60))
    state = {who: state for who, _, state in await office.offers()}["b"]
    assert state == (OfferState.TAKEN if pressed else OfferState.LAPSED)


async def test_pressing_twice_moves_once(office):
    await office.book("a", 0)
    booked = await office.book("b", 60)
    await office.cancel("a")
    await office.earlier.run_once()
    offer = await office.earlier.newest("b")
    both = await asyncio.gather(
        *(office.earlier.take(booked, offer.id, by="customer") for _ in range(2)), return_exceptions=True
    )
    assert any(moved is not None for moved in both)
    assert (await office.get("b")).schedule_version == 2
