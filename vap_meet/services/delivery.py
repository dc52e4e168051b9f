"""Delivery: keeps what the outbox promises, lane by lane, again and again until it is done."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from vap_meet.domain.errors import Unavailable
from vap_meet.domain.outbox import next_try
from vap_meet.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from vap_meet.clock import Clock
    from vap_meet.domain.outbox import OutboxMessage
    from vap_meet.store.engine import Database

    Handler = Callable[[str], Awaitable[None]]
    """Keeps one kind of promise, given its payload; returns once it is acknowledged, raises if not."""

log = structlog.get_logger(__name__)

BATCH = 32
LEASE = timedelta(seconds=60)
HANDLER_DEADLINE_S = 30.0  # well within the lease: nobody else may take the message meanwhile
POLL_S = 5.0
MAX_ERROR_CHARS = 500


class Dispatcher:
    """One worker of the outbox; several may run, each message is leased to one of them at a time.

    Messages of one lane are kept one after the other in the order they were promised; a lane whose first
    message fails waits for it, all others go on. A message is tried until `domain.outbox` gives it up.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        chance: Callable[[], float] = random.random,
        poll_s: float = POLL_S,
        handler_deadline_s: float = HANDLER_DEADLINE_S,
    ) -> None:
        self._db = db
        self._clock = clock
        self._handlers = handlers
        self._chance = chance
        self._poll_s = poll_s
        self._handler_deadline_s = handler_deadline_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at the outbox now: something was promised in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Keep promises until cancelled: at once when woken, by a poll otherwise."""
        while True:
            self._woken.clear()
            try:
                busy = await self.run_once() > 0
            except Unavailable:
                busy = False  # logged where it happened
            except Exception:
                log.exception("dispatcher_failed")
                busy = False
            if not busy:
                await self._rest()

    async def run_once(self) -> int:
        """Try what is due now, at most one message of each lane; return how many were tried."""
        now = self._clock()
        async with self._db.read() as tx:
            if not await outbox.any_due(tx, now=now):
                return 0
        async with self._db.write() as tx:
            messages = await outbox.claim(tx, now=now, until=now + LEASE, at_most=BATCH)
        async with asyncio.TaskGroup() as tasks:
            for message in messages:
                tasks.create_task(self._keep(message))
        return len(messages)

    async def _keep(self, message: OutboxMessage) -> None:
        error = await self._attempt(message)
        now = self._clock()
        try:
            async with self._db.write() as tx:
                if error is None:
                    await outbox.done(tx, message, at=now)
                    return
                due_at = next_try(message, now=now, chance=self._chance())
                if due_at is None:
                    await outbox.park(tx, message, at=now, error=error)
                else:
                    await outbox.retry(tx, message, due_at=due_at, error=error)
        except Unavailable:
            return  # the lease runs out and it comes due again
        log.warning(
            "promise_not_kept",
            id=message.id,
            kind=message.kind,
            attempts=message.attempts,
            given_up=due_at is None,
        )

    async def _attempt(self, message: OutboxMessage) -> str | None:
        """Call the handler; return what went wrong, by its type alone: texts of errors may hold secrets."""
        handler = self._handlers.get(message.kind)
        if handler is None:
            return "no handler"
        try:
            async with asyncio.timeout(self._handler_deadline_s):
                await handler(message.payload)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, the promise stands
            return type(error).__name__[:MAX_ERROR_CHARS]
        return None

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll_s):
                await self._woken.wait()
        except TimeoutError:
            return
