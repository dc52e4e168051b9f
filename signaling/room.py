"""The room: a pure reducer over its log. Decides everything, sends nothing.

Every node that applies the same entries in the same order comes to the same state and the same results, so a
command that lost a race is refused identically everywhere. `Entry.at` is the only clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.backlog import MAX_KEPT, MAX_KEPT_CHARS
from signaling.commands import command
from signaling.events import Command, Due, Entry, Occupant, Opened, Snapshot
from signaling.happenings import HAPPENINGS
from signaling.places import absence
from signaling.results import NOTHING, Result
from signaling.seats import seat_deadline
from signaling.state import State
from signaling.views import room_view
from signaling.vocabulary import Stage

if TYPE_CHECKING:
    from collections.abc import Container

    from signaling.protocol import ServerMessage
    from signaling.shapes import ChatLine, Resume, RoomView


class Room(State):
    """One room; `apply` moves it, everything else only reads."""

    __slots__ = ()

    def apply(self, entry: Entry) -> Result:
        """Move to the state after `entry`. Never raises; an entry that does not follow changes nothing."""
        event = entry.event
        kind = type(event)
        if entry.seq != self.seq + 1 and not (kind is Snapshot and self.seq < 0):
            return NOTHING
        if self.seq < 0 and kind is not Opened and kind is not Snapshot:
            return NOTHING
        self.seq = entry.seq
        self.tail += 1
        if kind is Command:
            return command(self, entry.at, event)  # type: ignore[arg-type]
        return HAPPENINGS[kind](self, entry.at, event)

    def follows(self, epoch: str, entry: Entry) -> bool:
        """Whether `entry` is the next of this room's log, or an old one seen again."""
        return self.seq < 0 or (epoch == self.epoch and entry.seq <= self.seq + 1)

    def occupant(self, participant: str) -> Occupant | None:
        """Return where a participant stands, or None for a stranger."""
        return self.occupants.get(participant)

    def absence(self, participant: str) -> tuple[int, Due] | None:
        """Return how long a participant may have no connection, from now, and what comes due then."""
        occupant = self.occupants.get(participant)
        if occupant is None or occupant.stage is Stage.LEFT:
            return None
        kind, within_ms = absence(self, occupant)
        return within_ms, Due(kind, participant, occupant.arrivals)

    def question_due(self, participant: str, connection: str) -> Due | None:
        """Return what ends the question for a seat if it is this connection that asks."""
        occupant = self.occupants.get(participant)
        if occupant is None or occupant.newcomer is None or occupant.newcomer.connection != connection:
            return None
        return seat_deadline(occupant).due

    def view(self, viewer: str, online: Container[str]) -> RoomView:
        """Return the room as one participant may see it."""
        return room_view(viewer, self, online=online)

    def catch_up(
        self, participant: str, resume: Resume | None
    ) -> tuple[bool, tuple[ChatLine, ...], list[ServerMessage]]:
        """Return whether the client can go on where it was, its chat lines, and the signals it missed.

        A client that can't (another epoch, or too far behind) gets no signals: it begins its peer connections
        anew.
        """
        backlog = self.backlog
        if resume is None or resume.epoch != self.epoch or not backlog.trimmed <= resume.seq <= self.seq:
            return False, backlog.lines(participant, -1), []
        missed: list[ServerMessage] = [*backlog.signals(participant, resume.seq)]
        return True, backlog.lines(participant, resume.seq), missed

    def wants_snapshot(self) -> bool:
        """Whether the log's tail has reached its bound."""
        return self.tail >= MAX_KEPT or self.tail_size >= MAX_KEPT_CHARS

    def snapshot(self) -> Snapshot:
        """Return the whole state, to stand for every entry so far."""
        kept, generations = self.backlog.saved()
        return Snapshot(
            self.epoch,
            self.ended,
            tuple(self.occupants.values()),
            generations,
            kept,
            self.backlog.trimmed,
            self.locked,
            self.pinned,
        )

    def compacted(self) -> None:
        """Note that the log holds a snapshot of this self."""
        self.tail = self.tail_size = 0
