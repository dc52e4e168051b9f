"""Access that is taken away closes what is open: staff who signed out or whose account was closed.

Where and by whom that was done does not matter (another node, a command on the shell): each node looks after
the places that are taken on it. What a move or a cancellation takes, the outbox tells the room.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from signaling.log import LogUnavailable
from vap_meet.domain.access import staff_id_of
from vap_meet.domain.errors import Unavailable
from vap_meet.store import revoking

if TYPE_CHECKING:
    from signaling.hub import Hub
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

EVERY_S: Final = 2.0
"""How long a place may outlive the access to it when that was taken elsewhere."""


class Revoking:
    """Looks at the places of staff from time to time, and at once after `wake`."""

    def __init__(self, *, db: Database, hub: Hub) -> None:
        self._db = db
        self._hub = hub
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now: somebody has just signed out here."""
        self._woken.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.run_once()
            except (Unavailable, LogUnavailable):
                log.warning("revoking_unavailable")
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def run_once(self) -> None:
        """Take the places here whose access is gone. Raises `Unavailable`, `LogUnavailable`."""
        places = [one for one in self._hub.places() if staff_id_of(one.participant) is not None]
        if not places:
            return
        staff_ids = {one.participant: str(staff_id_of(one.participant)) for one in places}
        async with self._db.read() as tx:
            still_open = await revoking.open_accounts(tx, set(staff_ids.values()))
            ended = await revoking.ended_sign_ins(tx, {one.seat for one in places})
        for place in places:
            if place.seat in ended or staff_ids[place.participant] not in still_open:
                await self._hub.revoke(place.room, place.participant, seat=place.seat)
                log.info("place_revoked", room=place.room, participant=place.participant)
