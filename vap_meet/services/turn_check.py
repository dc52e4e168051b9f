"""Whether the TURN servers serve: asked at the start and every few minutes, before a customer needs one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from signaling.turn import turn_credentials
from signaling.turn_probe import Allocation, TurnFault, allocate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from signaling.turn import TurnCredentials
    from vap_meet.clock import Clock

    Allocate = Callable[[str, TurnCredentials], Awaitable[Allocation]]

log = structlog.get_logger(__name__)

EVERY_S = 300.0
SOONER_S = 30.0
"""A broken server is asked more often, so that its return is seen soon."""

_CREDENTIAL_LIFETIME_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnState:
    """How one server answered last; `checked_at` is None before it was asked at all."""

    url: str
    fault: TurnFault | None = None
    took_ms: int | None = None
    checked_at: datetime | None = None

    @property
    def is_broken(self) -> bool:
        """Whether customers who need this server can't connect now."""
        return self.fault is not None


class TurnCheck:
    """Asks every configured server for an allocation, as browsers do, and remembers the answers."""

    def __init__(
        self,
        *,
        urls: tuple[str, ...],
        secret: str | None,
        clock: Clock,
        ask: Allocate = allocate,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._secret = secret or ""
        self._clock = clock
        self._ask = ask
        self._pause = pause
        self._states = {url: TurnState(url=url) for url in urls}

    @property
    def states(self) -> tuple[TurnState, ...]:
        """Return how each server answered last, in the order of the settings."""
        return tuple(self._states.values())

    async def run(self) -> None:
        """Ask until cancelled; without servers there is nothing to do."""
        while self._states:
            await self.run_once()
            await self._pause(SOONER_S if any(state.is_broken for state in self.states) else EVERY_S)

    async def run_once(self) -> None:
        """Ask every server once, all at the same time."""
        await asyncio.gather(*(self._check(url) for url in self._states))

    async def _check(self, url: str) -> None:
        now = self._clock()
        credentials = turn_credentials(
            self._secret, "self-test", now_s=int(now.timestamp()), lifetime_s=_CREDENTIAL_LIFETIME_S
        )
        answer = await self._ask(url, credentials)
        before = self._states[url]
        self._states[url] = TurnState(
            url=url, fault=answer.fault, took_ms=answer.took_ms, checked_at=self._clock()
        )
        if answer.fault is not None and before.fault is not answer.fault:
            log.error("turn_server_broken", server=url, fault=answer.fault)
        elif answer.fault is None and before.is_broken:
            log.warning("turn_server_back", server=url)
