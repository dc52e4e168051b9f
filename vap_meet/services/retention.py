"""Retention: an appointment's personal data is erased when the time that the notice promised is over.

The record's bones stay (what, when, which outcome), and so do the audit log's commitments: the chain holds.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from vap_meet.domain.errors import Unavailable
from vap_meet.services.sealing import erase_entries
from vap_meet.store import appointments, booking_invitations, leases, retention

if TYPE_CHECKING:
    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

EVERY_S = 3_600.0
LEASE_NAME = "retention"
LEASE = timedelta(hours=2)
AT_ONCE = 100
DAYS_A_MONTH = 30.4375


class Retention:
    """Runs on every node; one of them, by lease, erases."""

    def __init__(self, *, db: Database, clock: Clock, keep_months: int, holder: str | None = None) -> None:
        self._db = db
        self._clock = clock
        self._keep = timedelta(days=keep_months * DAYS_A_MONTH)
        self._holder = holder or str(uuid4())

    async def run(self) -> None:
        """Erase what is due, every hour, until cancelled."""
        while True:
            try:
                while await self.run_once() == AT_ONCE:
                    pass
            except Unavailable:
                pass  # logged where it happened
            except Exception:
                log.exception("retention_failed")
            await asyncio.sleep(EVERY_S)

    async def run_once(self) -> int:
        """Erase the oldest that are due, `AT_ONCE` at most; return how many there were."""
        now = self._clock()
        async with self._db.write() as tx:
            if not await leases.take(tx, LEASE_NAME, holder=self._holder, now=now, until=now + LEASE):
                return 0
        async with self._db.read() as tx:
            due = await retention.overdue(tx, now - self._keep, at_most=AT_ONCE)
        for appointment_id in due:
            async with self._db.write() as tx:
                await appointments.get(tx, appointment_id, hold=True)
                await retention.forget_person(tx, appointment_id)
                await erase_entries(tx, appointment_id, by="retention", at=now)
        async with self._db.write() as tx:
            await booking_invitations.forget_people(tx, now - self._keep)
        if due:
            log.info("personal_data_erased", appointments=len(due))
        return len(due)
