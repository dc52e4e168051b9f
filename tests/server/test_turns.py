"""Late and near: who is told by message while their page is closed, when, and never twice."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Joined
from signaling.vocabulary import Grant, Stage
from tests.support.messages import book, offices, outbox
from tests.support.record import NOON
from vap_meet.domain.appointment import Customer, Language
from vap_meet.domain.messages import Channel, MessageKind, read_message
from vap_meet.domain.outbox import Kind
from vap_meet.domain.queueing import Expected
from vap_meet.services.queueing import Queueing
from vap_meet.services.turns import Turns

pytestmark = pytest.mark.usefixtures("each_database")

START = NOON + timedelta(minutes=30)
ON_TIME = Expected(START, START + timedelta(minutes=5), 0)


def late(minutes, *, begun=True):
    """Return what is expected of somebody who is called in so much later."""
    at = START + timedelta(minutes=minutes)
    return Expected(at, at + timedelta(minutes=15), minutes, begun=begun)


class Known:
    """What is expected, as the test says."""

    def __init__(self):
        self.known = {}

    async def expected_many(self, _tx, ids, *, now):
        return {one: self.known[one] for one in ids if one in self.known}


class Day:
    """An office with one appointment in half an hour."""

    def __init__(self, office, mail, gate):
        self.office, self.mail, self.gate = office, mail, gate
        self.queueing = Known()
        self.present = frozenset()
        self.turns = self.another()

    def another(self, queueing=None):
        return Turns(
            db=self.office.db,
            clock=self.office.clock,
            queueing=queueing or self.queueing,
            online=self.online,
            promises=self.office.promises,
        )

    async def online(self, room):
        return self.present if room == "a-1" else frozenset({"customer"})

    async def look(self, expected):
        """Go a round while this is expected; send what was promised."""
        self.queueing.known = {"a-1": expected}
        await self.turns.run_once()
        await self.office.deliver()

    async def fact(self, seq, fact, room="a-1"):
        at = int(self.office.clock.now.timestamp() * 1000)
        await self.office.sessions.commit(room, Position("e1", seq), at, fact)

    async def comes(self, room="a-1"):
        await self.fact(1, Joined("customer", (Grant.CHAT,), Stage.WAITING), room)

    async def told(self):
        """Return which of our two messages were promised by SMS, the first first."""
        read = [read_message(row.payload) for row in await outbox(self.office.db) if row.kind == Kind.MESSAGE]
        kinds = (MessageKind.RUNNING_LATE, MessageKind.TURN_NEAR)
        return [each.kind.value for each in read if each.kind in kinds and each.channel is Channel.SMS]

    def texts(self):
        return [json.loads(body)["text"] for _, body in self.gate.received]


@asynccontextmanager
async def a_day(folder):
    who = Customer(name="x", phone="+971500000001", email="c@example.org", language=Language.EN)
    async with offices(folder) as (office, mail, gate):
        await book(office, starts_at=START, customer=who)
        await office.deliver()
        yield Day(office, mail, gate)


@pytest.fixture
async def day(tmp_path):
    async with a_day(tmp_path) as day:
        yield day


async def test_who_is_on_time_or_a_little_late_is_told_nothing(day):
    for expected in (ON_TIME, late(10), late(30, begun=False)):
        await day.look(expected)
    assert await day.told() == []


async def test_a_late_start_is_told_with_its_range_by_email_and_sms_once(day):
    for _ in range(5):
        await day.look(late(20))
    assert await day.told() == ["running_late"]
    assert "between 12:50 pm and 1:05 pm" in day.texts()[-1]
    assert "start late" in day.mail.received[-1]["Subject"]
    assert len({email["Message-ID"] for email in day.mail.received}) == 2


async def test_a_start_that_gets_much_later_is_told_again_and_one_that_gets_better_is_not(day):
    for minutes in (20, 30, 25, 34):
        await day.look(late(minutes))
    assert await day.told() == ["running_late"]
    for minutes in (35, 40, 20):
        await day.look(late(minutes))
    assert await day.told() == ["running_late"] * 2


async def test_whose_page_is_open_is_told_there(day):
    day.present = frozenset({"customer"})
    await day.look(late(20))
    day.present = None  # nobody can tell
    await day.look(late(20))
    assert await day.told() == []


async def test_who_closed_the_page_is_called_back_once_when_the_turn_is_near(day):
    await day.comes()
    day.office.clock.now = START
    await day.look(late(9))
    assert await day.told() == []
    for _ in range(3):
        await day.look(late(5))
    assert await day.told() == ["turn_near"]
    assert "Your turn is near" in day.texts()[-1]


async def test_who_was_told_to_come_later_is_called_when_it_is_time(day):
    await day.look(late(20))
    day.office.clock.now = START + timedelta(minutes=15)
    await day.look(late(20))
    assert await day.told() == ["running_late", "turn_near"]


async def test_who_has_not_come_yet_and_is_on_time_has_the_reminder_only(day):
    day.office.clock.now = START - timedelta(minutes=3)
    await day.look(ON_TIME)
    assert await day.told() == []


async def test_who_came_back_before_the_message_went_out_gets_none(day):
    await day.comes()
    day.office.clock.now = START
    day.queueing.known = {"a-1": ON_TIME}
    await day.turns.run_once()
    day.office.online.add("customer")
    sent = len(day.gate.received)
    await day.office.deliver()
    assert await day.told() == ["turn_near"]
    assert len(day.gate.received) == sent


async def test_a_message_that_could_not_go_out_in_time_never_does(day):
    day.gate.answers = [500]
    await day.look(late(20))
    sent = len(day.gate.received)
    day.office.clock.now = START + timedelta(minutes=36)
    await day.office.deliver()
    assert len(day.gate.received) == sent
    assert all(row.done_at for row in await outbox(day.office.db) if row.due_at <= day.office.clock.now)


async def test_after_a_move_everything_may_be_told_anew(day):
    await day.look(late(20))
    moved = START + timedelta(minutes=60)
    await day.office.booking.move("a-1", starts_at=moved, duration_minutes=None, by="x", if_match=1)
    at = late(20)
    await day.look(
        replace(at, earliest=at.earliest + timedelta(hours=1), latest=at.latest + timedelta(hours=1))
    )
    assert await day.told() == ["running_late"] * 2


async def test_nothing_is_told_of_what_is_over_or_in_the_call(day):
    await day.comes()
    await day.fact(2, Admitted("customer", "staff.1"))
    await day.look(late(20))
    await day.office.booking.cancel("a-1", reason="", by="x", if_match=None)
    await day.look(late(20))
    assert await day.told() == []


async def test_two_processes_tell_once(day):
    day.queueing.known = {"a-1": late(20)}
    await asyncio.gather(*(day.another().run_once() for _ in range(4)))
    assert await day.told() == ["running_late"]


async def test_what_the_queue_expects_is_what_is_told(day):
    """The real computation: two are before her, and the first was called in twenty minutes late."""
    for minutes, room in ((0, "a-00"), (15, "a-01")):
        who = Customer(name="y")
        await book(day.office, room, starts_at=NOON + timedelta(minutes=minutes), customer=who)
        await day.comes(room)
    turns = day.another(Queueing(zone=ZoneInfo("Asia/Dubai"), online=day.online))
    await turns.run_once()
    assert await day.told() == []
    day.office.clock.turn(minutes=20)
    await day.fact(2, Joined("staff.s1", tuple(sorted(Grant)), Stage.ADMITTED), "a-00")
    await day.fact(3, Admitted("customer", "staff.s1"), "a-00")
    for _ in range(3):
        await turns.run_once()
    assert await day.told() == ["running_late"]
