"""A customer who is called in while away is told so at once, by every channel, and not twice."""

from __future__ import annotations

from itertools import count

import pytest

from signaling.events import Position
from signaling.facts import Joined, SentToLobby, Summoned
from signaling.vocabulary import Grant, Stage
from tests.support.messages import book, offices
from tests.support.record import NOON

pytestmark = pytest.mark.usefixtures("each_database")

SEQS = count(1)
CUSTOMER, AGENT = "customer", "staff.s1"
CUSTOMER_COMES = Joined(CUSTOMER, (Grant.CHAT,), Stage.WAITING)
AGENT_COMES = Joined(AGENT, tuple(sorted(Grant)), Stage.ADMITTED)


async def tell(office, *facts):
    for fact in facts:
        at = round(office.clock().timestamp() * 1000)
        await office.sessions.commit("a-1", Position("epoch-one", next(SEQS)), at, fact)


async def test_who_is_away_is_told_until_when_and_not_a_second_time_that_the_official_is_ready(tmp_path):
    async with offices(tmp_path) as (office, mail, gate):
        await book(office, starts_at=NOON)
        await office.deliver()
        before = len(gate.received), len(mail.received)
        await tell(office, CUSTOMER_COMES, AGENT_COMES, Summoned(CUSTOMER, AGENT))
        await office.deliver()
        assert (len(gate.received) - before[0], len(mail.received) - before[1]) == (1, 1)
        assert "12:03" in str(gate.received[-1])
        office.clock.turn(minutes=1)
        await office.deliver()
        assert len(gate.received) - before[0] == 1
        # Back in line, then called once more: that is told again.
        office.clock.turn(minutes=3)
        await tell(office, SentToLobby(CUSTOMER), Summoned(CUSTOMER, AGENT))
        await office.deliver()
        assert len(gate.received) - before[0] == 2


async def test_whose_page_is_open_sees_it_there(tmp_path):
    async with offices(tmp_path) as (office, _mail, gate):
        await book(office, starts_at=NOON)
        await office.deliver()
        before = len(gate.received)
        office.online.add(CUSTOMER)
        await tell(office, CUSTOMER_COMES, AGENT_COMES, Summoned(CUSTOMER, AGENT))
        await office.deliver()
        assert len(gate.received) == before


async def test_a_message_that_comes_after_the_summons_has_ended_is_dropped(tmp_path):
    async with offices(tmp_path) as (office, _mail, gate):
        await book(office, starts_at=NOON)
        await office.deliver()
        before = len(gate.received)
        await tell(office, CUSTOMER_COMES, AGENT_COMES, Summoned(CUSTOMER, AGENT))
        office.clock.turn(minutes=3, seconds=1)
        await office.deliver()
        assert len(gate.received) == before
