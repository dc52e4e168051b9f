"""The rate limiter, on a clock that the test turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vap_meet.domain.errors import RateLimited
from vap_meet.services.limits import LIMITS, Bucket, Limit, RateLimiter, address_key


class Turned:
    def __init__(self):
        self.now = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_s(self, seconds):
        self.now += timedelta(seconds=seconds)


def made(capacity=100):
    clock = Turned()
    return clock, RateLimiter(clock, {"b": Limit(3, 60)}, capacity=capacity)


def tries(limiter, key="k", at_most=50):
    count = 0
    while count < at_most:
        try:
            limiter.hit("b", key)
        except RateLimited:
            return count
        count += 1
    return count


def test_a_burst_is_allowed_and_not_one_more():
    _, limiter = made()
    assert tries(limiter) == 3


def test_the_refusal_says_when_to_come_back_and_that_is_true():
    clock, limiter = made()
    tries(limiter)
    with pytest.raises(RateLimited) as refused:
        limiter.hit("b", "k")
    assert refused.value.retry_after_s == 20
    clock.pass_s(19)
    assert tries(limiter) == 0
    clock.pass_s(1)
    assert tries(limiter) == 1


def test_a_refused_try_does_not_prolong_the_wait():
    clock, limiter = made()
    tries(limiter)
    for _ in range(20):
        clock.pass_s(1)
        if clock.now.second < 20:
            assert tries(limiter) == 0
    assert tries(limiter) == 1


def test_after_the_period_the_whole_burst_is_back():
    clock, limiter = made()
    tries(limiter)
    clock.pass_s(60)
    assert tries(limiter) == 3


def test_keys_do_not_count_for_each_other():
    _, limiter = made()
    assert tries(limiter, "one") == 3
    assert tries(limiter, "two") == 3


def test_checking_counts_nothing():
    _, limiter = made()
    for _ in range(10):
        limiter.check("b", "k")
    assert tries(limiter) == 3
    with pytest.raises(RateLimited):
        limiter.check("b", "k")


def test_a_forgotten_key_starts_afresh():
    _, limiter = made()
    tries(limiter)
    limiter.forget("b", "k")
    limiter.forget("b", "never seen")
    assert tries(limiter) == 3


def test_memory_is_bounded_and_the_busiest_are_remembered():
    _, limiter = made(capacity=10)
    for number in range(1000):
        limiter.hit("b", "busy") if number < 3 else None
        limiter.hit("b", f"other {number}")
        if number >= 3:
            with pytest.raises(RateLimited):
                limiter.hit("b", "busy")
    assert len(limiter._empty_at["b"]) <= 10


def test_a_clock_set_back_locks_nobody_out_for_good():
    clock, limiter = made()
    tries(limiter)
    clock.pass_s(-3600)
    with pytest.raises(RateLimited) as refused:
        limiter.hit("b", "k")
    assert refused.value.retry_after_s <= 60 + 20


def test_every_bucket_has_its_limit():
    assert set(LIMITS) == set(Bucket)
    RateLimiter(Turned()).hit(Bucket.LINK, "k")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::1", "2001:0db8:0001:0002"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_is_counted_by_what_its_owner_can_change(address, key):
    assert address_key(address) == key
