"""Announcing: the one place that use cases tell, within their transaction, what has happened.

Whatever is promised to others because of it (webhooks, messages) is written to the outbox here, so it is
promised if and only if the change is committed. Who announces wakes the dispatcher after the commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.domain.appointment import Appointment
from vap_meet.services.webhook_events import promise_webhooks
from vap_meet.store import appointments

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Announce", "Announcer", "AppointmentEvent", "announce", "no_one"]


class Listener(Protocol):
    """Promises what follows from an event, in the transaction that changed the record."""

    async def __call__(
        self, tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment, *, at: datetime
    ) -> None:
        """Write promises to the outbox; called with the record as it is after the change."""


class Announce(Protocol):
    """Tells whoever listens, in the transaction that changed the record."""

    async def __call__(
        self, tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment | str, *, at: datetime
    ) -> None:
        """Tell; called when everything the event is about has been written.

        Takes the record as it is after the change, or its id. Raises `NotFound` for an id without a record.
        """


class Announcer(Announce):
    """Tells webhooks of every event, then whoever else listens here."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners: tuple[Listener, ...] = (promise_webhooks, *listeners)

    async def __call__(
        self, tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment | str, *, at: datetime
    ) -> None:
        """Tell every listener, one after the other."""
        if not isinstance(appointment, Appointment):
            appointment = await appointments.get(tx, appointment)
        for listener in self._listeners:
            await listener(tx, event, appointment, at=at)


announce: Announce = Announcer()
"""What tells webhooks alone."""


def no_one() -> None:
    """Wake nobody: what a use case without a dispatcher calls after its commit."""
