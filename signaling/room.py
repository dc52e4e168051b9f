"""The room: a pure reducer over its log. Decides everything, sends nothing.

Every node that applies the same entries in the same order comes to the same state and the same results, so a
command that lost a race is refused identically everywhere. `Entry.at` is the only clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.backlog import MAX_KEPT, MAX_KEPT_CHARS
from signaling.commands import command, told
from signaling.events import Command, Due, Entry, Occupant, Opened, Snapshot
from signaling.happenings import HAPPENINGS
from signaling.protocol import Chat, ChatLine, Resume, RoomView, ServerMessage, Stage
from signaling.results import NOTHING, Result
from signaling.stages import DUE_OFFLINE
from signaling.state import State
from signaling.views import room_view

if TYPE_CHECKING:
    from collections.abc import Container


class Room:
    """One room; `apply` moves it, everything else only reads."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = State()

    def apply(self, entry: Entry) -> Result:
        """Move to the state after `entry`. Never raises; an entry that does not follow changes nothing."""
        state = self._state
        event = entry.event
        kind = type(event)
        if entry.seq != state.seq + 1 and not (kind is Snapshot and state.seq < 0):
            return NOTHING
        if state.seq < 0 and kind is not Opened and kind is not Snapshot:
            return NOTHING
        state.seq = entry.seq
        state.tail += 1
        if kind is Command:
            return command(state, entry.at, event)  # type: ignore[arg-type]
        return HAPPENINGS[kind](state, entry.at, event)

    def follows(self, epoch: str, entry: Entry) -> bool:
        """Whether `entry` is the next of this room's log, or an old one seen again."""
        state = self._state
        return state.seq < 0 or (epoch == state.epoch and entry.seq <= state.seq + 1)

    @property
    def epoch(self) -> str:
        """The epoch of the log this room was built from; empty before its first entry."""
        return self._state.epoch

    @property
    def seq(self) -> int:
        """The seq of the latest entry; -1 before the first."""
        return self._state.seq

    @property
    def ended(self) -> bool:
        """Whether the room is over."""
        return self._state.ended

    def occupant(self, participant: str) -> Occupant | None:
        """Return where a participant stands, or None for a stranger."""
        return self._state.occupants.get(participant)

    def present(self) -> list[Occupant]:
        """Return all who have not left."""
        return self._state.present()

    def offline_due(self, participant: str) -> Due | None:
        """Return the deadline of a participant who has no connection now, if it would matter."""
        occupant = self._state.occupants.get(participant)
        if occupant is None or occupant.stage is Stage.LEFT:
            return None
        return Due(DUE_OFFLINE, participant, occupant.arrivals)

    def view(self, viewer: str, online: Container[str]) -> RoomView:
        """Return the room as one participant may see it."""
        state = self._state
        return room_view(viewer, state.occupants, state.backlog, online=online, ended=state.ended)

    def catch_up(
        self, participant: str, resume: Resume | None
    ) -> tuple[bool, tuple[ChatLine, ...], list[ServerMessage]]:
        """Return whether the client can go on where it was, its chat lines, and the signals it missed.

        A client that can't (another epoch, or too far behind) gets no signals: it begins its peer connections
        anew.
        """
        state = self._state
        backlog = state.backlog
        if resume is None or resume.epoch != state.epoch or not backlog.trimmed <= resume.seq <= state.seq:
            return False, backlog.lines(participant, -1), []
        missed: list[ServerMessage] = [
            told(one.seq, one.by, one.message)
            for one in backlog.signals(participant, resume.seq)
            if not isinstance(one.message, Chat)
        ]
        return True, backlog.lines(participant, resume.seq), missed

    def wants_snapshot(self) -> bool:
        """Whether the log's tail has reached its bound."""
        state = self._state
        return state.tail >= MAX_KEPT or state.tail_size >= MAX_KEPT_CHARS

    def snapshot(self) -> Snapshot:
        """Return the whole state, to stand for every entry so far."""
        state = self._state
        kept, generations = state.backlog.saved()
        occupants = tuple(state.occupants.values())
        return Snapshot(state.epoch, state.ended, occupants, generations, kept, state.backlog.trimmed)

    def compacted(self) -> None:
        """Note that the log holds a snapshot of this state."""
        self._state.tail = self._state.tail_size = 0
