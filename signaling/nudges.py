"""Nudges: "look again", told to every node, and no more. One may be missed: whoever listens also polls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

OnNudge = Callable[[], None]
"""Called when something may have changed; must not raise or block."""


class Nudges(Protocol):
    """A word that goes to all nodes. Two implementations pass one contract suite."""

    def send(self, topic: str) -> None:
        """Nudge whoever listens to a topic: on this node before this returns, elsewhere soon, if at all."""

    def listen(self, topic: str, on_nudge: OnNudge) -> None:
        """Have `on_nudge` called at every nudge, and when some may have been missed."""


class Listeners:
    """The `Nudges` of a process that is alone, and the local half of those of several."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[OnNudge, ...]] = {}

    def send(self, topic: str) -> None:
        """Call who listens."""
        for on_nudge in self._listeners.get(topic, ()):
            on_nudge()

    def listen(self, topic: str, on_nudge: OnNudge) -> None:
        """Keep whom to call."""
        self._listeners[topic] = (*self._listeners.get(topic, ()), on_nudge)

    def send_all(self) -> None:
        """Nudge every topic."""
        for topic in self._listeners:
            self.send(topic)
