"""A room whose participants are on different nodes: what they see, and what happens when a node dies."""

from __future__ import annotations

import pytest

from signaling.codec import encode
from signaling.facts import Admitted, Ended, Joined, Left, Prepared, SentToLobby
from signaling.protocol import (
    Ack,
    Admit,
    Answer,
    AnswerFrom,
    Bye,
    Chat,
    ChatFrom,
    End,
    Hello,
    Media,
    Offer,
    OfferFrom,
    Prepare,
    Refused,
    State,
    Welcome,
)
from signaling.stages import KEPT_MS, PREPARING_MS
from signaling.vocabulary import ByeAction, ByeReason, MediaChoice, RefusalCode, Stage
from tests.support.nodes import Node, nodes, until
from tests.support.redis import forget_everything, new_prefix, new_server
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import FakeTransport, kinds

pytestmark = pytest.mark.usefixtures("each_redis")


@pytest.fixture
async def two():
    async with nodes(prefix=new_prefix()) as made:
        yield made


def views(messages):
    """Return each view of the room in a list of messages, as who is where and online."""
    return [
        {one.id: (one.stage.value, one.online) for one in message.room.participants}
        for message in messages
        if isinstance(message, (State, Welcome))
    ]


async def heard(sitter, kind, count=1):
    """Return what somebody has got, once messages of a kind have come."""
    got = []

    def enough():
        got.extend(sitter.got())
        return sum(isinstance(one, kind) for one in got) >= count

    await until(enough)
    return got


async def call(one, other):
    customer, agent = await one.sit(CUSTOMER), await other.sit(AGENT)
    await agent.send(Admit("customer"))
    await until(lambda: one.hub._rooms["room"].room.occupant("customer").stage is Stage.ADMITTED)
    customer.got()
    agent.got()
    return customer, agent


async def test_a_consultation_goes_from_waiting_to_the_end_between_two_nodes(two):
    one, other = two
    customer = await one.sit(CUSTOMER)
    agent = await other.sit(AGENT)
    await agent.send(Prepare("customer", ref="1"), Admit("customer", ref="2"))
    await agent.send(Offer("customer", 1, "offer"))
    await heard(customer, OfferFrom)
    await customer.send(Answer("staff.1", 1, "answer"), Chat("line-0001", "hello"))
    assert [one.sdp for one in await heard(agent, AnswerFrom) if isinstance(one, AnswerFrom)] == ["answer"]
    await heard(customer, ChatFrom)
    await agent.send(End())
    got = await heard(customer, Bye)
    assert got[-1] == Bye(ByeAction.STOP, ByeReason.ENDED)
    assert kinds(one.facts.facts) == [Joined, Joined, Prepared, Admitted, Ended]


async def test_both_see_each_other_online_and_gone(two):
    one, other = two
    customer = await one.sit(CUSTOMER)
    agent = await other.sit(AGENT)
    assert views(agent.got())[0] == {"customer": ("waiting", True), "staff.1": ("watching", True)}
    assert views(await heard(customer, State))[-1]["staff.1"] == ("watching", True)
    assert one.hub.online("room") == other.hub.online("room") == {"customer", "staff.1"}
    customer.went()
    assert views(await heard(agent, State))[-1]["customer"] == ("waiting", False)
    assert other.hub.online("room") == {"staff.1"}


async def test_somebody_who_goes_to_another_node_stays_online_and_leaves_the_first(two):
    one, other = two
    first = await one.sit(CUSTOMER)
    second = await other.sit(CUSTOMER)
    assert (await heard(first, Bye))[-1].reason is ByeReason.MOVED_DEVICE
    first.went()
    assert views(second.got())[-1] == {"customer": ("waiting", True)}
    await until(lambda: one.hub.online("room") == {"customer"})
    assert other.hub.online("room") == {"customer"}


