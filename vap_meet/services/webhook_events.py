"""Webhook events: promises each endpoint that listens the whole record, as it is after the change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from msgspec import Struct

from vap_meet.domain.outbox import Kind
from vap_meet.domain.webhooks import lane_of, party_of
from vap_meet.services.published import AppointmentOut, FeedbackOut, OutcomeOut, SessionOut
from vap_meet.store import appointments, feedback, outbox, outcomes, sessions, webhooks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.announcing import AppointmentEvent
    from vap_meet.domain.appointment import Appointment


class EventData(Struct, frozen=True, kw_only=True):
    """The record: the appointment with its revision, its session if anybody came, its latest outcome.

    And what the customer said of it, once they did.
    """

    appointment: AppointmentOut
    session: SessionOut | None
    outcome: OutcomeOut | None
    feedback: FeedbackOut | None


class EventOut(Struct, frozen=True, kw_only=True):
    """What is sent, in the form that the Standard Webhooks specification recommends."""

    type: str
    timestamp: datetime
    data: EventData


async def promise_webhooks(
    tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment, *, at: datetime
) -> None:
    """Promise every endpoint that listens to be told; write nothing if none does."""
    listening = await webhooks.listeners(tx, event)
    if listening:
        await _promise_all(tx, listening, event, appointment, at=at)


async def promise_webhooks_of_many(
    tx: AsyncConnection, told: Sequence[tuple[AppointmentEvent, str]], *, at: datetime
) -> bool:
    """Promise the same of many appointments in this order; return whether anything was promised.

    No record is read of which nobody is to be told.
    """
    listening = {event: await webhooks.listeners(tx, event) for event in {event for event, _ in told}}
    for event, appointment_id in told:
        if listening[event]:
            appointment = await appointments.get(tx, appointment_id)
            await _promise_all(tx, listening[event], event, appointment, at=at)
    return any(listening.values())


async def _promise_all(
    tx: AsyncConnection,
    listening: Sequence[str],
    event: AppointmentEvent,
    appointment: Appointment,
    *,
    at: datetime,
) -> None:
    session = await sessions.get(tx, appointment.id)
    outcome = await outcomes.latest(tx, appointment.id)
    given = await feedback.get(tx, appointment.id)
    content = EventOut(
        type=event,
        timestamp=at,
        data=EventData(
            appointment=AppointmentOut.of(appointment),
            session=None if session is None else SessionOut.of(session),
            outcome=None if outcome is None else OutcomeOut.of(outcome),
            feedback=None if given is None else FeedbackOut.of(given),
        ),
    )
    told = webhooks.Event(
        id=str(uuid4()),
        type=event,
        appointment_id=appointment.id,
        at=at,
        body=msgspec.json.encode(content).decode(),
    )
    await webhooks.add_event(tx, told)
    for endpoint_id in listening:
        delivery_id = f"msg_{uuid4().hex}"
        promise_id = await promise(tx, endpoint_id, appointment.id, delivery_id, at=at)
        await webhooks.add_delivery(
            tx,
            delivery_id=delivery_id,
            endpoint_id=endpoint_id,
            event_id=told.id,
            promise_id=promise_id,
            at=at,
        )


async def promise(
    tx: AsyncConnection, endpoint_id: str, appointment_id: str, delivery_id: str, *, at: datetime
) -> int:
    """Promise one message to an endpoint, behind what it is still to be told of the appointment."""
    return await outbox.promise(
        tx,
        party=party_of(endpoint_id),
        lane=lane_of(endpoint_id, appointment_id),
        kind=Kind.WEBHOOK,
        payload=delivery_id,
        at=at,
    )
