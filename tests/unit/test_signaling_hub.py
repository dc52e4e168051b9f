"""The hub with fakes around it: who is told what, when a fact is acknowledged, what room commands do."""

from __future__ import annotations

import pytest

from signaling.events import RestoredParticipant
from signaling.facts import Admitted, Ended, Joined, Left, Prepared, SentToLobby
from signaling.limits import Limits
from signaling.log import LogUnavailable, NoSuchLog
from signaling.protocol import (
    Ack,
    Admit,
    Bye,
    Chat,
    ChatFrom,
    End,
    Hello,
    Hold,
    Leave,
    Offer,
    OfferFrom,
    Ping,
    Pong,
    Prepare,
    Refused,
    State,
    Welcome,
)
from signaling.vocabulary import ByeAction, ByeReason, RefusalCode, Stage
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import Desk, FakeTransport, call, kinds

STOP, RESUME = ByeAction.STOP, ByeAction.RESUME


@pytest.fixture
def desk():
    return Desk()


# --- hello ------------------------------------------------------------------------------------------


async def test_hello_is_answered_by_the_whole_state_and_told_to_the_others(desk):
    customer = await desk.sit(CUSTOMER, hello=False)
    await customer.send(Hello(ref="h"))
    [welcome] = customer.got()
    assert isinstance(welcome, Welcome)
    assert (welcome.self, welcome.ref, welcome.seq, welcome.resumed) == ("customer", "h", 1, False)
    assert welcome.server_time == desk.clock.now_ms
    agent = await desk.sit(AGENT)
    [state] = customer.got()
    assert [(one.id, one.online, one.host) for one in state.room.participants] == [
        ("customer", True, False),
        ("staff.1", True, True),
    ]
    assert kinds(agent.got()) == [Welcome]


async def test_without_hello_only_ping_is_answered(desk):
    customer = await desk.sit(CUSTOMER, hello=False)
    await customer.send(Ping("p"), Leave(ref="l"), Hello(), Hello(ref="again"))
    pong, early, _, again = customer.got()
    assert pong == Pong("p")
    assert early == Refused(RefusalCode.HELLO_FIRST, "l")
    assert again == Refused(RefusalCode.HELLO_AGAIN, "again")


async def test_a_client_that_never_says_hello_is_let_go(desk):
    silent = await desk.sit(CUSTOMER, hello=False)
    await desk.wait(11)
    assert silent.got() == [Bye(RESUME, ByeReason.IDLE)]
    assert not silent.transport.aborted
    await desk.wait(6)
    assert silent.transport.aborted


