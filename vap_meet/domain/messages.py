"""Messages to customers: what is told, by which channel, when, and whether it is still worth telling.

A promise names a message by ids alone; who it goes to and what it says is read from the record when it is
sent, so the outbox holds nothing personal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from vap_meet.domain.appointment import AppointmentState

if TYPE_CHECKING:
    from collections.abc import Collection

    from vap_meet.domain.appointment import Appointment, Customer, Language


class Channel(StrEnum):
    """A way to reach a customer."""

    EMAIL = "email"
    SMS = "sms"


class MessageKind(StrEnum):
    """What a message tells."""

    CONFIRMATION = "confirmation"
    DAY_BEFORE = "day_before"
    HOUR_BEFORE = "hour_before"
    MOVED = "moved"
    CANCELLED = "cancelled"
    EARLIER = "earlier"  # an earlier time is held for them
    RUNNING_LATE = "running_late"
    TURN_NEAR = "turn_near"  # they will soon be called in, and their page is closed
    READY = "ready"  # the official is there, and the customer's page is not
    SUMMONED = "summoned"  # called in while away, which holds until a time
    ANSWER = "answer"
    CORRECTION = "correction"  # a later version of an answer that was sent
    FILE_WITHDRAWN = "file_withdrawn"  # a file is gone that stood beside an answer that was sent
    INVITATION = "invitation"  # to choose a time, from a back office
    GUEST = "guest"  # the link of somebody who is asked to join a call
    SERVICE_OPEN = "service_open"  # a service that they asked about can be booked now
    CODE = "code"  # the one-time code that proves a phone


REMINDERS: dict[MessageKind, timedelta] = {
    MessageKind.DAY_BEFORE: timedelta(days=1),
    MessageKind.HOUR_BEFORE: timedelta(hours=1),
}
"""How long before the start each reminder is sent."""

WITH_CALENDAR = frozenset({MessageKind.CONFIRMATION, MessageKind.MOVED, MessageKind.CANCELLED})
"""Messages whose email carries the calendar event, made, moved or taken away."""

WITH_LINK = frozenset(
    {
        MessageKind.CONFIRMATION,
        MessageKind.DAY_BEFORE,
        MessageKind.HOUR_BEFORE,
        MessageKind.MOVED,
        MessageKind.EARLIER,
        MessageKind.RUNNING_LATE,
        MessageKind.TURN_NEAR,
        MessageKind.READY,
        MessageKind.SUMMONED,
    }
)
"""Messages that lead into the appointment."""

ONCE = frozenset({MessageKind.READY, MessageKind.TURN_NEAR})
"""Messages that are promised once for each time of an appointment."""

IF_AWAY = ONCE | {MessageKind.SUMMONED}
"""Messages to a customer whose page is closed: who is there sees it there."""

_OF_THE_DAY = IF_AWAY | {MessageKind.RUNNING_LATE}
"""Messages that are for when the appointment's time has come, and after it."""

READY_AFTER = timedelta(seconds=30)
"""How long a customer's page may take to come back before the ready official is told by message."""

OF_OUTCOME = frozenset({MessageKind.ANSWER, MessageKind.CORRECTION})

AFTERWARDS = OF_OUTCOME | {MessageKind.FILE_WITHDRAWN}
"""Messages that are for after the appointment, however long after: they lead to the written answer."""

_DIGITS_SHOWN = 3


class PromisedMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of a promise. `id` stays the same however often it is tried.

    `time` is one that the message tells of beside the appointment's own; after `good_until` it isn't sent.
    """

    id: str
    kind: MessageKind
    channel: Channel
    appointment_id: str
    schedule_version: int
    outcome_version: int | None = None
    time: datetime | None = None
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message in one language: the parts of an email, and the text of an SMS."""

    subject: str
    text: str
    html: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message on its way. `calendar` is an iCalendar file and its method. Personal data; never logged."""

    id: str
    kind: MessageKind
    channel: Channel
    to: str
    language: Language
    letter: Letter
    calendar: tuple[bytes, str] | None = None


def address_of(customer: Customer, channel: Channel) -> str | None:
    """Return where a channel reaches a customer, None if it does not."""
    return customer.email if channel is Channel.EMAIL else customer.phone


def channels_to(customer: Customer, ways: Collection[Channel]) -> tuple[Channel, ...]:
    """Return which of the channels that are in use reach a customer."""
    return tuple(channel for channel in Channel if channel in ways and address_of(customer, channel))


def reminders_of(appointment: Appointment, *, now: datetime) -> tuple[tuple[MessageKind, datetime], ...]:
    """Return the reminders that are still ahead, with the time at which each is due."""
    due = ((kind, appointment.starts_at - before) for kind, before in REMINDERS.items())
    return tuple((kind, at) for kind, at in due if at > now)


def still_worth_sending(message: PromisedMessage, appointment: Appointment, *, now: datetime) -> bool:
    """Whether a message says what is true now; one that does not is dropped, a newer one has been promised.

    No reminder goes out after the start, nor the day's once the hour's is due.
    """
    if message.kind in AFTERWARDS:
        return True
    if message.good_until is not None and now > message.good_until:
        return False
    if message.schedule_version != appointment.schedule_version:
        return False
    if message.kind is MessageKind.CANCELLED:
        return appointment.state is AppointmentState.CANCELLED
    if not appointment.is_open:
        return False
    return message.kind in _OF_THE_DAY or now < _good_until(message.kind, appointment)


def _good_until(kind: MessageKind, appointment: Appointment) -> datetime:
    if kind is MessageKind.DAY_BEFORE:
        return appointment.starts_at - REMINDERS[MessageKind.HOUR_BEFORE]
    return appointment.starts_at if kind is MessageKind.HOUR_BEFORE else appointment.ends_at


def last_digits(phone: str | None) -> str | None:
    """Return the end of a phone number, by which its owner knows that a message is meant for them."""
    return phone[-_DIGITS_SHOWN:] if phone and len(phone) > 2 * _DIGITS_SHOWN else None


def message_lane(message: PromisedMessage) -> str:
    """Return a message's lane: what is told at once keeps its order, what is for later waits alone."""
    lane = f"{message.channel}:{message.appointment_id}"
    if message.kind in REMINDERS or message.kind in _OF_THE_DAY:
        return f"{lane}:{message.schedule_version}:{message.kind}"
    return f"{lane}:{message.kind}" if message.kind is MessageKind.EARLIER else lane


def read_message(payload: str) -> PromisedMessage:
    """Return what a promise is about."""
    return msgspec.json.decode(payload, type=PromisedMessage)


def one_line(text: str) -> str:
    """Return text without line breaks and other controls, fit for a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
