"""Repeats of a request: the same key and the same request get the same answer, and one effect.

The answer is kept right after the use case has committed. A process that dies between the two leaves the
effect without its answer; the repeat then meets the record as it is, whose versions refuse a second effect.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.errors import IdempotencyConflict, Unavailable
from vap_meet.store import idempotency
from vap_meet.store.idempotency import KeptAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

KEPT_FOR = timedelta(hours=24)
WAIT_S = 15.0
"""How long a repeat waits for a request that is still under way."""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One use of an idempotency key. `kept` is the answer to give again, None the first time."""

    kept: KeptAnswer | None
    _idempotency: Idempotency
    _api_key_id: str
    _key: str
    _request_sha256: str

    async def keep(self, *, status: int, headers: str, body: bytes) -> None:
        """Keep the answer for repeats; once."""
        kept = KeptAnswer(request_sha256=self._request_sha256, status=status, headers=headers, body=body)
        await self._idempotency.keep(self._api_key_id, self._key, kept)


@dataclass(slots=True)
class _Turn:
    """The lock of a key that is in use, and how many hold it or wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    holders: int = 0


class Idempotency:
    """Answers by API key and idempotency key. A repeat waits for a request that is still under way."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._turns: dict[tuple[str, str], _Turn] = {}

    @asynccontextmanager
    async def once(self, api_key_id: str, key: str, request_sha256: str) -> AsyncIterator[Repeatable]:
        """Hold the key while its request runs. Raises `IdempotencyConflict` if another request has it."""
        async with self._turn(api_key_id, key):
            async with self._db.read() as tx:
                kept = await idempotency.find(tx, api_key_id, key, since=self._clock() - KEPT_FOR)
            if kept is not None and kept.request_sha256 != request_sha256:
                raise IdempotencyConflict("This Idempotency-Key was used with another request.")
            yield Repeatable(kept, self, api_key_id, key, request_sha256)

    async def keep(self, api_key_id: str, key: str, kept: KeptAnswer) -> None:
        """Keep an answer, and forget those whose time is over."""
        now = self._clock()
        async with self._db.write() as tx:
            await idempotency.forget_before(tx, now - KEPT_FOR)
            await idempotency.keep(tx, api_key_id, key, kept, at=now)

    @asynccontextmanager
    async def _turn(self, api_key_id: str, key: str) -> AsyncIterator[None]:
        name = (api_key_id, key)
        turn = self._turns.setdefault(name, _Turn())
        turn.holders += 1
        try:
            try:
                async with asyncio.timeout(WAIT_S):
                    await turn.lock.acquire()
            except TimeoutError:
                raise Unavailable("The first request with this key is still under way.") from None
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            turn.holders -= 1
            if not turn.holders:
                del self._turns[name]
