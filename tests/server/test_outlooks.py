"""What whoever waits is told over their line: what is true now, once, and again only when it changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from signaling.nudges import Listeners
from signaling.protocol import Admit, Hello, Lobby
from signaling.waiting import Outlook
from tests.support.access import open_house
from tests.support.nodes import until
from tests.support.record import NOON
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import FakeTransport, Sitter
from vap_meet.domain.queueing import Expected
from vap_meet.services import board_news, presence
from vap_meet.services.outlooks import Outlooks, outlook_of
from vap_meet.services.queueing import Queueing

pytestmark = pytest.mark.usefixtures("each_database")


class Waiting:
    """A house whose waiting people are told, and people who come to it."""

    def __init__(self, house):
        self.house = house
        self.nudges = Listeners()
        self.outlooks = Outlooks(
            db=house.db,
            clock=house.clock,
            hub=house.hub,
            queueing=Queueing(zone=ZoneInfo("Asia/Dubai"), online=partial(presence.online, house.hub)),
            nudges=self.nudges,
        )

    async def comes(self, room, who=CUSTOMER):
        await self.house.hub.open_room(room)
        transport = FakeTransport()
        connection = self.house.hub.connect(transport, room=room, participant=who, seat=f"{who.id}'s")
        sitter = Sitter(connection, transport, self.house.hub)
        await sitter.send(Hello())
        return sitter


@pytest.fixture
async def waiting(tmp_path):
    async with open_house(tmp_path) as house:
        await house.book("a-1")
        await house.book("a-2", starts_at=NOON + timedelta(minutes=30))
        yield Waiting(house)


def told(sitter):
    return [one for one in sitter.got() if isinstance(one, Outlook)]


def at(minutes):
    return round((NOON + timedelta(minutes=minutes)).timestamp() * 1000)


async def test_nobody_is_told_when_nobody_waits(waiting):
    assert await waiting.outlooks.run_once() == 0


async def test_who_waits_is_told_once_and_again_when_it_changes(waiting):
    one, other = await waiting.comes("a-1"), await waiting.comes("a-2")
    assert await waiting.outlooks.run_once() == 2
    assert told(one) == [Outlook(at(15), at(20))]
    assert told(other) == [Outlook(at(30), at(35))]
    assert await waiting.outlooks.run_once() == 0
    agent = await waiting.comes("a-1", AGENT)
    await agent.send(Admit("customer"))
    waiting.house.clock.turn(minutes=31)
    assert await waiting.outlooks.run_once() == 1
    assert told(one) == []
    # The call goes on beyond its end: any minute now, and later than booked before long.
    assert told(other) == [Outlook(at(30), at(40))]
    waiting.house.clock.turn(minutes=5)
    await waiting.outlooks.run_once()
    assert told(other) == [Outlook(at(35), at(45), late=True)]


async def test_the_clock_alone_changes_nothing_within_five_minutes(waiting):
    one = await waiting.comes("a-1")
    agent = await waiting.comes("a-2", AGENT)
    other = await waiting.comes("a-2")
    await agent.send(Admit("customer"))
    waiting.house.clock.turn(minutes=16)
    await waiting.outlooks.run_once()
    assert told(one) == [Outlook(at(15), at(25))]
    waiting.house.clock.turn(minutes=3)
    assert await waiting.outlooks.run_once() == 0
    assert told(other) == []


async def test_a_page_that_comes_back_is_told_again_and_one_sent_back_to_wait_too(waiting):
    await waiting.comes("a-1")
    await waiting.outlooks.run_once()
    again = await waiting.comes("a-1")
    await waiting.outlooks.run_once()
    assert len(told(again)) == 1
    agent = await waiting.comes("a-1", AGENT)
    await agent.send(Admit("customer"))
    await waiting.outlooks.run_once()
    await agent.send(Lobby("customer"))
    await waiting.outlooks.run_once()
    assert len(told(again)) == 1
    assert told(agent) == []


async def test_whoever_comes_and_whoever_a_change_concerns_is_told_soon_and_not_only_in_turn(waiting):
    running = asyncio.create_task(waiting.outlooks.run())
    try:
        await asyncio.sleep(0)
        one = await waiting.comes("a-1")
        await until(lambda: Outlook(at(15), at(20)) in told(one))
        waiting.house.clock.turn(minutes=17)
        waiting.nudges.send(board_news.TOPIC)
        await until(lambda: Outlook(at(15), at(25)) in told(one))
    finally:
        running.cancel()


async def test_whoever_came_after_the_last_look_at_the_record_is_told_at_the_next_one(
    waiting,
):
    await waiting.comes("a-1")
    await waiting.outlooks.run_once()
    await waiting.house.book("a-3", starts_at=NOON + timedelta(minutes=60))
    late = await waiting.comes("a-3")
    running = asyncio.create_task(waiting.outlooks.run())
    try:
        await until(lambda: told(late) == [Outlook()])
        waiting.house.clock.turn(seconds=3)
        await until(lambda: Outlook(at(60), at(65)) in told(late))
    finally:
        running.cancel()


def expected(**changes):
    fields = {"earliest": at_nine(10), "latest": at_nine(20), "late_by_minutes": 0, "before": 2}
    return Expected(**(fields | changes))


def at_nine(minute):
    return datetime(2026, 9, 28, 5, minute, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known", "outlook"),
    [
        (None, Outlook()),
        (expected(), Outlook(1_790_572_230_000, 1_790_572_830_000, 2)),
        (expected(before=None, late_by_minutes=5), Outlook(1_790_572_230_000, 1_790_572_830_000, late=True)),
        (expected(begun=False, late_by_minutes=7), Outlook(late=True)),
        # A time that moves on with the clock is said as the five minutes it is in.
        (expected(earliest=at_nine(3)), Outlook(1_790_571_600_000, 1_790_572_830_000, 2)),
    ],
)
def test_what_is_told_of_an_expectation(known, outlook):
    assert outlook_of(known, now=at_nine(3)) == outlook
