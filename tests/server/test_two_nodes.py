"""Two server processes, the customer on one and the agent on the other: the normal case of many processes."""

from __future__ import annotations

import aiohttp

from signaling.protocol import (
    Ack,
    Admit,
    Answer,
    AnswerFrom,
    Chat,
    ChatFrom,
    End,
    Offer,
    OfferFrom,
    Prepare,
    Refused,
    State,
    Welcome,
)
from signaling.shapes import Resume
from signaling.vocabulary import ByeAction, ByeReason, RefusalCode
from tests.support.two_nodes import deployment, node_base


async def told(client, kind):
    """Return the next message of a kind."""
    while not isinstance(message := await client.receive(), kind):
        assert message is not None, client.seen
    return message


def stage_of(message, participant="customer"):
    [found] = [one for one in message.room.participants if one.id == participant]
    return found.stage.value, found.online


async def stage_is(client, stage, *, online=True):
    """Read states until somebody is where they should be."""
    while stage_of(await told(client, State)) != (stage, online):
        pass


async def admitted(town):
    """Return both, in a call over two nodes."""
    one, other = town.nodes
    customer, agent = await town.customer_on(one), await town.agent_on(other)
    assert stage_of(await customer.hello()) == ("waiting", True)
    if stage_of(await agent.hello()) != ("waiting", True):
        await stage_is(agent, "waiting")  # who is online is told between nodes, not logged
    assert isinstance(await agent.request(Prepare("customer")), Ack)
    assert isinstance(await agent.request(Admit("customer")), Ack)
    await stage_is(customer, "admitted")
    return customer, agent


async def test_a_consultation_outlives_a_full_and_an_emptied_redis(tmp_path):
    async with deployment(tmp_path) as town, town.board_news_on(town.nodes[1]) as news:
        one, other = town.nodes
        customer, agent = await admitted(town)
        assert await news.readuntil(b"data: changed\n\n")  # the customer came, at the other node
        await agent.send(Offer("customer", 1, "offer"))
        assert (await told(customer, OfferFrom)).sdp == "offer"
        await customer.send(Answer("staff." + agent_id(customer), 1, "answer"))
        assert (await told(agent, AnswerFrom)).sdp == "answer"

        town.redis.ask("CONFIG", "SET", "maxmemory", 1)
        assert (await customer.request(Chat("line-0001", "hello"))).code is RefusalCode.UNAVAILABLE
        assert isinstance(await agent.request(End()), Refused)
        assert await customer.sync() == await agent.sync() == []  # neither is cut off
        town.redis.ask("CONFIG", "SET", "maxmemory", 0)
        assert isinstance(await customer.request(Chat("line-0001", "hello")), Ack)
        assert (await told(agent, ChatFrom)).line.text == "hello"

        town.redis.ask("FLUSHALL")
        await agent.send(Chat("line-0002", "are you there?"))
        assert (await agent.bye()).action is ByeAction.RESUME
        agent = await town.agent_on(other)
        assert stage_of(await agent.hello())[0] == "admitted"
        assert (await customer.bye()).action is ByeAction.RESUME
        customer = await town.customer_on(one)
        assert stage_of(await customer.hello()) == ("admitted", True)
        assert isinstance(await agent.request(Chat("line-0002", "are you there?")), Ack)
        assert (await told(customer, ChatFrom)).line.text == "are you there?"
        assert isinstance(await agent.request(End()), Ack)
        assert (await customer.bye()).reason is ByeReason.ENDED

        staff = "staff." + agent_id(agent)
        assert await town.timeline() == [
            ("joined", "customer"),
            ("joined", staff),
            ("prepared", "customer"),
            ("admitted", "customer"),
            ("ended", None),
        ]
        async with aiohttp.ClientSession() as session, session.get(f"{node_base(one)}/health/ready") as ready:
            assert (ready.status, (await ready.json())["reasons"]) == (200, [])


def agent_id(client):
    """Return the agent's id, as somebody in the room sees it."""
    views = [message.room for message in client.seen if isinstance(message, (State, Welcome))]
    [found] = {one.id for view in views for one in view.participants if one.host}
    return found.removeprefix("staff.")


async def test_whose_node_is_killed_goes_on_where_they_were_on_the_other(tmp_path):
    async with deployment(tmp_path) as town:
        one, other = town.nodes
        customer, agent = await admitted(town)
        assert isinstance(await customer.request(Chat("line-0001", "hello")), Ack)
        seen = [message for message in customer.seen if isinstance(message, Welcome)][-1]
        town.kill(one)
        assert isinstance(await agent.request(Chat("line-0002", "are you there?")), Ack)
        customer = await town.customer_on(other)
        welcome = await customer.hello(resume=Resume(seen.epoch, seen.seq))
        assert welcome.resumed
        assert [line.text for line in welcome.chat] == ["hello", "are you there?"]
        assert stage_of(welcome) == ("admitted", True)
        assert isinstance(await agent.request(End()), Ack)
        assert [name for name, _ in await town.timeline()].count("joined") == 2
