"""The websocket door over real sockets, with joining and staffing played by fakes."""

from __future__ import annotations

import aiohttp
import pytest

from signaling.facts import Admitted, Joined, Prepared
from signaling.protocol import (
    Ack,
    Admit,
    Bye,
    Candidate,
    CandidateFrom,
    Chat,
    ChatFrom,
    Hello,
    Offer,
    OfferFrom,
    Prepare,
    Refused,
)
from signaling.shapes import Resume
from signaling.vocabulary import SUBPROTOCOL, ByeAction, ByeReason, RefusalCode, Stage
from tests.support.signal_house import ORIGIN, open_house, seen_offline
from tests.support.signaling import Client


@pytest.fixture
async def house():
    async with open_house() as house:
        yield house


async def test_a_customer_waits_is_called_in_and_talks(house):
    customer, agent = await house.customer(), await house.agent()
    welcome = await customer.hello()
    assert [(one.id, one.stage) for one in welcome.room.participants] == [("customer", Stage.WAITING)]
    await agent.hello()
    assert isinstance(await agent.request(Prepare("customer")), Ack)
    await customer.send(Offer(to="staff.1", pc=1, sdp="v=0"))
    assert OfferFrom in {type(one) for one in await agent_sync_after(customer, agent)}
    assert isinstance(await agent.request(Admit("customer")), Ack)
    await customer.sync()
    assert isinstance(await agent.request(Chat(id="line-0001", text="مرحبا")), Ack)
    told = await customer.sync()
    assert [one.line.text for one in told if isinstance(one, ChatFrom)] == ["مرحبا"]
    names = [type(fact) for fact in house.facts.facts]
    assert names == [Joined, Joined, Prepared, Admitted]


async def agent_sync_after(sender: Client, receiver: Client):
    """Everything `sender` sent has been handled, so `receiver` has it before its pong."""
    await sender.sync()
    return await receiver.sync()


async def test_a_foreign_origin_is_refused_before_the_upgrade(house):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await house.session.ws_connect(
            f"{house.url}?visit=visit", protocols=(SUBPROTOCOL,), headers={"Origin": "http://127.0.0.1:8081"}
        )
    assert refused.value.status == 403


@pytest.mark.parametrize("protocols", [(), ("vap.signal.v9",)])
async def test_another_subprotocol_gets_a_bye_and_a_close(house, protocols):
    headers = {"Cookie": "vap=phone", "Origin": ORIGIN}
    ws = await house.session.ws_connect(f"{house.url}?visit=visit", protocols=protocols, headers=headers)
    assert await Client(ws).bye() == Bye(ByeAction.STOP, ByeReason.MISBEHAVED)


@pytest.mark.parametrize(
    ("visit", "action", "reason"),
    [("moved", ByeAction.STOP, ByeReason.REVOKED), ("early", ByeAction.REJOIN, ByeReason.NO_ACCESS)],
)
async def test_what_the_door_refuses_is_said_after_accepting(house, visit, action, reason):
    assert await (await house.customer(visit)).bye() == Bye(action, reason)


async def test_without_a_cookie_or_a_name_there_is_no_access(house):
    for query in ("?visit=visit", "", "?appointment=room"):
        client = await Client.open(house.session, house.url + query)
        bye = await client.bye()
        assert bye is not None
        assert bye.reason is ByeReason.NO_ACCESS


