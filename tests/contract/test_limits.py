"""What a rate limiter promises: one process's own, and one that shares a Redis with others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.nodes import until
from tests.support.redis import a_line, new_prefix, new_server, server
from vap_meet.domain.errors import RateLimited
from vap_meet.services.limits import Limit, RateLimiter
from vap_meet.services.shared_limits import QUIET, SharedLimits

pytestmark = pytest.mark.usefixtures("each_redis")

LIMITS = {"b": Limit(3, 60)}


class Turned:
    def __init__(self):
        self.now = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_s(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
async def line():
    async with a_line(new_prefix()) as made:
        yield made


async def shared(clock, line):
    limiter = SharedLimits(clock, line, LIMITS)
    await limiter._count("b", "whoever comes first, for whom Redis has to learn the script")
    return limiter


@pytest.fixture(params=["alone", "shared"])
async def limiter(request, clock):
    if request.param == "alone":
        yield RateLimiter(clock, LIMITS)
        return
    async with a_line(new_prefix()) as line:
        yield await shared(clock, line)


async def settle(limiter):
    """Wait until Redis has answered what it was told so far."""
    if isinstance(limiter, SharedLimits):
        await asyncio.sleep(0)  # it is told by a task
        await limiter._line.call_all([("PING",)])


async def tries(limiter, key="k", at_most=50):
    """Try until refused; return how many went well."""
    for count in range(at_most):
        try:
            limiter.hit("b", key)
        except RateLimited:
            return count
        await settle(limiter)
    return at_most


async def test_a_burst_is_allowed_and_not_one_more(limiter):
    assert await tries(limiter) == 3


async def test_the_refusal_says_when_to_come_back_and_that_is_true(limiter, clock):
    await tries(limiter)
    with pytest.raises(RateLimited) as refused:
        limiter.hit("b", "k")
    assert refused.value.retry_after_s == 20
    clock.pass_s(19)
    assert await tries(limiter) == 0
    clock.pass_s(1)
    assert await tries(limiter) == 1


async def test_a_refused_try_does_not_prolong_the_wait(limiter, clock):
    await tries(limiter)
    for _ in range(20):
        clock.pass_s(1)
        if clock.now.second < 20:
            assert await tries(limiter) == 0
    assert await tries(limiter) == 1


async def test_after_the_period_the_whole_burst_is_back(limiter, clock):
    await tries(limiter)
    clock.pass_s(60)
    assert await tries(limiter) == 3


async def test_keys_do_not_count_for_each_other(limiter):
    assert await tries(limiter, "one") == 3
    assert await tries(limiter, "two") == 3


async def test_checking_counts_nothing(limiter):
    for _ in range(10):
        limiter.check("b", "k")
    assert await tries(limiter) == 3
    with pytest.raises(RateLimited):
        limiter.check("b", "k")


async def test_what_is_left_is_known(limiter, clock):
    assert limiter.quota("b", "k").left == 3
    limiter.hit("b", "k")
    await settle(limiter)
    assert (limiter.quota("b", "k").left, limiter.quota("b", "k").full_in_s) == (2, 20)
    clock.pass_s(20)
    assert limiter.quota("b", "k").left == 3


async def test_a_forgotten_key_starts_afresh(limiter):
    await tries(limiter)
    limiter.forget("b", "k")
    limiter.forget("b", "never seen")
    await settle(limiter)
    assert await tries(limiter) == 3


async def test_a_clock_set_back_locks_nobody_out_for_good(limiter, clock):
    await tries(limiter)
    clock.pass_s(-3600)
    with pytest.raises(RateLimited) as refused:
        limiter.hit("b", "k")
    assert refused.value.retry_after_s <= 60 + 20


async def test_tries_at_one_process_count_at_another_from_the_first_try_there(clock, line):
    one, other = await shared(clock, line), await shared(clock, line)
    assert await tries(one) == 3
    assert await tries(other) == 1
    clock.pass_s(20)
    assert await tries(one) == 1
    clock.pass_s(60)
    assert await tries(other) == 3


async def test_a_good_password_at_one_process_is_one_at_the_other(clock, line):
    one, other = await shared(clock, line), await shared(clock, line)
    await tries(one)
    one.forget("b", "k")
    await settle(one)
    assert await tries(other) == 3


async def test_a_try_under_way_does_not_bring_a_forgotten_key_back(limiter):
    await tries(limiter)
    limiter.forget("b", "k")
    limiter.hit("b", "k")
    limiter.forget("b", "k")
    await settle(limiter)
    assert await tries(limiter) == 3


async def test_redis_learns_no_key_and_forgets_what_matters_no_more(clock, line):
    limiter = await shared(clock, line)
    await tries(limiter, "192.0.2.7")
    names = server().ask("KEYS", f"{line.prefix}:limit:*")
    assert names
    assert not any(b"192.0.2.7" in name for name in names)
    assert all(0 < server().ask("PTTL", name) <= 61_000 for name in names)


async def test_without_redis_each_process_has_its_own_limits_and_nobody_waits_or_is_refused_for_it(clock):
    redis = new_server()
    try:
        async with a_line(new_prefix(), redis) as line:
            limiter = await shared(clock, line)
            redis.stop()
            for _ in range(3):
                limiter.hit("b", "k")
            with pytest.raises(RateLimited):
                limiter.hit("b", "k")
            await until(lambda: limiter._quiet_until > clock())
            asked = len(line._tasks)
            limiter.hit("b", "another")  # of which Redis is not told
            limiter.forget("b", "another")
            assert len(line._tasks) <= asked
            redis.start()
            clock.pass_s(QUIET.total_seconds())
            limiter.hit("b", "one more")
            await until(lambda: redis.ask("KEYS", "*:limit:*"))
    finally:
        redis.remove()
