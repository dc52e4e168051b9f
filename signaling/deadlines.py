"""When something comes due in a room: set on the hub's wheel, appended by whichever node is first.

Any node may append a `Due` more than once; the reducer refuses a stale one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from signaling.facts import Admitted, Held, Prepared, SentToLobby
from signaling.log import LogUnavailable, NoSuchLog
from signaling.stages import DUE_ABSENT, DUE_OFFLINE

if TYPE_CHECKING:
    from signaling.events import Due
    from signaling.facts import Fact
    from signaling.hosted import HostedRoom
    from signaling.projection import Surroundings
    from signaling.results import Deadline

_RETRY_MS = 5_000
_ABSENCES = frozenset({DUE_OFFLINE, DUE_ABSENT})
_STEPS = (Prepared, Admitted, Held, SentToLobby)


class Deadlines:
    """The deadlines of one room on one node: those its entries set, and how long somebody may be away."""

    __slots__ = ("_around", "_hosted")

    def __init__(self, hosted: HostedRoom, around: Surroundings) -> None:
        self._hosted = hosted
        self._around = around

    def set(self, deadline: Deadline) -> None:
        """Append a `Due` at its time."""
        self._around.wheel.at(deadline.at, partial(self.fire, deadline.due))

    def watch_all(self) -> None:
        """Watch how long everybody stays away who is."""
        for one in self._hosted.room.present():
            self.watch(one.participant.id)

    def watch(self, name: str) -> None:
        """Watch how long somebody stays away, from now; it comes to nothing if they are here then."""
        absence = self._hosted.room.absence(name)
        if absence is not None:
            within_ms, due = absence
            self._around.wheel.at(self._around.clock_ms() + within_ms, partial(self.fire, due))

    def stepped(self, fact: Fact) -> None:
        """Watch an absence anew: in another stage it may last for another time."""
        if isinstance(fact, _STEPS) and fact.participant not in self._hosted.here():
            self.watch(fact.participant)

    def fire(self, due: Due) -> None:
        """Append a `Due`, unless it is about somebody's absence and they are here."""
        if self._hosted.released or (due.kind in _ABSENCES and due.subject in self._hosted.here()):
            return
        self._around.spawn(self._append(due))

    async def _append(self, due: Due) -> None:
        try:
            await self._hosted.append(due)
        except NoSuchLog:
            self._hosted.lose()
        except LogUnavailable:
            self._around.wheel.at(self._around.clock_ms() + _RETRY_MS, partial(self.fire, due))
