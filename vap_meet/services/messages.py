"""Messages: promises to customers, made in the transaction of the change that they tell of.

What is promised is a message by one channel to one appointment's customer; `message_sending` keeps it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from signaling.stages import SUMMON_MS
from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.domain.messages import (
    ONCE,
    READY_AFTER,
    MessageKind,
    PromisedMessage,
    channels_to,
    message_lane,
    read_message,
    reminders_of,
)
from vap_meet.domain.outbox import Kind
from vap_meet.store import appointments, outbox, outcomes

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.appointment import Appointment, Customer
    from vap_meet.domain.messages import Channel
    from vap_meet.domain.outcome import OutcomeVersion

_TOLD_AS: dict[AppointmentEvent, MessageKind] = {
    AppointmentEvent.BOOKED: MessageKind.CONFIRMATION,
    AppointmentEvent.MOVED: MessageKind.MOVED,
    AppointmentEvent.CANCELLED: MessageKind.CANCELLED,
}
_WITH_REMINDERS = frozenset({AppointmentEvent.BOOKED, AppointmentEvent.MOVED})
_OF_OUTCOME = frozenset({AppointmentEvent.COMPLETED, AppointmentEvent.AMENDED, AppointmentEvent.NO_SHOW})


class MessagePromises:
    """Listens to what happens to appointments. `ways` are the channels that the operator has set up."""

    def __init__(self, ways: Collection[Channel]) -> None:
        self._ways = frozenset(ways)

    async def __call__(
        self, tx: AsyncConnection, event: AppointmentEvent, appointment: Appointment, *, at: datetime
    ) -> None:
        """Promise the customer what follows from an event, by every channel that reaches them."""
        if not self.reach(appointment.customer):
            return
        if event in _OF_OUTCOME:
            await self._answer(tx, appointment, at=at)
        if event in _TOLD_AS:
            await self.promise(tx, _TOLD_AS[event], appointment, at=at)
        if event in _WITH_REMINDERS:
            for kind, due_at in reminders_of(appointment, now=at):
                await self.promise(tx, kind, appointment, at=at, due_at=due_at)

    def reach(self, customer: Customer) -> bool:
        """Whether some channel reaches a customer."""
        return bool(channels_to(customer, self._ways))

    async def newest(
        self, tx: AsyncConnection, kind: MessageKind, appointment: Appointment
    ) -> PromisedMessage | None:
        """Return what was promised last for this time of an appointment, of a kind with a lane of its own."""
        for channel in channels_to(appointment.customer, self._ways):
            payload = await outbox.newest(tx, message_lane(_message(kind, channel, appointment)))
            if payload is not None:
                return read_message(payload)
        return None

    async def host_came(self, tx: AsyncConnection, appointment_id: str, *, at: datetime) -> None:
        """Promise to tell that the official is ready, once for each time of an appointment.

        When it is due, whoever sends it looks whether the customer is there by then.
        """
        if not self._ways:
            return
        appointment = await appointments.get(tx, appointment_id)
        if appointment.is_open:
            due_at = max(at + READY_AFTER, appointment.starts_at)
            await self.promise(tx, MessageKind.READY, appointment, at=at, due_at=due_at)

    async def summoned(self, tx: AsyncConnection, appointment_id: str, *, at: datetime) -> None:
        """Promise to tell a customer who may be away that they were called in, and until when it holds."""
        if not self._ways:
            return
        appointment = await appointments.get(tx, appointment_id)
        if appointment.is_open:
            until = at + timedelta(milliseconds=SUMMON_MS)
            await self.promise(tx, MessageKind.SUMMONED, appointment, at=at, good_until=until)

    async def file_withdrawn(self, tx: AsyncConnection, appointment_id: str, *, at: datetime) -> None:
        """Promise to tell that a file was taken back, if the answer it stood beside was sent before."""
        known = [one for one in await outcomes.versions(tx, appointment_id) if not one.answer_pending]
        if any(_shown(one)[0].strip() for one in known):
            appointment = await appointments.get(tx, appointment_id)
            await self.promise(tx, MessageKind.FILE_WITHDRAWN, appointment, at=at)

    async def promise(
        self,
        tx: AsyncConnection,
        kind: MessageKind,
        appointment: Appointment,
        *,
        at: datetime,
        due_at: datetime | None = None,
        outcome_version: int | None = None,
        time: datetime | None = None,
        good_until: datetime | None = None,
    ) -> None:
        """Promise one message by every channel that reaches the customer, now or at `due_at`.

        What is told to who is away is promised once for each time of an appointment, however often staff
        come and go. `time` and `good_until` are the payload's (`domain.messages.PromisedMessage`).
        """
        for channel in channels_to(appointment.customer, self._ways):
            message = replace(
                _message(kind, channel, appointment),
                outcome_version=outcome_version,
                time=time,
                good_until=good_until,
            )
            lane = message_lane(message)
            if kind in ONCE and await outbox.is_promised(tx, lane):
                continue
            await outbox.promise(
                tx,
                party=f"{Kind.MESSAGE}.{channel}",
                lane=lane,
                kind=Kind.MESSAGE,
                payload=msgspec.json.encode(message).decode(),
                at=at,
                due_at=due_at,
            )

    async def _answer(self, tx: AsyncConnection, appointment: Appointment, *, at: datetime) -> None:
        """Promise the written answer, or its correction if that changes what the customer reads."""
        known = [one for one in await outcomes.versions(tx, appointment.id) if not one.answer_pending]
        if not known or not _shown(known[-1])[0].strip():
            return
        told_before = [one for one in known[:-1] if _shown(one)[0].strip()]
        if told_before and _shown(told_before[-1]) == _shown(known[-1]):
            return
        kind = MessageKind.CORRECTION if told_before else MessageKind.ANSWER
        await self.promise(tx, kind, appointment, at=at, outcome_version=known[-1].version)


def _message(kind: MessageKind, channel: Channel, appointment: Appointment) -> PromisedMessage:
    return PromisedMessage(
        id=uuid4().hex,
        kind=kind,
        channel=channel,
        appointment_id=appointment.id,
        schedule_version=appointment.schedule_version,
    )


def _shown(version: OutcomeVersion) -> tuple[str, str]:
    return version.content.answer, version.content.next_steps
