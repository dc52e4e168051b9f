"""Board news: tells whoever shows a board that it may have changed, on every node, and never what."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vap_meet.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signaling.nudges import Nudges

TOPIC = "board"
"""One for all: every agent's board shows every appointment."""

AT_MOST = 1_000
"""How many may watch at once; whoever comes then still polls."""


class Watcher:
    """Somebody who shows a board; news that comes before they ask again is told as one."""

    def __init__(self) -> None:
        self.over = False
        self._news = asyncio.Event()

    async def changed(self, *, within_s: float) -> bool:
        """Wait for news; false when there was none in this time. At the end (`over`) it returns at once."""
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return not self.over

    def tell(self) -> None:
        """There is news."""
        self._news.set()

    def end(self) -> None:
        """There will be no more."""
        self.over = True
        self._news.set()


class BoardNews:
    """Made once a process. Boards that miss some news, as while Redis is down, read again by themselves."""

    def __init__(self, nudges: Nudges, *, at_most: int = AT_MOST) -> None:
        self._nudges = nudges
        self._at_most = at_most
        self._watchers: set[Watcher] = set()
        self._over = False
        nudges.listen(TOPIC, self._tell)

    def changed(self) -> None:
        """Tell everybody, after the commit of what a board shows."""
        self._nudges.send(TOPIC)

    @contextmanager
    def watching(self) -> Iterator[Watcher]:
        """Give who is told from now on. Raises `Unavailable` at the end, or if there are too many."""
        if self._over or len(self._watchers) >= self._at_most:
            raise Unavailable("Boards are not told of changes right now; they can be read.")
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def end(self) -> None:
        """Let everybody go: this process stops."""
        self._over = True
        for watcher in self._watchers:
            watcher.end()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher.tell()
