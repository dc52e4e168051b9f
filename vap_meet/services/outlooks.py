"""Outlooks: whoever waits is told over their line what to expect, and again only when that has changed.

Each process tells those who are connected to it: soon after anything happened that a board shows, and every
so often, for time alone changes it too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from msgspec import UNSET

from signaling.codec import encode
from signaling.waiting import Outlook
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.errors import Unavailable
from vap_meet.services import board_news, facts

if TYPE_CHECKING:
    from datetime import datetime

    from signaling.connection import Connection
    from signaling.hub import Hub
    from signaling.nudges import Nudges
    from vap_meet.clock import Clock
    from vap_meet.domain.queueing import Expected
    from vap_meet.services.queueing import Queueing
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

EVERY_S: Final = 15.0
AT_MOST_EVERY_S: Final = 1.0


class Outlooks:
    """Made once a process."""

    def __init__(self, *, db: Database, clock: Clock, hub: Hub, queueing: Queueing, nudges: Nudges) -> None:
        self._db = db
        self._clock = clock
        self._hub = hub
        self._queueing = queueing
        self._told: dict[str, Outlook] = {}
        self._unknown: set[str] = set()  # connections that the last look at the record knew nothing of
        self._news = asyncio.Event()
        nudges.listen(board_news.TOPIC, self._news.set)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                await self.run_once()
            except Unavailable:
                pass  # logged where it happened
            except Exception:
                log.exception("outlooks_failed")
            await self._wait()

    async def _wait(self) -> None:
        """Return when there is something to look at: news, somebody who was told nothing yet, or in turn.

        What is known may be a moment older than somebody's coming: they are looked at again soon, too.
        """
        for _ in range(round(EVERY_S / AT_MOST_EVERY_S)):
            await asyncio.sleep(AT_MOST_EVERY_S)
            here = {one.id for _, one in self._here()}
            if self._news.is_set() or here - self._told.keys() or here & self._unknown:
                break
        self._news.clear()

    def _here(self) -> list[tuple[str, Connection]]:
        return [(room, one) for room, one in self._hub.waiting() if one.participant.id == CUSTOMER]

    async def run_once(self) -> int:
        """Tell everybody who waits here what is new to them; return how many were told something."""
        here = self._here()
        if not here:
            self._told = {}
            return 0
        now = self._clock()
        async with self._db.read() as tx:
            expected = await self._queueing.expected_many(tx, [room for room, _ in here], now=now)
        told, before = 0, self._told
        self._told = {}
        self._unknown = {connection.id for room, connection in here if room not in expected}
        for room, connection in here:
            outlook = self._told[connection.id] = outlook_of(expected.get(room), now=now)
            if outlook != before.get(connection.id):
                connection.send(encode(outlook))
                told += 1
        return told


def outlook_of(expected: Expected | None, *, now: datetime) -> Outlook:
    """Return what is told of an expectation."""
    if expected is None:
        return Outlook()
    if not expected.begun:
        return Outlook(late=expected.late)
    return Outlook(
        earliest_at=facts.milliseconds(expected.said_from(now)),
        latest_at=facts.milliseconds(expected.latest),
        before=UNSET if expected.before is None else expected.before,
        late=expected.late,
    )
