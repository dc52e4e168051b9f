"""The demonstration's post office: what would have been sent lies on a shelf where everybody can read it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.domain.messages import OutgoingMessage

KEPT = 100
"""How many messages are kept, the newest."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A message and when it came."""

    at: datetime
    message: OutgoingMessage


class MessageShelf:
    """Takes messages of every channel; keeps them in memory, gone with the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Shelved] = deque(maxlen=KEPT)

    async def send(self, message: OutgoingMessage) -> None:
        """Keep a message."""
        self._kept.append(Shelved(self._clock(), message))

    async def close(self) -> None:
        """Do nothing: the shelf is memory."""

    def newest(self) -> tuple[Shelved, ...]:
        """Return what was sent, the newest first."""
        return tuple(reversed(self._kept))

    def clear(self) -> None:
        """Forget everything, when the demonstration starts over."""
        self._kept.clear()
