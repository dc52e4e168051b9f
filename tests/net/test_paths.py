"""A call finds the one way that a network leaves it: direct, or through TURN by UDP, TCP, or TLS on 443."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.net import network
from tests.support.net_call import AGENT, CUSTOMER, net_call, net_house, path_of

pytestmark = pytest.mark.net


async def both_paths(call):
    """Return both sides' paths, once each has one."""
    found = [await path_of(page) for page in (call.customer, call.agent)]
    assert None not in found
    return found


async def test_where_both_can_reach_each_other_no_relay_is_used(tmp_path):
    async with (
        network(CUSTOMER, AGENT, direct=True) as net,
        net_house(tmp_path, net) as house,
        net_call(house) as call,
    ):
        for path in await both_paths(call):
            assert (path.local, path.remote, path.protocol, path.relay) == ("host", "host", "udp", None)


async def test_where_they_cannot_a_relay_is_reached_by_udp(tmp_path):
    async with (
        network(CUSTOMER, AGENT) as net,
        net_house(tmp_path, net) as house,
        net_call(house) as call,
    ):
        paths = await both_paths(call)
        assert {path.relay for path in paths} - {None} == {"udp"}, paths


@pytest.mark.parametrize(
    ("lets_through", "relay"), [pytest.param("tcp", "tcp", marks=pytest.mark.long), ("https", "tls")]
)
async def test_a_firewall_leaves_one_way_to_the_relay(tmp_path, lets_through, relay):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house:
        await net.change_all(lets_through=lets_through)
        async with net_call(house) as call:
            for path in await both_paths(call):
                assert (path.local, path.remote, path.relay) == ("relay", "relay", relay)


@pytest.mark.long
async def test_one_side_behind_a_firewall_and_the_other_not(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house:
        await net.change(CUSTOMER, lets_through="https")
        async with net_call(house) as call:
            customer, agent = await both_paths(call)
            assert (customer.local, customer.relay) == ("relay", "tls")
            assert agent.relay in {None, "udp"}


@pytest.mark.long
async def test_without_a_relay_they_do_not_meet_and_are_told_so(tmp_path):
    async with (
        network(CUSTOMER, AGENT) as net,
        net_house(tmp_path, net, turn=False) as house,
        net_call(house, meets=False) as call,
    ):
        assert [await path_of(page) for page in (call.customer, call.agent)] == [None, None]
        await expect(call.status).to_contain_text("نصلك بالموظف")
