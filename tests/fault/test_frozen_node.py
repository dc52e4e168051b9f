"""A node that stands still until its leases have run out, and wakes with old commands in its sockets."""

from __future__ import annotations

import asyncio

import aiohttp

from signaling.protocol import Ack, Admit, Chat, End, Hold, Leave, State, Welcome
from signaling.shapes import Resume
from signaling.vocabulary import ByeAction, ByeReason
from tests.support.two_nodes import deployment, node_base


def where(message, who):
    """Return somebody's stage in a view, and whether they are online."""
    [found] = [one for one in message.room.participants if one.id == who]
    return found.stage.value, found.online


async def seen(client, who, wanted):
    """Read until the latest view has somebody where they should be; nodes look after each other every 5 s."""
    async with asyncio.timeout(10):
        while True:
            await client.sync()
            views = [message for message in client.seen if isinstance(message, (State, Welcome))]
            if where(views[-1], who) == wanted:
                return
            await asyncio.sleep(0.05)


async def test_a_frozen_node_holds_nobody_up_and_what_it_wakes_with_changes_nothing(tmp_path):
    async with deployment(tmp_path) as town:
        one, other = town.nodes
        customer = await town.customer_on(one)
        await customer.hello()
        while not await town.timeline():  # frozen in a transaction, it would hold up others for 10 s
            await customer.sync()
        name = await town.name_of_node()
        with town.frozen(one):
            # In the socket of a node that will read it much later, when the customer is long elsewhere.
            await customer.send(Chat("line-0001", "is anybody there?", ref="r-1"))
            await customer.send(Leave(ref="r-2"))
            town.outlive_lease(name)
            agent = await town.agent_on(other)
            await agent.hello()
            await seen(agent, "customer", ("waiting", False))
            seat = [message for message in customer.seen if isinstance(message, Welcome)][-1]
            again = await town.customer_on(other)
            welcome = await again.hello(resume=Resume(seat.epoch, seat.seq))
            assert welcome.resumed
            await seen(agent, "customer", ("waiting", True))
            assert isinstance(await agent.request(Admit("customer")), Ack)
            assert isinstance(await agent.request(Hold("customer")), Ack)

        bye = await customer.bye()
        assert (bye.action, bye.reason) == (ByeAction.STOP, ByeReason.MOVED_DEVICE)
        assert isinstance(await agent.request(Admit("customer")), Ack)
        await again.sync()
        assert isinstance(await again.request(Chat("line-0001", "is anybody there?")), Ack)

        # The node that was frozen serves again: the agent goes there, and sees what has happened meanwhile.
        agent = await town.agent_on(one)
        welcome = await agent.hello()
        assert where(welcome, "customer") == ("admitted", True)
        assert [line.id for line in welcome.chat] == ["line-0001"]
        assert isinstance(await agent.request(End()), Ack)
        assert (await again.bye()).reason is ByeReason.ENDED
        assert [name for name, who in await town.timeline() if not (who or "").startswith("staff.")] == [
            *("joined", "admitted", "held", "admitted", "ended"),
        ]
        async with aiohttp.ClientSession() as session, session.get(f"{node_base(one)}/health/ready") as ready:
            assert (ready.status, (await ready.json())["reasons"]) == (200, [])


async def test_a_fact_under_way_when_its_node_freezes_is_recorded_once(tmp_path):
    async with deployment(tmp_path) as town:
        one, other = town.nodes
        customer, agent = await town.customer_on(other), await town.agent_on(one)
        await customer.hello()
        await agent.hello()
        told = ["joined", "joined"]
        for pause_s in (0, 0.001, 0.003, 0.008):  # before it is read, appended, committed, told
            command, fact = (Admit, "admitted") if told[-1] != "admitted" else (Hold, "held")
            await agent.send(command("customer", ref="once"))
            await asyncio.sleep(pause_s)  # the freeze is to hit it somewhere on its way
            with town.frozen(one):
                assert await customer.sync() is not None  # the other node is not held up
            told.append(fact)
            while not isinstance(answer := await agent.receive(), Ack):
                assert answer is not None
            assert [name for name, _ in await town.timeline()] == told
