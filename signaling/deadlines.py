"""When something comes due in a room: set on the hub's wheel, appended by whichever node is first.

Any node may append a `Due` more than once; the reducer refuses a stale one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from signaling.facts import Admitted, Held, Joined, Left, Prepared, SentToLobby, Summoned
from signaling.log import LogUnavailable, NoSuchLog
from signaling.stages import DUE_ABSENT, DUE_LOOKED, DUE_OFFLINE

if TYPE_CHECKING:
    from signaling.events import Due
    from signaling.facts import Fact
    from signaling.hosted import HostedRoom
    from signaling.projection import Surroundings
    from signaling.results import Deadline

_RETRY_MS = 5_000
_ABSENCES = frozenset({DUE_OFFLINE, DUE_ABSENT, DUE_LOOKED})
_STEPS = (Joined, Prepared, Admitted, Held, SentToLobby, Summoned, Left)


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
        """Watch absences anew: where people stand says how long each of them may be away."""
        if not isinstance(fact, _STEPS):
            return
        here = self._hosted.here()
        for one in self._hosted.room.present():
            if one.participant.id not in here:
                self.watch(one.participant.id)

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
