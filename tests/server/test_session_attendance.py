"""Officials on the record: who only had the page open has not attended, who began or joined the call has."""

from __future__ import annotations

from itertools import count

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Joined, Left, Prepared
from signaling.vocabulary import Grant, Stage
from tests.support.record import TurnedClock, a_booking, fresh_database
from vap_meet.services.booking import Booking
from vap_meet.services.sessions import Sessions

pytestmark = pytest.mark.usefixtures("each_database")

CUSTOMER, AGENT, COLLEAGUE = "customer", "staff.s1", "staff.s2"
CUSTOMER_COMES = Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)
AGENT_LOOKS, COLLEAGUE_LOOKS = [
    Joined(who, tuple(sorted(Grant)), Stage.WATCHING) for who in (AGENT, COLLEAGUE)
]
AGENT_JOINS = Joined(AGENT, tuple(sorted(Grant)), Stage.ADMITTED)


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def sessions(tmp_path, clock):
    async with fresh_database(tmp_path) as db:
        await Booking(db=db, clock=clock).put("a1", a_booking(), by="api:1", if_match=None)
        yield Sessions(db=db, clock=clock)


@pytest.fixture
def tell(sessions, clock):
    seq = count(1)

    async def tell(*facts):
        for fact in facts:
            at = round(clock.turn(seconds=10).timestamp() * 1000)
            await sessions.commit("a1", Position("epoch-one", next(seq)), at, fact)

    return tell


async def stages(sessions):
    """Where everybody is in a room that is formed anew."""
    return {one.participant.id: one.stage for one in (await sessions.restored("a1")).people}


@pytest.mark.parametrize("begins", [Prepared(CUSTOMER, AGENT), Admitted(CUSTOMER, AGENT), AGENT_JOINS])
async def test_an_official_attends_from_when_they_begin_or_join_the_call(tell, sessions, clock, begins):
    await tell(CUSTOMER_COMES, AGENT_LOOKS)
    assert (await sessions.session("a1")).agent_joined_at is None
    assert (await stages(sessions))[AGENT] is Stage.WATCHING
    await tell(begins)
    assert (await sessions.session("a1")).agent_joined_at == clock()
    assert (await stages(sessions))[AGENT] is Stage.ADMITTED


async def test_nobody_talks_with_an_official_who_only_looks(tell, sessions):
    await tell(CUSTOMER_COMES, AGENT_LOOKS, COLLEAGUE_LOOKS, Admitted(CUSTOMER, AGENT), Left(AGENT, "left"))
    session = await sessions.session("a1")
    assert (session.admitted_at, session.talked_s) == (None, 10)
    assert (await stages(sessions))[COLLEAGUE] is Stage.WATCHING


async def test_who_calls_somebody_in_without_having_come_by_the_record_is_restored_nowhere(tell, sessions):
    await tell(CUSTOMER_COMES, Prepared(CUSTOMER, AGENT))
    assert await stages(sessions) == {CUSTOMER: Stage.PREPARING}


async def test_the_timeline_tells_looking_from_joining(tell, sessions):
    await tell(CUSTOMER_COMES, AGENT_LOOKS, Admitted(CUSTOMER, COLLEAGUE), AGENT_JOINS)
    told = [(one.type, one.participant, one.detail) for one in await sessions.timeline("a1")]
    assert told[1::2] == [("joined", AGENT, "watching"), ("joined", AGENT, "admitted")]
