"""Rooms on a Redis that has Sentinels: when its master is gone, another one is, and nobody need be told."""

from __future__ import annotations

import asyncio

import pytest

from signaling.events import EndRoom, Opened
from signaling.log import LogUnavailable, NoSuchLog
from signaling.redis_line import RedisLine
from signaling.redis_log import RedisLog
from tests.support.redis import running
from tests.support.redis_sentinel import watched


async def once_possible(work):
    """Do what is refused while there is no master."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await work()
            except (LogUnavailable, NoSuchLog):
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "tls", [False, pytest.param(True, marks=pytest.mark.long)], ids=["in the clear", "over TLS"]
)
async def test_after_a_failover_rooms_are_on_the_new_master_and_what_is_published_is_heard_there(tls):
    async with watched(tls=tls) as redis:
        one, other = RedisLine(redis.url), RedisLine(redis.url)
        async with running(one), running(other):
            log, heard = RedisLog(one), asyncio.Event()
            await one.listen("channel", lambda _: heard.set())

            async def open_and_append():
                await log.open("room", Opened("epoch-0001", 1))
                return await log.append("room", EndRoom())

            async def tell():
                await other.call_all([("PUBLISH", "channel", "again")])
                async with asyncio.timeout(0.2):  # its ear may not be back yet
                    await heard.wait()

            assert (await open_and_append()).seq == 1
            redis.lose_the_master()
            # 2 where the replica had it all, 1 where it had not and the room was opened anew.
            assert (await once_possible(open_and_append)).seq in {1, 2}
            async with asyncio.timeout(15):
                while not heard.is_set():
                    try:
                        await once_possible(tell)
                    except TimeoutError:
                        continue
            assert (await one.about()).version


@pytest.mark.long
async def test_over_tls_nothing_is_said_to_a_sentinel_whose_certificate_nobody_vouches_for():
    async with watched(tls=True) as redis:
        line = RedisLine(redis.untrusted_url, deadline_s=1.0)
        async with running(line), asyncio.timeout(5):
            with pytest.raises(LogUnavailable):
                await line.about()


async def test_without_any_sentinel_everything_is_unavailable_and_nothing_hangs():
    line = RedisLine("redis+sentinel://127.0.0.1:1,[::1]:1/vap-rooms", deadline_s=0.5)
    async with running(line), asyncio.timeout(5):
        with pytest.raises(LogUnavailable):
            await line.about()
