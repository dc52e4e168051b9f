"""Credentials of TURN servers that a call may outlast: told anew in time, to each their own."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from aioice import stun
from aioice.turn import TurnClientUdpProtocol

from signaling.limits import Limits
from signaling.protocol import Bye, IceServers, StandBy, Welcome
from signaling.shapes import IceServer
from signaling.turn import TURN_LIFETIME_S, TurnCredentials, ice_servers, turn_credentials
from tests.support.coturn import SECRET, coturn
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import Desk, call, kinds

HOUR_S = 3600
PATIENT = Limits(idle_timeout_s=24 * HOUR_S)  # nobody here pings, as browsers do


def turn_desk() -> Desk:
    """A hub whose servers are those of a deployment with a relay, by the desk's clock."""

    def servers(name):
        now = datetime.fromtimestamp(desk.clock.now_ms / 1000, UTC)
        return ice_servers(
            name, stun_urls=("stun:a",), turn_urls=("turn:a",), turn_secret="a secret", now=now
        )

    desk = Desk(PATIENT, ice_servers=servers)
    return desk


async def pass_time(desk: Desk, minutes: int) -> None:
    """Let time pass in steps of five minutes, while everybody stays."""
    for _ in range(minutes // 5):
        desk.clock.advance(300)
        desk.hub.tick()
        await desk.hub.settle()


def relays(messages) -> list[IceServer]:
    """The servers with credentials in messages that are only about them."""
    return [one.ice_servers[-1] for one in messages if isinstance(one, IceServers)]


def expiry_s(server: IceServer) -> int:
    return int(server.username.partition(":")[0])


async def test_whoever_is_connected_holds_credentials_that_are_good_for_hours_at_every_moment():
    desk = turn_desk()
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    held = [one.got()[0].ice_servers[-1] for one in (customer, agent)]
    for _ in range(12 * 12):  # three times as long as any of them is good for
        await pass_time(desk, 5)
        for nth, one in enumerate((customer, agent)):
            held[nth] = (relays(one.got()) or [held[nth]])[-1]
            assert expiry_s(held[nth]) - desk.clock.now_ms / 1000 > TURN_LIFETIME_S / 2
    assert [one.username.partition(":")[2] for one in held] == ["customer", "staff.1"]


async def test_it_is_told_hourly_and_not_with_every_turn_of_the_wheel():
    desk = turn_desk()
    customer = await desk.sit(CUSTOMER)
    customer.got()
    await pass_time(desk, 185)
    assert kinds(customer.got()) == [IceServers] * 3


async def test_two_rooms_are_not_told_in_the_same_moment():
    desk = turn_desk()
    first = await desk.sit(CUSTOMER, room="one")
    await pass_time(desk, 30)
    second = await desk.sit(CUSTOMER, room="two")
    await pass_time(desk, 30)
    assert (len(relays(first.got())), len(relays(second.got()))) == (1, 0)
    await pass_time(desk, 30)
    assert len(relays(second.got())) == 1


async def test_where_nothing_runs_out_nothing_is_told():
    desk = Desk(PATIENT, ice_servers=lambda _: (IceServer(("stun:a",)),))
    customer = await desk.sit(CUSTOMER)
    customer.got()
    await pass_time(desk, 180)
    assert customer.got() == []


async def test_a_device_that_stands_by_for_a_seat_is_told_none():
    desk = turn_desk()
    customer, agent = await call(desk)
    await pass_time(desk, 55)
    desk.clock.advance(270)
    newcomer = await desk.sit(CUSTOMER, seat="another phone")
    await pass_time(desk, 5)
    assert kinds(newcomer.got()) == [StandBy, Bye]
    assert [len(relays(one.got())) for one in (customer, agent)] == [1, 1]


async def test_who_comes_back_has_fresh_ones_in_the_welcome():
    desk = turn_desk()
    customer = await desk.sit(CUSTOMER)
    [before] = [one.ice_servers[-1] for one in customer.got() if isinstance(one, Welcome)]
    desk.clock.advance(3 * HOUR_S)
    again = await desk.sit(CUSTOMER)
    [after] = [one.ice_servers[-1] for one in again.got() if isinstance(one, Welcome)]
    assert expiry_s(after) - expiry_s(before) == 3 * HOUR_S


def test_they_are_renewed_at_the_latest_when_half_their_time_is_over():
    assert Limits().relays_renew_s * 2 <= TURN_LIFETIME_S


# --- what coturn makes of it ------------------------------------------------------------------------


async def asking(port: int, credentials: TurnCredentials) -> TurnClientUdpProtocol:
    """A client of the relay, on a socket of its own."""
    _, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: TurnClientUdpProtocol(
            ("127.0.0.1", port), credentials.username, credentials.credential, 600, 500
        ),
        remote_addr=("127.0.0.1", port),
    )
    return client


@pytest.mark.long
async def test_a_relay_keeps_what_was_allocated_in_time_and_gives_nothing_new_for_old_credentials(tmp_path):
    async with coturn(tmp_path, more=("--stale-nonce=1",)) as server:
        old = turn_credentials(SECRET, "customer", now_s=int(time.time()), lifetime_s=2)
        client = await asking(server.port, old)
        await client.connect()
        await asyncio.sleep(int(old.username.partition(":")[0]) + 1.5 - time.time())
        refresh = stun.Message(message_method=stun.Method.REFRESH, message_class=stun.Class.REQUEST)
        refresh.attributes["LIFETIME"] = 600
        response, _ = await client.request_with_retry(refresh)
        assert response.attributes["LIFETIME"] == 600
        bind = stun.Message(message_method=stun.Method.CHANNEL_BIND, message_class=stun.Class.REQUEST)
        bind.attributes.update({"CHANNEL-NUMBER": 0x4001, "XOR-PEER-ADDRESS": ("127.0.0.1", 40_000)})
        await client.request_with_retry(bind)

        late = await asking(server.port, old)
        with pytest.raises(stun.TransactionFailed) as refused:
            await late.connect()
        assert refused.value.response.error_code == 401
        late.transport.close()
        renewed = await asking(
            server.port, turn_credentials(SECRET, "customer", now_s=int(time.time()), lifetime_s=60)
        )
        await renewed.connect()
        for one in (client, renewed):
            await one.delete()
