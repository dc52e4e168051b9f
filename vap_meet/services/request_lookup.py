"""Looking requests up: what every back office's adapter promises, and the care that is taken of a slow one.

A page never waits for a back office: what was asked lately is remembered, one that fails again and again is
left alone for a while, and only so many questions are under way at a time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from vap_meet.domain.request_status import UNAVAILABLE, Found

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.domain.request_status import Finding

KEPT_FOR = timedelta(seconds=30)
KEPT_AT_MOST = 2_000
FAILURES_TO_REST = 3
REST_FOR = timedelta(seconds=30)
AT_ONCE = 16
DEADLINE_S = 4.0


class RequestLookup(Protocol):
    """One back office."""

    async def look_up(self, number: str, *, phone: str | None) -> Finding:
        """Return where a request stands; whatever goes wrong is an answer too, never an exception.

        `phone` is whose it should be, in E.164; the finding says whether it is.
        """

    async def close(self) -> None:
        """Let go of connections."""


class CarefulLookup(RequestLookup):
    """Asks a back office, sparing it and whoever waits for the answer."""

    def __init__(
        self, inner: RequestLookup, *, clock: Clock, at_once: int = AT_ONCE, deadline_s: float = DEADLINE_S
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._deadline_s = deadline_s
        self._places = asyncio.Semaphore(at_once)
        self._known: OrderedDict[tuple[str, str | None], tuple[datetime, Finding]] = OrderedDict()
        self._failures = 0
        self._rests_until: datetime | None = None

    async def look_up(self, number: str, *, phone: str | None, fresh: bool = False) -> Finding:
        """Return what is known, or ask; `fresh` asks even if it is known."""
        key = (number, phone)
        known = self._known.get(key)
        if known is not None and not fresh and self._clock() - known[0] < KEPT_FOR:
            return known[1]
        if self._rests_until is not None and self._clock() < self._rests_until:
            return UNAVAILABLE
        try:
            async with asyncio.timeout(self._deadline_s):
                async with self._places:
                    finding = await self._ask(number, phone)
        except TimeoutError:
            return UNAVAILABLE
        if finding.found is not Found.UNAVAILABLE:
            self._keep(key, finding)
        return finding

    async def close(self) -> None:
        """Close the back office's adapter."""
        await self._inner.close()

    async def _ask(self, number: str, phone: str | None) -> Finding:
        """Ask, and count how it went; after a rest one question goes ahead, and the rest begins anew."""
        if self._rests_until is not None:
            if self._clock() < self._rests_until:  # somebody before us in the line has just failed
                return UNAVAILABLE
            self._rests_until = self._clock() + REST_FOR
        finding = UNAVAILABLE
        try:
            finding = await self._inner.look_up(number, phone=phone)
        finally:
            if finding.found is Found.UNAVAILABLE:
                self._failures += 1
                if self._failures >= FAILURES_TO_REST:
                    self._rests_until = self._clock() + REST_FOR
            else:
                self._failures, self._rests_until = 0, None
        return finding

    def _keep(self, key: tuple[str, str | None], finding: Finding) -> None:
        self._known[key] = (self._clock(), finding)
        self._known.move_to_end(key)
        if len(self._known) > KEPT_AT_MOST:
            self._known.popitem(last=False)
