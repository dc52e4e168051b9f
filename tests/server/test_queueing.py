"""What is expected, from the record: whose line somebody stands in, who counts, how long calls take today."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Ended, Joined, Left
from signaling.vocabulary import Grant, Stage
from tests.support.record import TurnedClock, a_booking, fresh_database
from tests.support.slots import SUNDAY_NOON, TEN, Desk
from vap_meet.domain.appointment import ServiceName
from vap_meet.services.queueing import FRESH_FOR, Queueing
from vap_meet.services.sessions import Sessions

pytestmark = pytest.mark.usefixtures("each_database")

AGENT = "staff.s1"
OTHERS = 25  # the second official begins five minutes after the first
PLACES = iter(count(1))


class Morning:
    """A desk on Monday at ten, who is connected, and what everybody is told."""

    def __init__(self, db):
        self.clock = TurnedClock(SUNDAY_NOON)
        self.desk = Desk(db, self.clock)
        self.db = db
        self.online = {}
        self.sessions = Sessions(db=db, clock=self.clock)
        self.queueing = Queueing(zone=ZoneInfo("Asia/Dubai"), online=self._online)

    async def _online(self, room):
        return self.online.get(room, frozenset({"customer"}))

    async def book(self, *minutes, **changes):
        for minute in minutes:
            await self.desk.book(f"a{minute}", TEN + timedelta(minutes=minute), **changes)

    def is_at(self, minute):
        self.clock.now = TEN + timedelta(minutes=minute)

    async def tell(self, room, *facts):
        for fact in facts:
            at = round(self.clock().timestamp() * 1000)
            await self.sessions.commit(room, Position("epoch-one", next(PLACES)), at, fact)

    async def comes(self, *rooms):
        for room in rooms:
            await self.tell(room, Joined("customer", (Grant.CHAT,), Stage.WAITING))

    async def call(self, room):
        host = Joined(AGENT, tuple(Grant), Stage.ADMITTED)
        await self.tell(room, host, Admitted("customer", AGENT))

    async def talks(self, room, minutes):
        await self.call(room)
        self.clock.turn(minutes=minutes)
        await self.tell(room, Ended(AGENT))

    async def told(self, room):
        """Return the range in minutes after ten and how many are before, None if nobody can say."""
        async with self.db.read() as tx:
            one = await self.queueing.expected(tx, room, now=self.clock())
        if one is None:
            return None
        minute = timedelta(minutes=1)
        return (one.earliest - TEN) / minute, (one.latest - TEN) / minute, one.before


@pytest.fixture
async def morning(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield Morning(db)


async def test_a_booked_appointment_is_expected_at_its_time(morning):
    await morning.desk.open()
    await morning.book(20)
    assert await morning.told("a20") is None  # tomorrow's
    morning.is_at(-30)
    assert await morning.told("a20") == (20, 25, 0)
    assert await morning.told("unheard-of") is None


async def test_who_is_in_the_call_or_done_expects_nothing_and_counts_for_nobody(morning):
    await morning.desk.open()
    await morning.book(0, 20)
    morning.is_at(0)
    await morning.comes("a0", "a20")
    await morning.call("a0")
    assert await morning.told("a0") is None
    morning.is_at(10)
    await morning.tell("a0", Ended(AGENT))
    assert await morning.told("a0") is None
    assert await morning.told("a20") == (20, 25, 0)


async def test_an_overrunning_call_moves_those_who_follow_and_nobody_elses(morning):
    await morning.desk.open(officials=2)
    await morning.book(0, 20)
    await morning.desk.book("other20", TEN + timedelta(minutes=OTHERS), name="متعامل 2")
    morning.is_at(0)
    await morning.comes("a0", "a20", "other20")
    await morning.call("a0")
    morning.is_at(38)
    async with morning.db.read() as tx:
        told = await morning.queueing.expected_many(tx, ["a20", "other20", "nobody"], now=morning.clock())
    assert sorted(told) == ["a20", "other20"]
    assert await morning.told("a20") == (38, 45, 0)
    assert [told[one].late for one in ("a20", "other20")] == [True, True]
    assert [told[one].begun for one in ("a20", "other20")] == [True, False]


async def test_who_is_away_keeps_the_place_but_is_not_counted(morning):
    await morning.desk.open()
    await morning.book(0, 20)
    morning.is_at(21)
    await morning.comes("a0", "a20")
    assert await morning.told("a20") == (35, 40, 1)
    morning.online["a0"] = frozenset({AGENT})
    morning.clock.turn(seconds=5)
    earliest, latest, before = await morning.told("a20")
    assert (round(earliest), latest, before) == (21, 40, 0)
    morning.online["a0"] = None  # nobody can tell
    morning.clock.turn(seconds=5)
    assert (await morning.told("a20"))[2] == 1


async def test_who_left_stands_in_no_line_until_they_come_back(morning):
    await morning.desk.open()
    await morning.book(0, 20)
    morning.is_at(5)
    await morning.comes("a0", "a20")
    await morning.tell("a0", Left("customer", "left"))
    assert await morning.told("a0") is None
    assert (await morning.told("a20"))[2] == 0
    await morning.comes("a0")
    morning.clock.now += FRESH_FOR
    assert (await morning.told("a20"))[2] == 1


async def test_todays_calls_say_how_long_calls_take(morning):
    await morning.desk.open()
    await morning.book(0, 20, 40, 60, 80)
    morning.is_at(0)
    await morning.comes("a0", "a20", "a40", "a60", "a80")
    for room in ("a0", "a20", "a40"):
        await morning.talks(room, 25)
    # 75 minutes have gone; the next call takes another 25, not the fifteen that were booked.
    assert await morning.told("a80") == (100, 105, 1)


async def test_a_service_without_a_desk_is_served_by_as_many_as_it_books_at_once(morning):
    clock = morning.clock
    service = ServiceName(id="permit", name_ar="تصريح", name_en="Permit")
    for n, minute in enumerate((0, 0, 15)):
        request = a_booking(starts_at=TEN + timedelta(minutes=minute), service=service)
        await morning.desk.booking.put(f"b{n}", request, by="api:1", if_match=None)
    clock.now = TEN + timedelta(minutes=14)
    await morning.comes("b0", "b1", "b2")
    await morning.call("b0")
    await morning.call("b1")
    # Two at once were booked, so two serve; who comes before whom is not ours to say.
    assert await morning.told("b2") == (25, 30, None)


async def test_one_look_at_the_record_answers_for_a_moment(morning):
    await morning.desk.open()
    await morning.book(0, 20)
    morning.is_at(0)
    before = await morning.told("a20")
    await morning.comes("a0")
    await morning.call("a0")
    morning.is_at(24)
    late = await morning.told("a20")
    assert late != before
    await morning.tell("a0", Ended(AGENT))
    assert await morning.told("a20") == late
    morning.clock.now += FRESH_FOR
    assert await morning.told("a20") != late
