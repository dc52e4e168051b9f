"""What a page that is not ours may try in a call: numbers, floods, names. It harms nobody else's."""

from __future__ import annotations

import pytest

from signaling.codec import encode
from signaling.protocol import (
    Admit,
    Answer,
    Bye,
    Candidate,
    CandidateFrom,
    ChatFrom,
    Offer,
    OfferFrom,
    Refused,
)
from signaling.vocabulary import ByeReason, RefusalCode
from tests.support.rooms import GUEST
from tests.support.signaling import Desk, call

TOP = 2**31 - 1


@pytest.fixture
def desk():
    return Desk()


async def three(desk):
    """Seat the customer, the agent and a guest, all in the call."""
    customer, agent = await call(desk)
    guest = await desk.sit(GUEST)
    await agent.send(Admit("guest"))
    for one in (customer, agent, guest):
        one.got()
    return customer, agent, guest


@pytest.mark.parametrize(
    "pc", ["-1", str(TOP + 1), str(2**63), "1.5", '"7"', "null", "true", "[1]", "NaN", "1e400"]
)
async def test_a_generation_that_is_none_is_malformed(desk, pc):
    _, agent, guest = await three(desk)
    await guest.send(f'{{"type":"offer","to":"staff.1","pc":{pc},"sdp":"v=0"}}'.encode())
    assert guest.got() == [Refused(RefusalCode.MALFORMED)]
    assert agent.got() == []


@pytest.mark.parametrize("to", ["a b", "<b>", "\\u202e", "x" * 64])
async def test_a_signal_is_for_somebody_who_is_here_however_the_name_is_written(desk, to):
    _, agent, guest = await three(desk)
    await guest.send(f'{{"type":"offer","to":"{to}","pc":1,"sdp":"v=0"}}'.encode())
    assert guest.got() == [Refused(RefusalCode.NO_SUCH_PARTICIPANT)]
    assert agent.got() == []


async def test_the_highest_generation_of_one_pair_stops_no_other_pair(desk):
    customer, agent, guest = await three(desk)
    await guest.send(Offer("staff.1", TOP, "v=0"), Offer("customer", TOP, "v=0"))
    for one in (agent, customer):
        assert [said.pc for said in one.got()] == [TOP]
    await agent.send(Offer("customer", 1, "v=0"))
    await customer.send(Answer("staff.1", 1, "v=0"))
    assert [type(said) for said in customer.got()] == [OfferFrom]
    assert [said.sender for said in agent.got()] == ["customer"]


async def test_signals_of_a_generation_that_nobody_began_reach_nobody(desk):
    customer, agent, guest = await three(desk)
    await agent.send(Offer("customer", 7, "v=0"))
    customer.got()
    await guest.send(Answer("staff.1", 7, "v=0", ref="a"), Candidate("customer", 7, "candidate:1"))
    assert {said.code for said in guest.got()} == {RefusalCode.STALE_PC}
    assert (customer.got(), agent.got()) == ([], [])


async def test_fifty_candidates_a_second_all_arrive_in_order(desk):
    customer, agent, _ = await three(desk)
    await agent.send(Offer("customer", 1, "v=0"))
    customer.got()
    arrived = []
    for second in range(20):
        await desk.wait(1)
        await agent.send(*(Candidate("customer", 1, f"candidate:{second} {n}") for n in range(50)))
        arrived += [said.candidate for said in customer.got() if isinstance(said, CandidateFrom)]
    assert arrived == [f"candidate:{second} {n}" for second in range(20) for n in range(50)]
    assert [said for said in agent.got() if isinstance(said, Refused | Bye)] == []


async def test_a_flood_of_candidates_ends_for_who_sends_it_and_for_nobody_else(desk):
    customer, agent, guest = await three(desk)
    await guest.send(Offer("customer", 1, "v=0"))
    customer.got()
    flood = encode(Candidate("customer", 1, "candidate:1"))
    for _ in range(1_000):
        await guest.connection.receive(flood)
    await desk.hub.settle()
    assert len([said for said in customer.got() if isinstance(said, CandidateFrom)]) <= 200
    assert guest.got()[-1].reason is ByeReason.MISBEHAVED
    assert customer.connection.ended is None
    await agent.send(Offer("customer", 1, "v=0"))
    assert [said.sender for said in customer.got() if isinstance(said, OfferFrom)] == ["staff.1"]


@pytest.mark.parametrize("claim", ["sender", "by", "participant", "id_of", "from"])
async def test_who_claims_to_be_another_is_who_they_are(desk, claim):
    customer, agent, guest = await three(desk)
    await guest.send(
        f'{{"type":"chat","id":"line-0001","text":"hi","{claim}":"staff.1"}}'.encode(),
        f'{{"type":"offer","to":"customer","pc":1,"sdp":"v=0","{claim}":"staff.1"}}'.encode(),
    )
    [line, offer] = [said for said in customer.got() if isinstance(said, ChatFrom | OfferFrom)]
    assert (line.line.sender, offer.sender) == ("guest", "guest")
    await guest.send(f'{{"type":"remove","participant":"customer","ref":"r","{claim}":"staff.1"}}'.encode())
    assert [said.code for said in guest.got() if isinstance(said, Refused)] == [RefusalCode.NOT_GRANTED]
    assert customer.connection.ended is None
    assert agent.connection.ended is None
