"""Device checks: judged here, kept with the appointment, shown to the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from vap_meet.domain.device_check import verdict
from vap_meet.store import appointments
from vap_meet.store import device_checks as store
from vap_meet.store.device_checks import DeviceCheck

if TYPE_CHECKING:
    from collections.abc import Collection

    from vap_meet.clock import Clock
    from vap_meet.domain.device_check import Findings, Verdict
    from vap_meet.store.engine import Database

__all__ = ["DeviceCheck", "DeviceChecks"]


class DeviceChecks:
    """Keeps the last check of each appointment's customer."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def record(self, appointment_id: str, found: Findings) -> Verdict:
        """Judge what a device found and keep it in the place of what was found before."""
        reached = verdict(found)
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id, hold=True)
            findings = msgspec.json.encode(found).decode()
            await store.put(tx, appointment_id, reached, findings=findings, at=self._clock())
        return reached

    async def of(self, appointment_ids: Collection[str]) -> dict[str, DeviceCheck]:
        """Return the last check of each of these appointments; those never checked are left out."""
        if not appointment_ids:
            return {}
        async with self._db.read() as tx:
            return await store.of(tx, appointment_ids)
