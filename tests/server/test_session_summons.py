"""Being called in while away, and what staff say to who waits, on the record."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from signaling.events import Position
from signaling.facts import Joined, Left, Messaged, SentToLobby, Summoned
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON, TurnedClock, a_booking, fresh_database
from vap_meet.domain.appointment import AppointmentState
from vap_meet.services.booking import Booking
from vap_meet.services.sessions import Sessions

pytestmark = pytest.mark.usefixtures("each_database")

CUSTOMER, AGENT = "customer", "staff.s1"
CUSTOMER_COMES = Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)
AGENT_COMES = Joined(AGENT, tuple(sorted(Grant)), Stage.ADMITTED)


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def booking(db, clock):
    booking = Booking(db=db, clock=clock)
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    return booking


@pytest.fixture
def sessions(db, clock, booking):
    return Sessions(db=db, clock=clock)


@pytest.fixture
def tell(sessions, clock):
    seq = count(1)

    async def tell(*facts):
        for fact in facts:
            at = round(clock.turn(seconds=10).timestamp() * 1000)
            await sessions.commit("a1", Position("epoch-one", next(seq)), at, fact)

    return tell


@pytest.mark.parametrize(
    ("said", "summoned"),
    [
        ([Summoned(CUSTOMER, AGENT)], True),
        ([Summoned(CUSTOMER, AGENT), Messaged(CUSTOMER, AGENT)], True),
        ([Summoned(CUSTOMER, AGENT), SentToLobby(CUSTOMER)], False),
        ([Summoned(CUSTOMER, AGENT), Left(CUSTOMER, "left"), CUSTOMER_COMES], False),
    ],
)
async def test_a_summons_is_restored_while_it_holds(tell, sessions, said, summoned):
    await tell(CUSTOMER_COMES, *said)
    assert (await sessions.restored("a1")).people[0].summoned is summoned


async def test_a_summons_that_ends_leaves_the_wait_as_long_as_it_is(tell, sessions, booking):
    await tell(CUSTOMER_COMES, AGENT_COMES, Summoned(CUSTOMER, AGENT), SentToLobby(CUSTOMER))
    assert (await booking.get("a1")).state is AppointmentState.WAITING
    assert (await sessions.session("a1")).waiting_since == NOON + timedelta(seconds=10)
    timeline = [(item.type, item.by) for item in await sessions.timeline("a1")]
    assert timeline[-2:] == [("summoned", AGENT), ("sentToLobby", None)]


async def test_what_staff_said_is_in_the_timeline_without_their_own_words(tell, sessions):
    await tell(
        CUSTOMER_COMES, AGENT_COMES, Messaged(CUSTOMER, AGENT, "few_minutes"), Messaged(CUSTOMER, AGENT)
    )
    told = [(item.type, item.by, item.detail) for item in await sessions.timeline("a1")][-2:]
    assert told == [("messaged", AGENT, "few_minutes"), ("messaged", AGENT, None)]
