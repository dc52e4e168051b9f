"""Repeats of a request: the same key and the same request get the same answer, and one effect.

A key is reserved, on every node, before its request has an effect, and the answer takes the reservation's
place after it. A process that dies in between leaves the reservation behind: a repeat waits until nobody can
be at it any more, then runs the request again; use cases give a fulfilled request the record as it is.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.errors import IdempotencyConflict, Unavailable
from vap_meet.store import idempotency
from vap_meet.store.idempotency import KeptAnswer, Reservation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

KEPT_FOR = timedelta(hours=24)
RESERVED_FOR = timedelta(seconds=10)
"""After this long without an answer, a request's process counts as dead."""
WAIT_S = 15.0
"""How long a repeat waits for a request that is still under way."""
LOOK_AGAIN_S = 0.1
"""How often it looks whether another process has answered it."""

_UNDER_WAY = "The first request with this key is still under way."


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

    def __init__(self, *, db: Database, clock: Clock, wait_s: float = WAIT_S) -> None:
        self._db = db
        self._clock = clock
        self._wait_s = wait_s
        self._turns: dict[tuple[str, str], _Turn] = {}

    @asynccontextmanager
    async def once(self, api_key_id: str, key: str, request_sha256: str) -> AsyncIterator[Repeatable]:
        """Hold the key while its request runs; a request that fails gives it back.

        Raises `IdempotencyConflict` if another request has it, `Unavailable` if this one takes too long.
        """
        async with self._turn(api_key_id, key):
            kept = await self._reserved(api_key_id, key, request_sha256)
            try:
                yield Repeatable(kept, self, api_key_id, key, request_sha256)
            except BaseException:
                if kept is None:
                    await self._release(api_key_id, key)
                raise

    async def _reserved(self, api_key_id: str, key: str, request_sha256: str) -> KeptAnswer | None:
        """Return the answer that is kept, None once the key is reserved for us."""
        try:
            async with asyncio.timeout(self._wait_s):
                while True:
                    found = await self._look(api_key_id, key, request_sha256)
                    if not isinstance(found, Reservation):
                        return found
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            raise Unavailable(_UNDER_WAY) from None

    async def _look(self, api_key_id: str, key: str, request_sha256: str) -> KeptAnswer | Reservation | None:
        """Return what another has under the key; None if it is ours now."""
        now = self._clock()
        async with self._db.write() as tx:
            await idempotency.forget_before(tx, now - KEPT_FOR)
            if await idempotency.reserve(tx, api_key_id, key, request_sha256, at=now):
                return None
            found = await idempotency.find(tx, api_key_id, key)
            if found is None:  # given back this very moment
                return Reservation(request_sha256=request_sha256, at=now)
            if found.request_sha256 != request_sha256:
                raise IdempotencyConflict("This Idempotency-Key was used with another request.")
            if isinstance(found, Reservation) and found.at <= now - RESERVED_FOR:
                await idempotency.renew(tx, api_key_id, key, at=now)
                return None
            return found

    async def _release(self, api_key_id: str, key: str) -> None:
        try:
            async with self._db.write() as tx:
                await idempotency.release(tx, api_key_id, key)
        except Unavailable:
            return  # logged where it happened; it counts as dead in a while

    async def keep(self, api_key_id: str, key: str, kept: KeptAnswer) -> None:
        """Put the answer in the place of the reservation."""
        async with self._db.write() as tx:
            await idempotency.keep(tx, api_key_id, key, kept, at=self._clock())

    @asynccontextmanager
    async def _turn(self, api_key_id: str, key: str) -> AsyncIterator[None]:
        name = (api_key_id, key)
        turn = self._turns.setdefault(name, _Turn())
        turn.holders += 1
        try:
            try:
                async with asyncio.timeout(self._wait_s):
                    await turn.lock.acquire()
            except TimeoutError:
                raise Unavailable(_UNDER_WAY) from None
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            turn.holders -= 1
            if not turn.holders:
                del self._turns[name]