async def test_faulty_frames_are_refused_by_name_and_the_connection_lives(house):
    customer = await house.customer()
    await customer.send(Chat(id="line-0001", text="too soon", ref="early"))
    await customer.hello()
    await customer.send("{not json")
    await customer.send('{"type":"offer","to":"staff.1","ref":"half"}')
    await customer.send('{"type":"teleport","ref":"odd"}')
    await customer.send(Hello(ref="again"))
    await customer.send(Chat(id="line-0001", text="not yet", ref="soon"))
    await customer.send(Admit("customer", ref="cheeky"))
    await customer.send('{"type":"chat","id":"line-0001","text":"' + "x" * 65_536 + '"}')
    await customer.ws.send_bytes(b"\xff\xfe\x00")
    await customer.sync()
    assert [(one.ref or None, one.code) for one in customer.seen if isinstance(one, Refused)] == [
        ("early", RefusalCode.HELLO_FIRST),
        (None, RefusalCode.MALFORMED),
        ("half", RefusalCode.MALFORMED),
        ("odd", RefusalCode.UNKNOWN_TYPE),
        ("again", RefusalCode.HELLO_AGAIN),
        ("soon", RefusalCode.NOT_ADMITTED),
        ("cheeky", RefusalCode.NOT_GRANTED),
        (None, RefusalCode.TOO_LARGE),
        (None, RefusalCode.MALFORMED),
    ]


async def test_a_frame_too_long_to_read_ends_with_a_bye(house):
    customer = await house.customer()
    await customer.hello()
    await customer.send("x" * 200_000)
    assert await customer.bye() == Bye(ByeAction.STOP, ByeReason.MISBEHAVED)


async def test_the_sender_is_who_the_cookie_says(house):
    customer, agent = await house.call()
    await customer.send(
        '{"type":"chat","id":"line-0001","text":"hi","by":"staff.1","sender":"staff.1","participant":"staff.1"}'
    )
    [said] = [one for one in await agent_sync_after(customer, agent) if isinstance(one, ChatFrom)]
    assert said.line.sender == "customer"


async def test_a_log_that_fails_refuses_and_the_call_goes_on(house):
    customer, agent = await house.call()
    house.log.failing = True
    assert (await customer.request(Chat(id="line-0001", text="hi"))).code is RefusalCode.UNAVAILABLE
    house.log.failing = False
    assert isinstance(await customer.request(Chat(id="line-0001", text="hi")), Ack)
    assert [type(one) for one in await agent_sync_after(customer, agent)] == [ChatFrom]


async def test_a_client_that_comes_back_resumes_and_gets_what_it_missed(house):
    customer, agent = await house.call()
    await agent.request(Offer(to="customer", pc=1, sdp="v=0"))
    await customer.sync()
    epoch = house.hub._rooms["room"].room.epoch
    at = Resume(epoch=epoch, seq=max(one.seq for one in customer.seen if hasattr(one, "seq")))
    await customer.ws.close()
    for index in range(3):
        await agent.request(Candidate(to="customer", pc=1, candidate=f"candidate:{index}"))
    back = await house.customer()
    welcome = await back.hello(resume=at)
    assert welcome.resumed
    missed = [one.candidate for one in await back.sync() if isinstance(one, CandidateFrom)]
    assert missed == ["candidate:0", "candidate:1", "candidate:2"]


async def test_a_client_that_never_reads_is_cut_off_and_slows_nobody(house):
    slow, agent = await house.customer(), await house.agent()
    await slow.hello()
    await agent.hello()
    await agent.request(Prepare("customer"))
    slow.ws._response.connection.protocol.pause_reading()
    line = "x" * 40_000
    for pc in range(1, 400):
        house.clock.advance(1)
        house.hub.tick()
        await agent.request(Offer(to="customer", pc=pc, sdp=line))
        if "customer" not in house.hub.online("room"):
            break
    assert house.hub.online("room") == {"staff.1"}
    house.clock.advance(10)
    house.hub.tick()
    await seen_offline(agent, "customer")
    assert isinstance(await agent.request(Chat(id="line-0001", text="still here")), Ack)


async def test_a_draining_server_says_when_to_come_back(house):
    customer, agent = await house.call()
    await house.hub.drain()
    for client in (customer, agent):
        bye = await client.bye()
        assert (bye.action, bye.reason) == (ByeAction.RESUME, ByeReason.RESTARTING)


async def test_a_client_that_goes_without_a_word_is_seen_to_be_offline(house):
    customer, agent = await house.call()
    customer.ws._response.connection.transport.abort()
    await seen_offline(agent, "customer")
