"""The rate limiter's own: its bounds and its keys. What every limiter promises is in tests/contract."""

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


def made(capacity):
    clock = Turned()
    return clock, RateLimiter(clock, {"b": Limit(3, 60)}, capacity=capacity)


def test_memory_is_bounded_and_the_busiest_are_remembered():
    _, limiter = made(capacity=10)
    for number in range(1000):
        limiter.hit("b", "busy") if number < 3 else None
        limiter.hit("b", f"other {number}")
        if number >= 3:
            with pytest.raises(RateLimited):
                limiter.hit("b", "busy")
    assert len(limiter._empty_at["b"]) <= 10


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
