"""One timer wheel for all deadlines of a hub, driven by whoever holds the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

_SLOT_MS = 250

OnTime = Callable[[], None]


class Wheel:
    """Deadlines in slots of a quarter second. No cancelling: what is called checks if it still matters."""

    def __init__(self, now_ms: int) -> None:
        self._slots: dict[int, list[OnTime]] = {}
        self._done = now_ms // _SLOT_MS
        self.now_ms = now_ms  # when it was last turned

    def at(self, when_ms: int, call: OnTime) -> None:
        """Have `call` made at `when_ms` or up to a slot later."""
        slot = max(when_ms // _SLOT_MS + 1, self._done + 1)
        self._slots.setdefault(slot, []).append(call)

    def due(self, now_ms: int) -> Iterator[OnTime]:
        """Yield what has come due, earliest first; what it adds for the past comes at the next turn."""
        self.now_ms = now_ms
        now = now_ms // _SLOT_MS
        if now <= self._done:
            return
        if now - self._done < len(self._slots):
            slots = [slot for slot in range(self._done + 1, now + 1) if slot in self._slots]
        else:
            slots = sorted(slot for slot in self._slots if slot <= now)
        self._done = now
        for slot in slots:
            yield from self._slots.pop(slot)
