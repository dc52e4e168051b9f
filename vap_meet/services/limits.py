"""Rate limits: how often somebody may try before they are asked to wait. In memory, of bounded size."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from vap_meet.domain.errors import RateLimited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.clock import Clock


class Bucket(StrEnum):
    """What is counted. Each is counted by a key of its own: an address or a user name."""

    LINK = "link"
    ENTER = "enter"
    SIGN_IN_USER = "sign_in_user"
    SIGN_IN_ADDRESS = "sign_in_address"
    API_KEY = "api_key"
    API = "api"
    ECHO = "echo"
    ECHO_CANDIDATES = "echo_candidates"
    DEVICE_CHECK = "device_check"
    QUALITY = "quality"
    FEEDBACK = "feedback"
    MISSED_SEARCH = "missed_search"
    TELL_ME = "tell_me"
    BOOK = "book"
    CODE_ADDRESS = "code_address"
    REQUEST = "request"
    ATTACHMENT = "attachment"
    CALL_BACK = "call_back"
    GUEST = "guest"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` at once, and as many again over `per_s` seconds."""

    burst: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a limit of `of` tries per `per_s`; if nobody tries, all of it is in `full_in_s`."""

    of: int
    per_s: int
    left: int
    full_in_s: int


LIMITS: dict[str, Limit] = {
    # Mobile networks put thousands of customers behind one address, and appointments start together.
    Bucket.LINK: Limit(600, 60),
    Bucket.ENTER: Limit(600, 60),
    Bucket.SIGN_IN_USER: Limit(10, 300),
    Bucket.SIGN_IN_ADDRESS: Limit(100, 60),
    Bucket.API_KEY: Limit(30, 60),  # refused keys only
    Bucket.API: Limit(1200, 60),  # of one key: a booking system speaks for everybody who books
    # Of one visit: a check has at most four paths, and people try again.
    Bucket.ECHO: Limit(24, 60),
    Bucket.ECHO_CANDIDATES: Limit(240, 60),  # a handful a path, ten times a second at most
    Bucket.DEVICE_CHECK: Limit(20, 60),
    Bucket.QUALITY: Limit(20, 60),  # of one seat, which tells every ten seconds
    Bucket.FEEDBACK: Limit(20, 60),
    Bucket.MISSED_SEARCH: Limit(30, 60),  # beyond it a search still answers, but is not noted
    Bucket.TELL_ME: Limit(30, 600),
    Bucket.BOOK: Limit(300, 600),
    Bucket.CODE_ADDRESS: Limit(100, 600),  # each phone has its own bound, kept in the record
    Bucket.CALL_BACK: Limit(20, 600),  # of one visit
    Bucket.GUEST: Limit(30, 600),  # of one visit, or of one official
    Bucket.HAND_OVER: Limit(60, 600),  # of one visit, making and proving
    Bucket.ATTACHMENT: Limit(40, 600),  # of one official
    Bucket.REQUEST: Limit(60, 60),  # of one visit, one official, or the address of who has proved a phone
}


class RateLimiter:
    """Counts tries by the generic cell rate algorithm: one number a key, no timers.

    The number is when the key's bucket will be empty again. Of each bucket the `capacity` keys that tried
    last are remembered; a key that is forgotten starts afresh.
    """

    def __init__(
        self, clock: Clock, limits: Mapping[str, Limit] | None = None, *, capacity: int = 20_000
    ) -> None:
        self._clock = clock
        self._limits = dict(LIMITS if limits is None else limits)
        self._capacity = capacity
        self._empty_at: dict[str, OrderedDict[str, float]] = {name: OrderedDict() for name in self._limits}

    def hit(self, bucket: str, key: str) -> None:
        """Count one try. Raises `RateLimited` if there were too many; that try is not counted."""
        remembered = self._empty_at[bucket]
        if key in remembered:
            remembered.move_to_end(key)
        remembered[key] = self._after_one_more(bucket, key)
        if len(remembered) > self._capacity:
            remembered.popitem(last=False)

    def check(self, bucket: str, key: str) -> None:
        """Raise `RateLimited` if one more try would; count nothing."""
        self._after_one_more(bucket, key)

    def quota(self, bucket: str, key: str) -> Quota:
        """Return what is left to a key; count nothing."""
        limit = self._limits[bucket]
        now = self._clock().timestamp()
        used_s = min(max(self._empty_at[bucket].get(key, now) - now, 0.0), limit.per_s)
        left = math.floor((limit.per_s - used_s) * limit.burst / limit.per_s + 1e-6)
        return Quota(limit.burst, math.ceil(limit.per_s), left, math.ceil(used_s))

    def forget(self, bucket: str, key: str) -> None:
        """Let a key start afresh, as after a good password."""
        self._empty_at[bucket].pop(key, None)

    def _after_one_more(self, bucket: str, key: str) -> float:
        limit = self._limits[bucket]
        now = self._clock().timestamp()
        # A clock that was set back must not lock anybody out for longer than a full bucket does.
        before = min(max(self._empty_at[bucket].get(key, now), now), now + limit.per_s)
        empty_at = before + limit.per_s / limit.burst
        wait_s = empty_at - now - limit.per_s
        if wait_s > 1e-6:  # noqa: PLR2004 - what floating point adds up to over a burst
            raise RateLimited("Too many tries; please wait.", retry_after_s=math.ceil(wait_s))
        return empty_at


def address_key(address: str) -> str:
    """Return what an address is counted by: an IPv6 subscriber owns a whole /64, not one address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return parsed.exploded[:19]
