"""Rounds: what has to be looked at again and again, by one process at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from vap_meet.domain.errors import Unavailable
from vap_meet.store import leases

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

EVERY_S = 15.0
LEASE_NAME = "rounds"
LEASE = timedelta(minutes=2)


class Rounds:
    """Runs on every node; one of them, by lease, goes the round. A stop that fails keeps none from the next.

    The lease spares work; what a stop writes must be right even if two processes come by at once.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        stops: Mapping[str, Callable[[], Awaitable[object]]],
        holder: str | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        """`stops` are what is looked at, by name, in this order."""
        self._db = db
        self._clock = clock
        self._stops = stops
        self._holder = holder or str(uuid4())
        self._every_s = every_s

    async def run(self) -> None:
        """Go rounds until cancelled."""
        while True:
            try:
                await self.run_once()
            except Unavailable:
                pass  # logged where it happened
            except Exception:
                log.exception("rounds_failed")
            await asyncio.sleep(self._every_s)

    async def run_once(self) -> bool:
        """Go one round if it is our turn; whether it was."""
        now = self._clock()
        async with self._db.write() as tx:
            if not await leases.take(tx, LEASE_NAME, holder=self._holder, now=now, until=now + LEASE):
                return False
        for name, stop in self._stops.items():
            try:
                await stop()
            except Unavailable:
                pass  # logged where it happened
            except Exception:
                log.exception("round_failed", stop=name)
        return True
