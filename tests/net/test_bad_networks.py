"""Bad networks are not the end of a call: pictures go on over loss, jitter and a narrow line."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.consultation import longest_gap_ms
from tests.support.net import network
from tests.support.net_call import AGENT, CUSTOMER, net_call, net_house

pytestmark = pytest.mark.net

TALKS_FOR_S = 8.0
STILL_MS = 3_000


async def talks(call):
    """Let a call go on for a while and see that no picture stands still for long."""
    await call.watch()
    await asyncio.sleep(TALKS_FOR_S)
    await call.moves()
    for picture in call.pictures:
        assert await longest_gap_ms(picture) < STILL_MS
    await call.says_connected()


async def test_five_percent_loss_and_thirty_milliseconds_of_jitter(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house:
        await net.change(CUSTOMER, delay_ms=15, jitter_ms=30, loss=0.05)
        async with net_call(house) as call:
            await talks(call)


@pytest.mark.long
async def test_a_line_of_300_kilobits_a_second(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house:
        await net.change(CUSTOMER, delay_ms=15, kbps=300)
        async with net_call(house) as call:
            await talks(call)


@pytest.mark.long
async def test_a_network_that_gets_narrow_in_the_middle_of_a_call(tmp_path):
    async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house, net_call(house) as call:
        await asyncio.sleep(TALKS_FOR_S)
        await net.change(CUSTOMER, kbps=300)
        await talks(call)
