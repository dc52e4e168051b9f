"""Delivery: keeps what the outbox promises, lane by lane, again and again until it is done."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from vap_meet.domain.errors import Unavailable
from vap_meet.domain.outbox import BLOCKS_FOR, next_try
from vap_meet.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.outbox import OutboxMessage
    from vap_meet.store.engine import Database

    Handler = Callable[[str], Awaitable[object]]
    """Keeps one kind of promise, given its payload; returns once it is acknowledged, raises if not."""

    Recorder = Callable[[AsyncConnection, Sequence["Tried"]], Awaitable[None]]
    """Writes down how attempts of its kind ended, in the transaction that notes it in the outbox."""

log = structlog.get_logger(__name__)

AT_ONCE = 32
"""How many promises to one party are being kept at a time: whoever is slow keeps nobody else waiting."""
LEASE = timedelta(seconds=60)
HANDLER_DEADLINE_S = 30.0  # well within the lease: nobody else may take the message meanwhile
POLL_S = 5.0
MAX_ERROR_CHARS = 500


class NotKept(Exception):  # noqa: N818 - says what happened
    """A promise could not be kept this time; `final` if it never will be.

    The text is stored and shown to admins: it holds nothing personal and no secret.
    """

    def __init__(self, error: str, *, detail: object = None, final: bool = False) -> None:
        super().__init__(error)
        self.error = error[:MAX_ERROR_CHARS]
        self.detail = detail
        self.final = final


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How an attempt ended. `detail` is what its handler returned or put into `NotKept`."""

    message: OutboxMessage
    at: datetime
    error: str | None
    detail: object
    due_at: datetime | None = None  # when it is tried again

    @property
    def given_up(self) -> bool:
        """Whether it will not be tried again, though it was not kept."""
        return self.error is not None and self.due_at is None


class Dispatcher:
    """One worker of the outbox; several may run, each message is leased to one of them at a time.

    Messages of one lane are kept one after the other in the order they were promised; one that fails holds
    its lane back for `BLOCKS_FOR` at most, and is tried until `domain.outbox` gives it up. What has ended is
    written together with the next claims, so that many promises share a commit.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        recorders: Mapping[str, Recorder] | None = None,
        chance: Callable[[], float] = random.random,
        poll_s: float = POLL_S,
        handler_deadline_s: float = HANDLER_DEADLINE_S,
        alone: bool = False,
    ) -> None:
        """Take the parts. `alone`: no other process serves this database, so all claims in it are dead."""
        self._db = db
        self._clock = clock
        self._handlers = handlers
        self._recorders = recorders or {}
        self._chance = chance
        self._poll_s = poll_s
        self._handler_deadline_s = handler_deadline_s
        self._id = str(uuid4())
        self._to_release = alone
        self._busy: Counter[str] = Counter()
        self._ended: list[Tried] = []
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at the outbox now: something was promised in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Keep promises until cancelled: at once when woken, by a poll otherwise."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                claimed: Sequence[OutboxMessage] = ()
                try:
                    claimed = await self._turn()
                except Unavailable:
                    pass  # logged where it happened
                except Exception:
                    log.exception("dispatcher_failed")
                for message in claimed:
                    tasks.create_task(self._keep(message))
                if not claimed:
                    await self._rest()

    async def run_once(self) -> int:
        """Try what is due now, at most one message of each lane; return how many were tried."""
        claimed = await self._turn()
        async with asyncio.TaskGroup() as tasks:
            for message in claimed:
                tasks.create_task(self._keep(message))
        await self._turn(claiming=False)
        return len(claimed)

    async def _turn(self, *, claiming: bool = True) -> Sequence[OutboxMessage]:
        """Write what has ended and claim what is due, in one transaction; none if there is neither."""
        now = self._clock()
        free: dict[str, int] = {}
        if claiming:
            async with self._db.read() as tx:
                due = await outbox.parties_due(tx, now=now)
            free = {party: AT_ONCE - self._busy[party] for party in due if self._busy[party] < AT_ONCE}
        if not (free or self._ended or self._to_release):
            return ()
        ended, self._ended = self._ended, []
        claimed: list[OutboxMessage] = []
        try:
            async with self._db.write() as tx:
                if self._to_release:
                    await outbox.release_all(tx, now=now)
                await self._write(tx, ended)
                for party, at_most in free.items():
                    claimed += await outbox.claim(
                        tx, party, now=now, until=now + LEASE, at_most=at_most, worker=self._id
                    )
        except Unavailable:
            self._ended = ended + self._ended
            raise
        except Exception:
            self._busy.subtract(one.message.party for one in ended)  # their leases run out
            raise
        self._busy.subtract(one.message.party for one in ended)
        self._busy.update(message.party for message in claimed)
        if ended or self._to_release:
            self.wake()  # what waited for them can go now
        self._to_release = False
        return claimed

    async def _write(self, tx: AsyncConnection, ended: Sequence[Tried]) -> None:
        kept = [one for one in ended if one.error is None]
        if kept:
            await outbox.done(tx, [one.message.id for one in kept], at=kept[-1].at)
        for one in ended:
            if one.error is None:
                continue
            if one.due_at is None:
                await outbox.park(tx, one.message, at=one.at, error=one.error)
            else:
                await outbox.retry(
                    tx, one.message, due_at=one.due_at, blocks_until=one.at + BLOCKS_FOR, error=one.error
                )
        for kind, record in self._recorders.items():
            of_kind = [one for one in ended if one.message.kind == kind]
            if of_kind:
                await record(tx, of_kind)

    async def _keep(self, message: OutboxMessage) -> None:
        error, detail, final = await self._attempt(message)
        now = self._clock()
        due_at = None
        if error is not None:
            due_at = None if final else next_try(message, now=now, chance=self._chance())
            log.warning(
                "promise_not_kept",
                id=message.id,
                kind=message.kind,
                attempts=message.attempts,
                given_up=due_at is None,
            )
        self._ended.append(Tried(message=message, at=now, error=error, detail=detail, due_at=due_at))
        self.wake()

    async def _attempt(self, message: OutboxMessage) -> tuple[str | None, object, bool]:
        """Call the handler; return what went wrong, what it tells of it, and whether that is final.

        An error is named by its type alone, unless it is `NotKept`: texts of errors may hold secrets.
        """
        handler = self._handlers.get(message.kind)
        if handler is None:
            return "no handler", None, False
        try:
            async with asyncio.timeout(self._handler_deadline_s):
                return None, await handler(message.payload), False
        except NotKept as refusal:
            return refusal.error, refusal.detail, refusal.final
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, the promise stands
            return type(error).__name__[:MAX_ERROR_CHARS], None, False

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll_s):
                await self._woken.wait()
        except TimeoutError:
            return
