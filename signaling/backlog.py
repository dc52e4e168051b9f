"""The signals that may have to be told again, and the peer-connection generations they belong to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from signaling.events import Generation, Kept
from signaling.protocol import AnswerFrom, CandidateFrom, ChatFrom, OfferFrom

if TYPE_CHECKING:
    from signaling.shapes import ChatLine

# Half of what a room may hold (256 entries, 512 KiB): the other half is the log's tail behind its snapshot.
MAX_KEPT: Final = 128
MAX_KEPT_CHARS: Final = 256 * 1024

ENTRY_CHARS: Final = 128  # what an entry takes beside its text


class Backlog:
    """Bounded; holds only signals of the current generation. Most rooms wait and have none."""

    __slots__ = ("_kept", "_pcs", "_size", "trimmed")

    def __init__(
        self, kept: tuple[Kept, ...] = (), generations: tuple[Generation, ...] = (), trimmed: int = -1
    ) -> None:
        self._kept: deque[Kept] | None = deque(kept) if kept else None
        self._size = sum(one.size for one in kept)
        self._pcs: dict[tuple[str, str], int] | None = {(g.one, g.other): g.pc for g in generations} or None
        self.trimmed = trimmed

    def generation(self, one: str, other: str) -> int:
        """Return the current generation of a pair; 0 if they never negotiated."""
        if self._pcs is None:
            return 0
        return self._pcs.get((one, other) if one < other else (other, one), 0)

    def raise_generation(self, one: str, other: str, pc: int) -> None:
        """Begin a new generation of a pair: what belongs to an older one is never told again."""
        if self._pcs is None:
            self._pcs = {}
        self._pcs[(one, other) if one < other else (other, one)] = pc
        self._drop(frozenset((one, other)), both=True)

    def forget(self, participant: str) -> None:
        """Drop the signals to and from one participant; what was said in the chat stays."""
        self._drop(frozenset((participant,)), both=False)

    def _drop(self, names: frozenset[str], *, both: bool) -> None:
        if self._kept is None:
            return
        staying: deque[Kept] = deque()
        for one in self._kept:
            message = one.message
            if isinstance(message, ChatFrom):
                staying.append(one)
                continue
            ends = {message.sender, *one.to}
            if ends == names if both else ends & names:
                self._size -= one.size
            else:
                staying.append(one)
        self._kept = staying or None

    def keep(self, one: Kept) -> None:
        """Add a signal and trim the oldest beyond the bounds."""
        kept = self._kept
        if kept is None:
            kept = self._kept = deque()
        kept.append(one)
        self._size += one.size
        while len(kept) > MAX_KEPT or (self._size > MAX_KEPT_CHARS and len(kept) > 1):
            gone = kept.popleft()
            self._size -= gone.size
            self.trimmed = gone.seq

    def said(self, by: str, line_id: str) -> int | None:
        """Return the seq at which this sender said this line before, if it is still known."""
        for one in self._kept or ():
            message = one.message
            if isinstance(message, ChatFrom) and message.line.sender == by and message.line.id == line_id:
                return one.seq
        return None

    def lines(self, participant: str, after: int) -> tuple[ChatLine, ...]:
        """Return the chat lines this participant was told (or said) after a seq."""
        return tuple(
            one.message.line
            for one in self._kept or ()
            if one.seq > after and isinstance(one.message, ChatFrom) and participant in one.to
        )

    def signals(self, participant: str, after: int) -> list[OfferFrom | AnswerFrom | CandidateFrom]:
        """Return offers, answers and candidates addressed to this participant after a seq, in order."""
        return [
            one.message
            for one in self._kept or ()
            if one.seq > after and not isinstance(one.message, ChatFrom) and participant in one.to
        ]

    def saved(self) -> tuple[tuple[Kept, ...], tuple[Generation, ...]]:
        """Return what a snapshot holds of it."""
        pairs = sorted((self._pcs or {}).items())
        return tuple(self._kept or ()), tuple(Generation(*pair, pc) for pair, pc in pairs)
