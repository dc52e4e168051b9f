"""Facts on their way to SQL: one room's, in order, and the answers that wait for their commit."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from signaling.facts import Fact, FactNotStored, FactSink
from signaling.protocol import Ack, Refused, ServerMessage
from signaling.vocabulary import RefusalCode

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from signaling.events import Position
    from signaling.limits import Limits
    from signaling.results import Delivery
    from signaling.wheel import Wheel

log = structlog.get_logger("signaling")


@dataclass(slots=True, eq=False)
class _Pending:
    position: Position
    at: int
    fact: Fact
    replies: list[Delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a projection, and the room around it, have from the hub."""

    facts: FactSink
    limits: Limits
    wheel: Wheel
    clock_ms: Callable[[], int]
    spawn: Callable[[Coroutine[Any, Any, None]], None]


class Projection:
    """Commits facts one after the other, trying again with growing pauses until each is stored.

    A command's `ack` follows the commit. When that takes longer than the deadline, the command is refused as
    unavailable instead; the fact stays in line, for it has happened.
    """

    __slots__ = ("_around", "_deliver", "_pause_s", "_pending", "_room", "_running")

    def __init__(
        self, room: str, around: Surroundings, deliver: Callable[[tuple[Delivery, ...]], None]
    ) -> None:
        self._room = room
        self._around = around
        self._deliver = deliver
        self._pending: deque[_Pending] | None = None
        self._running = False
        self._pause_s = around.limits.fact_retry_first_s

    def __len__(self) -> int:
        """Return how many facts wait."""
        return len(self._pending or ())

    def add(self, position: Position, at: int, fact: Fact, replies: tuple[Delivery, ...]) -> None:
        """Take a fact to commit, and what to answer after that."""
        one = _Pending(position, at, fact, list(replies))
        if self._pending is None:
            self._pending = deque()
        self._pending.append(one)
        if replies:
            due_at = self._around.clock_ms() + int(self._around.limits.fact_deadline_s * 1000)
            self._around.wheel.at(due_at, partial(self._overdue, one))
        self._start()

    def hold(self, connection: str, message: ServerMessage) -> bool:
        """Put `message` behind the latest answer that this connection still waits for, if there is one."""
        for one in reversed(self._pending or ()):
            if any(name == connection for name, _ in one.replies):
                one.replies.append((connection, message))
                return True
        return False

    def _start(self) -> None:
        if not self._running and self._pending:
            self._running = True
            self._around.spawn(self._commit_all())

    async def _commit_all(self) -> None:
        try:
            while self._pending:
                one = self._pending[0]
                await self._around.facts.commit(self._room, one.position, one.at, one.fact)
                self._pending.popleft()
                self._pause_s = self._around.limits.fact_retry_first_s
                self._deliver(tuple(one.replies))
            self._pending = None
        except FactNotStored:
            log.warning("fact_not_stored", room=self._room, waiting=len(self))
            self._later()
        except Exception:
            log.exception("fact_sink_failed", room=self._room, waiting=len(self))
            self._later()
        finally:
            self._running = False

    def _later(self) -> None:
        limits = self._around.limits
        self._around.wheel.at(self._around.clock_ms() + int(self._pause_s * 1000), self._start)
        self._pause_s = min(self._pause_s * 2, limits.fact_retry_longest_s)

    def _overdue(self, one: _Pending) -> None:
        if not self._pending or one not in self._pending:
            return
        replies, one.replies = one.replies, []
        self._deliver(tuple((connection, _instead(message)) for connection, message in replies))


def _instead(message: ServerMessage) -> ServerMessage:
    return Refused(RefusalCode.UNAVAILABLE, message.ref) if isinstance(message, Ack) else message