async def test_a_node_that_dies_takes_its_people_offline_and_the_other_keeps_their_deadlines(two):
    one, other = two
    await one.sit(CUSTOMER)
    agent = await other.sit(AGENT)
    agent.got()
    await one.die()
    one.outlives_its_lease()
    await other.beat()
    assert views(agent.got())[-1]["customer"] == ("waiting", False)
    other.wait(KEPT_MS / 1000 + 2)
    await other.hub.settle()
    assert Left("customer", "expired") in other.facts.facts


async def test_a_room_whose_only_node_died_is_taken_over(two):
    one, other = two
    await one.sit(CUSTOMER)
    one.facts.stored.clear()  # as if it had died before the commit
    await one.die()
    one.outlives_its_lease()
    await other.beat()
    assert kinds(other.facts.facts) == [Joined]
    other.wait(KEPT_MS / 1000 + 2)
    await other.hub.settle()
    assert other.facts.facts[-1] == Left("customer", "expired")


async def test_deadlines_come_even_if_no_node_was_left_to_let_them():
    async with nodes(1, prefix=new_prefix()) as [one]:
        await one.sit(CUSTOMER)
        agent = await one.sit(AGENT)
        await agent.send(Prepare("customer"))
        await one.die()
        one.outlives_its_lease()
        late = Node(one.facts, prefix=one.line.prefix)
        await late.start()
        try:
            await until(lambda: "room" in late.hub._rooms)  # at its first beat
            late.wait(PREPARING_MS / 1000 + 2)
            await late.hub.settle()
            assert late.facts.facts[-1] == SentToLobby("customer")
            late.wait(KEPT_MS / 1000 + 2)
            await late.hub.settle()
            left = {
                fact.participant for fact in late.facts.facts if fact == Left(fact.participant, "expired")
            }
            assert left == {CUSTOMER.id, AGENT.id}
        finally:
            await late.die()


async def test_a_node_that_stops_properly_is_not_waited_for(two):
    one, other = two
    await one.sit(CUSTOMER)
    agent = await other.sit(AGENT)
    await one.presence.leave()
    await one.die()
    await other.beat()
    assert views(agent.got())[-1]["customer"] == ("waiting", False)


async def test_a_node_that_was_taken_for_dead_is_back_with_its_people(two):
    one, other = two
    customer = await one.sit(CUSTOMER)
    agent = await other.sit(AGENT)
    one.outlives_its_lease()  # as a process that is frozen
    await other.beat()
    assert views(agent.got())[-1]["customer"] == ("waiting", False)
    await one.beat()
    await other.beat()
    assert views(agent.got())[-1]["customer"] == ("waiting", True)
    await agent.send(Admit("customer"))
    await until(lambda: ("admitted", True) in [view["customer"] for view in views(customer.got())])


async def test_a_deadline_that_both_nodes_let_come_takes_effect_once(two):
    one, other = two
    await one.sit(CUSTOMER)
    agent = await other.sit(AGENT)
    await agent.send(Prepare("customer"))
    await until(lambda: one.hub._rooms["room"].room.occupant("customer").stage is Stage.PREPARING)
    for node in two:
        node.wait(PREPARING_MS / 1000 + 2)
    for node in two:
        await node.hub.settle()
    assert [fact.participant for fact in one.facts.facts[-1:]] == ["customer"]
    assert len(one.facts.facts) == 4


async def test_deadlines_of_a_node_that_slept_through_what_happened_take_no_effect():
    async with nodes(prefix=new_prefix(), plans="x") as (one, other):  # what is told gets lost, as in a sleep
        customer = await one.sit(CUSTOMER)
        agent = await other.sit(AGENT)
        await agent.send(Prepare("customer"))
        await customer.send(Media(MediaChoice.ON, MediaChoice.ON))  # the answer tells of the deadline
        asleep = one.hub._rooms["room"].room.occupant("customer")
        assert asleep.stage is Stage.PREPARING
        await agent.send(Admit("customer"))
        one.wait(PREPARING_MS / 1000 + 2)
        await one.hub.settle()
        assert one.hub._rooms["room"].room.occupant("customer").stage is Stage.ADMITTED
        assert kinds(one.facts.facts) == [Joined, Joined, Prepared, Admitted]


