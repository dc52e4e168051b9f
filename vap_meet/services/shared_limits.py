"""Rate limits that several processes share: each decides by what it knows, and tells Redis beside.

Redis adds the tries of all up and answers with the sum, by which the next one is judged. So nobody waits for
Redis; whoever goes from process to process gains no more than what is under way meanwhile; and without Redis
each process keeps its own limits. Keys are hashed: addresses and names of users are nobody's business there.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from signaling.log import LogUnavailable
from signaling.redis_line import Script
from vap_meet.services.limits import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from signaling.redis_line import RedisLine
    from vap_meet.clock import Clock
    from vap_meet.services.limits import Limit

QUIET: Final = timedelta(seconds=5)
"""How long Redis is not told after it could not be: a storm of tries must not become one of failures."""

COUNT: Final = """
local now, per_s, step = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now), now + per_s)
local empty_at = string.format('%.17g', math.min(before + step, now + per_s))
redis.call('SET', KEYS[1], empty_at, 'PX', math.ceil((empty_at - now) * 1000) + 1000)
return empty_at
"""
"""Count one try; returns when the key's bucket will be empty again, in seconds since 1970."""


class SharedLimits(RateLimiter):
    """A `RateLimiter` on a `RedisLine`, whose owner runs and closes it."""

    def __init__(
        self,
        clock: Clock,
        line: RedisLine,
        limits: Mapping[str, Limit] | None = None,
        *,
        capacity: int = 20_000,
    ) -> None:
        super().__init__(clock, limits, capacity=capacity)
        self._line = line
        self._count_script = Script(COUNT)
        self._quiet_until = clock()

    def hit(self, bucket: str, key: str) -> None:
        """Count one try, as `RateLimiter.hit` does, and let the others know."""
        super().hit(bucket, key)
        self._tell(self._count(bucket, key))

    def forget(self, bucket: str, key: str) -> None:
        """Let a key start afresh; at another process once it has tried there again."""
        super().forget(bucket, key)
        self._tell(self._delete(bucket, key))

    def _tell(self, work: Coroutine[Any, Any, None]) -> None:
        if self._clock() < self._quiet_until:
            work.close()
            return
        self._line.spawn(self._unless_unavailable(work))

    async def _unless_unavailable(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LogUnavailable:
            self._quiet_until = self._clock() + QUIET

    async def _count(self, bucket: str, key: str) -> None:
        limit = self._limits[bucket]
        numbers = (self._clock().timestamp(), limit.per_s, limit.per_s / limit.burst)
        empty_at = await self._line.call(self._count_script, [self._name(bucket, key)], [*map(repr, numbers)])
        remembered = self._empty_at[bucket]
        if key in remembered:  # it may have been forgotten meanwhile
            remembered[key] = max(remembered[key], float(empty_at))

    async def _delete(self, bucket: str, key: str) -> None:
        await self._line.call_all([("DEL", self._name(bucket, key))])

    def _name(self, bucket: str, key: str) -> str:
        hashed = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self._line.prefix}:limit:{bucket}:{hashed}"