async def test_a_client_that_falls_silent_is_let_go_and_one_that_pings_stays(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    for _ in range(8):
        await desk.wait(10)
        await agent.send(Ping())
    assert customer.got()[-1] == Bye(RESUME, ByeReason.IDLE)
    assert agent.connection.ended is None
    assert desk.hub.online("room") == {"staff.1"}


async def test_a_room_that_nobody_opened_takes_no_connection(desk):
    with pytest.raises(NoSuchLog):
        desk.hub.connect(FakeTransport(), room="room", participant=CUSTOMER, seat="s")


# --- facts ------------------------------------------------------------------------------------------


async def test_facts_are_stored_in_order_and_acknowledged_after_the_commit(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    agent.got()
    await agent.send(Prepare("customer", ref="p"))
    await agent.send(Admit("customer", ref="a"))
    assert kinds(agent.got()) == [State, Ack, State, Ack]
    assert kinds(desk.facts.facts) == [Joined, Joined, Prepared, Admitted]
    assert customer.got()[-1].room.participants[0].stage is Stage.ADMITTED


async def test_a_fact_that_cannot_be_stored_is_tried_again_and_holds_back_the_ack_and_the_pong(desk):
    customer, agent = await call(desk)
    desk.facts.failures = 2
    await agent.send(Hold("customer", ref="h"), Ping("p"))
    assert kinds(agent.got()) == [State]
    assert kinds(customer.got()) == [State]
    await desk.wait(2)
    assert agent.got() == [Ack("h", 4), Pong("p")]
    assert desk.facts.failures == 0


async def test_after_the_deadline_a_command_is_refused_and_its_fact_still_stored(desk):
    _, agent = await call(desk)
    desk.facts.failures = 1000
    await agent.send(Hold("customer", ref="h"), Admit("customer", ref="a"))
    agent.got()
    await desk.wait(7)
    assert agent.got() == [Refused(RefusalCode.UNAVAILABLE, ref) for ref in ("h", "a")]
    before = len(desk.facts.facts)
    desk.facts.failures = 0
    await desk.wait(6)
    assert len(desk.facts.facts) == before + 2
    assert agent.got() == []


async def test_with_too_many_facts_waiting_no_more_are_made_and_signals_go_on():
    desk = Desk(Limits(pending_facts=1))
    customer, agent = await call(desk)
    desk.facts.failures = 1000
    await agent.send(Hold("customer"), Admit("customer", ref="a"), Offer("customer", 1, "v=0"))
    assert Refused(RefusalCode.UNAVAILABLE, "a") in agent.got()
    assert OfferFrom in kinds(customer.got())


async def test_a_sink_that_breaks_is_tried_again(desk):
    class Broken(Exception):  # noqa: N818 - nobody's own error
        pass

    real = desk.facts.commit

    async def broken(*_):
        raise Broken

    desk.facts.commit = broken
    agent = await desk.sit(AGENT)
    assert desk.facts.facts == []
    desk.facts.commit = real
    await desk.wait(1)
    assert kinds(desk.facts.facts) == [Joined]
    assert agent.connection.ended is None


async def test_whoever_ends_the_room_has_the_ack_before_the_bye(desk):
    customer, agent = await call(desk)
    await agent.send(End(ref="e"))
    assert customer.got()[-1] == Bye(STOP, ByeReason.ENDED)
    assert [one for one in agent.got() if not isinstance(one, State)] == [
        Ack("e", 4),
        Bye(STOP, ByeReason.ENDED),
    ]


# --- the log fails ----------------------------------------------------------------------------------


async def test_a_failing_log_refuses_and_the_connection_lives(desk):
    customer, agent = await call(desk)
    desk.log.failing = True
    await customer.send(Chat("line-0001", "hi", ref="c"))
    assert customer.got() == [Refused(RefusalCode.UNAVAILABLE, "c")]
    late = await desk.sit(CUSTOMER, seat="seat of customer")
    assert late.got() == [Refused(RefusalCode.UNAVAILABLE)]
    with pytest.raises(LogUnavailable):
        await desk.hub.end_room("room")
    desk.log.failing = False
    await customer.send(Chat("line-0001", "hi"))
    assert kinds(agent.got()) == [ChatFrom]


async def test_a_lost_log_sends_everybody_to_form_the_room_anew(desk):
    customer, agent = await call(desk)
    await desk.log.close()
    await customer.send(Chat("line-0001", "hi"))
    for one in (customer, agent):
        assert one.got() == [Bye(RESUME, ByeReason.RESTARTING)]
        one.went()
    restored = (
        RestoredParticipant(CUSTOMER, Stage.ADMITTED),
        RestoredParticipant(AGENT, Stage.ADMITTED),
    )
    await desk.hub.open_room("room", restored=restored)
    back = await desk.sit(CUSTOMER)
    [welcome] = back.got()
    assert welcome.room.participants[0].stage is Stage.ADMITTED


async def test_a_deadline_that_the_log_refused_comes_again(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Prepare("customer"))
    desk.log.failing = True
    await desk.wait(32)
    desk.log.failing = False
    await desk.wait(6)
    assert desk.facts.facts[-1] == SentToLobby("customer")
    assert customer.connection.ended is None


# --- room commands ----------------------------------------------------------------------------------


async def test_room_commands_are_idempotent_and_never_create_a_log(desk):
    await desk.hub.end_room("room")
    await desk.hub.revoke("room", None)
    with pytest.raises(NoSuchLog):
        await desk.log.subscribe("room", None, lambda *_: None)
    customer, _ = await call(desk)
    for _ in range(2):
        await desk.hub.revoke("room", "customer")
    await desk.hub.settle()
    assert customer.got() == [Bye(STOP, ByeReason.REVOKED)]
    for _ in range(2):
        await desk.hub.end_room("room")
    await desk.hub.settle()
    assert desk.facts.facts[-2:] == [Left("customer", "revoked"), Ended(None)]


async def test_revoking_everybody_is_a_fact_for_each(desk):
    customer, agent = await call(desk)
    await desk.hub.revoke("room", None)
    await desk.hub.settle()
    assert desk.facts.facts[-2:] == [Left("customer", "revoked"), Left("staff.1", "revoked")]
    assert customer.got()[-1].reason is agent.got()[-1].reason is ByeReason.REVOKED


async def test_another_node_ends_the_room_for_everybody(desk):
    customer, _ = await call(desk)
    other = desk.another_hub()
    await other.end_room("room")
    await desk.hub.settle()
    await other.settle()
    assert customer.got()[-1] == Bye(STOP, ByeReason.ENDED)
    assert desk.facts.facts.count(Ended(None)) == 1


async def test_participants_of_two_nodes_talk_to_each_other(desk):
    other = desk.another_hub()
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT, hub=other)
    await agent.send(Admit("customer", ref="a"), Offer("customer", 1, "v=0"))
    await desk.hub.settle()
    assert OfferFrom in kinds(customer.got())
    assert Ack in kinds(agent.got())
    assert len(desk.facts.facts) == 3


@pytest.mark.parametrize(
    ("longest", "expected"), [(5_000, [0, 100, 200, 300, 400]), (50, [0, 10, 20, 30, 40])]
)
async def test_a_draining_hub_spreads_the_return(longest, expected):
    desk = Desk(Limits(drain_each_ms=100, drain_longest_ms=longest))
    seats = [await desk.sit(CUSTOMER, room=f"room-{index}") for index in range(5)]
    await desk.hub.drain()
    afters = [one.got()[-1].retry_after_ms for one in seats]
    assert afters == expected