async def test_an_emptied_redis_keeps_an_admitted_pair_admitted(two):
    one, other = two
    customer, agent = await call(one, other)
    forget_everything(one.line.prefix)
    await agent.send(Chat("line-0001", "are you there?"))
    assert agent.got()[-1] == Bye(ByeAction.RESUME, ByeReason.RESTARTING)
    agent = await other.sit(AGENT)
    assert (await heard(customer, Bye))[-1] == Bye(ByeAction.RESUME, ByeReason.RESTARTING)
    customer = await one.sit(CUSTOMER)
    assert views(customer.got())[0]["customer"] == ("admitted", True)
    await agent.send(Chat("line-0001", "are you there?"))
    await heard(customer, ChatFrom)
    await agent.send(End())
    await heard(customer, Bye)
    assert kinds(one.facts.facts) == [Joined, Joined, Admitted, Ended]


async def test_a_quiet_room_finds_out_that_redis_was_emptied(two):
    one, other = two
    customer, _ = await call(one, other)
    forget_everything(one.line.prefix)
    await one.beat()
    assert customer.got()[-1] == Bye(ByeAction.RESUME, ByeReason.RESTARTING)


@pytest.mark.parametrize("whose", ["customer", None])
async def test_an_access_that_is_taken_lets_nobody_in_who_had_not_said_hello_yet(two, whose):
    one, other = two
    await other.sit(AGENT)
    transport = FakeTransport()
    late = other.hub.connect(transport, room="room", participant=CUSTOMER, seat="phone")
    await one.hub.revoke("room", whose)
    await until(lambda: late.ended)
    await late.receive(encode(Hello()))
    assert transport.take() == [Bye(ByeAction.STOP, ByeReason.REVOKED)]
    assert Joined not in [type(fact) for fact in one.facts.facts if fact.participant == "customer"]


async def test_a_device_that_stands_by_or_holds_the_seat_outlives_what_is_taken_from_another(two):
    one, other = two
    customer, _ = await call(one, other)
    laptop = await other.sit(CUSTOMER, seat="laptop")
    await heard(customer, State)
    laptop.got()
    await other.hub.revoke("room", "customer", seat="lost phone")
    await customer.send(Chat("line-0001", "hello", ref="c"))
    assert kinds(customer.got()) == [ChatFrom, Ack]
    assert laptop.got() == []


async def test_a_full_redis_refuses_what_is_said_and_the_rest_goes_on():
    full = new_server("--maxmemory-policy", "noeviction")
    try:
        async with nodes(prefix=new_prefix(), where=full) as (one, other):
            customer, agent = await call(one, other)
            full.ask("CONFIG", "SET", "maxmemory", 1)
            await agent.send(Chat("line-0001", "hello", ref="c"), End(ref="e"))
            assert agent.got() == [
                Refused(RefusalCode.UNAVAILABLE, "c"),
                Refused(RefusalCode.UNAVAILABLE, "e"),
            ]
            assert customer.got() == []
            assert one.hub.online("room") == {"customer", "staff.1"}
            full.ask("CONFIG", "SET", "maxmemory", 0)
            await agent.send(Chat("line-0001", "hello"))
            await heard(customer, ChatFrom)
    finally:
        full.remove()


async def test_a_redis_that_restarts_empty_forms_the_rooms_anew():
    restarting = new_server()
    try:
        async with nodes(prefix=new_prefix(), where=restarting) as (one, other):
            customer, agent = await call(one, other)
            restarting.stop()
            await agent.send(Chat("line-0001", "hello", ref="c"))
            assert agent.got() == [Refused(RefusalCode.UNAVAILABLE, "c")]
            restarting.start()
            assert (await heard(customer, Bye))[-1].action is ByeAction.RESUME
            assert (await heard(agent, Bye))[-1].action is ByeAction.RESUME
            customer, agent = await one.sit(CUSTOMER), await other.sit(AGENT)
            assert views(customer.got())[0]["customer"] == ("admitted", True)
            await agent.send(Chat("line-0001", "hello"))
            await heard(customer, ChatFrom)
    finally:
        restarting.remove()
