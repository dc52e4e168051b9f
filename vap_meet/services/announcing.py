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

__all__ = ["LISTENERS", "AppointmentEvent", "announce", "no_one"]


class Listener(Protocol):
    """Promises what follows from an event, in the transaction that changed the record."""

    async def __call__(
        self, tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment, *, at: datetime
    ) -> None:
        """Write promises to the outbox; called with the record as it is after the change."""


LISTENERS: tuple[Listener, ...] = (promise_webhooks,)
"""Who hears of every event, in this order."""


async def announce(
    tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment | str, *, at: datetime
) -> None:
    """Tell every listener; call it when everything the event is about has been written.

    Takes the record as it is after the change, or its id. Raises `NotFound` for an id without a record.
    """
    if not isinstance(appointment, Appointment):
        appointment = await appointments.get(tx, appointment)
    for listener in LISTENERS:
        await listener(tx, event, appointment, at=at)


def no_one() -> None:
    """Wake nobody: what a use case without a dispatcher calls after its commit."""
