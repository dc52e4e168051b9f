"""The gate: what access to an appointment is worth at this moment, for everybody who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain import access
from vap_meet.domain.access import LinkStatus
from vap_meet.domain.guests import guest_id_of

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.domain.access import OpeningHours
    from vap_meet.domain.appointment import Appointment


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The opening hours and the clock that they are read by."""

    clock: Clock
    hours: OpeningHours

    def opens_at(self, appointment: Appointment) -> datetime:
        """Return when the appointment's waiting room opens."""
        return self.hours.opens_at(appointment)

    def closes_at(self, appointment: Appointment) -> datetime:
        """Return when the appointment's links end."""
        return self.hours.closes_at(appointment)

    def status(self, appointment: Appointment, schedule_version: int) -> LinkStatus:
        """Return what access given at a schedule version is worth now."""
        return access.link_status(
            appointment, schedule_version=schedule_version, now=self.clock(), hours=self.hours
        )

    def may_enter(self, appointment: Appointment, status: LinkStatus, participant_id: str) -> bool:
        """Whether a link lets somebody in; the answer that is read afterwards is no guest's to read."""
        if guest_id_of(participant_id) is not None and status is LinkStatus.OVER:
            return False
        return access.may_enter(appointment, status, now=self.clock(), hours=self.hours)
