"""How the service itself is, for the people who run it: in parts, each with a verdict."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from signaling.log import LogUnavailable
from vap_meet.domain.errors import Unavailable
from vap_meet.services.readiness import NotReady, reasons
from vap_meet.store import health as store

if TYPE_CHECKING:
    from signaling.redis_line import RedisLine
    from vap_meet.clock import Clock
    from vap_meet.services.turn_check import TurnCheck, TurnState
    from vap_meet.store.engine import Database

OUTBOX_LATE = timedelta(minutes=2)
SEALER_LATE = timedelta(seconds=10)


class Degraded(StrEnum):
    """What does not work as it should while the service still serves."""

    TURN_SERVER_BROKEN = "turn_server_broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHealth:
    """Whether the record can be read, and how long that took; None while it can't."""

    problems: tuple[NotReady, ...]
    took_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisHealth:
    """Whether the Redis that several processes share answers, and as it should; figures None while not."""

    problems: tuple[NotReady, ...]
    took_ms: int | None = None
    version: str | None = None
    up_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogHealth:
    """How much waits, how old the oldest is, and whether that is too old."""

    waiting: int
    oldest_s: int
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """Everything at one moment; the backlogs are None while the database can't be read.

    `redis` is None where one process keeps its rooms in memory.
    """

    turn: tuple[TurnState, ...]
    database: DatabaseHealth
    redis: RedisHealth | None
    outbox: BacklogHealth | None
    parked: int
    sealer: BacklogHealth | None


class Health:
    """Asks the parts how they are."""

    def __init__(
        self, *, db: Database, clock: Clock, turn: TurnCheck, redis: RedisLine | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._turn = turn
        self._redis = redis

    @property
    def turn(self) -> tuple[TurnState, ...]:
        """Return how the TURN servers answered last."""
        return self._turn.states

    @property
    def degraded(self) -> tuple[Degraded, ...]:
        """Return what customers may suffer from although they can be served; costs nothing to ask."""
        return (Degraded.TURN_SERVER_BROKEN,) if any(state.is_broken for state in self.turn) else ()

    async def report(self) -> HealthReport:
        """Look at everything; never raises because something is down."""
        began = time.monotonic()
        problems = await reasons(self._db)
        took_ms = None if problems else math.ceil((time.monotonic() - began) * 1000)
        outbox = sealer = None
        parked = 0
        if not problems:
            try:
                async with self._db.read() as tx:
                    outbox = self._late(await store.undelivered(tx), OUTBOX_LATE)
                    parked = await store.parked(tx)
                    sealer = self._late(await store.unsealed(tx), SEALER_LATE)
            except Unavailable:
                problems, took_ms = (NotReady.DATABASE_UNREACHABLE,), None
        return HealthReport(
            turn=self.turn,
            database=DatabaseHealth(problems=problems, took_ms=took_ms),
            redis=None if self._redis is None else await _redis_health(self._redis),
            outbox=outbox,
            parked=parked,
            sealer=sealer,
        )

    def _late(self, backlog: store.Backlog, after: timedelta) -> BacklogHealth:
        age = self._clock() - backlog.oldest_at if backlog.oldest_at else timedelta()
        return BacklogHealth(
            waiting=backlog.waiting, oldest_s=max(0, int(age.total_seconds())), late=age > after
        )


async def _redis_health(line: RedisLine) -> RedisHealth:
    began = time.monotonic()
    try:
        server = await line.about()
    except LogUnavailable:
        return RedisHealth(problems=(NotReady.REDIS_UNREACHABLE,))
    return RedisHealth(
        problems=(NotReady.REDIS_EVICTS,) if server.evicts else (),
        took_ms=math.ceil((time.monotonic() - began) * 1000),
        version=server.version,
        up_s=server.up_s,
    )
