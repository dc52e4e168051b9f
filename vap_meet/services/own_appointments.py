"""Somebody's own appointments: all that were booked for a phone, with their links and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.errors import DomainError
from vap_meet.store import appointments

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.outcome import OutcomeVersion
    from vap_meet.services.joining import Joining
    from vap_meet.services.outcomes import Outcomes
    from vap_meet.store.engine import Database

MOST = 50
"""As many as are shown; the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAppointment:
    """One of them: its link while it is open, the written answer once it is there."""

    appointment: Appointment
    link: str | None
    answer: OutcomeVersion | None
    corrected: bool


class OwnAppointments:
    """Finds them. Whoever asks has proved that the phone is theirs."""

    def __init__(self, *, db: Database, joining: Joining, outcomes: Outcomes) -> None:
        self._db = db
        self._joining = joining
        self._outcomes = outcomes

    async def of_phone(self, phone: str) -> tuple[OwnAppointment, ...]:
        """Return the appointments of a phone, the latest first."""
        async with self._db.read() as tx:
            found = await appointments.of_phone(tx, phone, at_most=MOST)
        return tuple([await self._one(appointment) for appointment in found])

    async def _one(self, appointment: Appointment) -> OwnAppointment:
        versions = await self._outcomes.versions(appointment.id)
        complete = [version for version in versions if not version.answer_pending]
        return OwnAppointment(
            appointment=appointment,
            link=await self._link(appointment),
            answer=complete[-1] if complete else None,
            corrected=len(complete) > 1,
        )

    async def _link(self, appointment: Appointment) -> str | None:
        if not appointment.is_open:
            return None
        try:
            return (await self._joining.issue_link(appointment.id, by="customer")).url
        except DomainError:  # its time is over, or it was cancelled just now
            return None
