"""A cut, another address, a restarted server: the call is back soon, and the pages say so meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.consultation import longest_gap_ms
from tests.support.net import network
from tests.support.net_call import AGENT, CUSTOMER, net_call, net_house, path_of

pytestmark = pytest.mark.net

# tests/load/net_bench.py measures it: a second. A browser left to itself takes fourteen, and this test may
# share its processors with others.
MOVED_WITHIN_MS = 8_000
STILL_MS = 1_500
BACK_WITHIN_S = 20.0


async def cut_for(call, net, seconds):
    """Cut the customer off for so long; return how long the worse picture stood still beyond that."""
    await call.watch()
    began = asyncio.get_running_loop().time()
    await net.change(CUSTOMER, cut=True)
    await call.says_reconnecting()
    await asyncio.sleep(began + seconds - asyncio.get_running_loop().time())
    await net.change(CUSTOMER, cut=False)
    await call.moves(timeout_s=BACK_WITHIN_S)
    await call.says_connected(within_s=BACK_WITHIN_S)
    return max([await longest_gap_ms(picture) for picture in call.pictures]) / 1000 - seconds


async def test_a_cut_of_five_seconds(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house, net_call(house) as call:
        assert await cut_for(call, net, 5) < 5


@pytest.mark.long
async def test_a_cut_of_forty_seconds(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house, net_call(house) as call:
        assert await cut_for(call, net, 40) < 10


@pytest.mark.parametrize("who", [CUSTOMER, pytest.param(AGENT, marks=pytest.mark.long)])
async def test_another_address_in_the_middle_of_a_call(tmp_path, who):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house:
        await net.change_all(delay_ms=15)
        async with net_call(house) as call:
            await call.watch()
            await net.move(who)
            await call.goes_on()
            gaps = [await longest_gap_ms(picture) for picture in call.pictures]
            assert max(gaps) < MOVED_WITHIN_MS
            await call.says_connected()


@pytest.mark.long
async def test_another_address_again_and_again(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house, net_call(house) as call:
        for who in (CUSTOMER, AGENT, CUSTOMER, CUSTOMER, AGENT):
            await net.move(who)
            await call.goes_on()
            await call.says_connected()


@pytest.mark.long
async def test_another_address_where_no_relay_is_needed(tmp_path):
    async with (
        network(CUSTOMER, AGENT, direct=True) as net,
        net_house(tmp_path, net) as house,
        net_call(house) as call,
    ):
        address = await net.move(CUSTOMER)
        await call.goes_on()
        path = await path_of(call.customer)
        assert path is not None
        assert (path.relay, path.address) == (None, address)
        # A check may leave by it before Chromium has listed it: then the other side names it first.
        assert path.local in {"host", "prflx"}


async def test_a_restarted_server_leaves_the_pictures_alone(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house, net_call(house) as call:
        before = await path_of(call.customer)
        await call.watch()
        await house.close()
        await call.says_reconnecting()
        await house.serve()
        await call.says_connected(within_s=BACK_WITHIN_S)
        for picture in call.pictures:
            assert await longest_gap_ms(picture) < STILL_MS
        assert await path_of(call.customer) == before
