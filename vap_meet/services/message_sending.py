"""Message sending: the handlers that keep what customers were promised.

At least once: a message is sent again only if the process dies between the channel's acknowledgement and the
outbox's commit, and then with the same id, by which mail systems and SMS providers know it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import Language
from vap_meet.domain.calendar_file import calendar_file
from vap_meet.domain.errors import DomainError
from vap_meet.domain.messages import (
    IF_AWAY,
    OF_OUTCOME,
    WITH_CALENDAR,
    WITH_LINK,
    Channel,
    MessageKind,
    OutgoingMessage,
    address_of,
    message_lane,
    read_message,
    still_worth_sending,
)
from vap_meet.services.delivery import NotKept
from vap_meet.services.phone_codes import read_code_message
from vap_meet.store import appointments, outbox, outcomes
from vap_meet.store import phone_codes as codes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.messages import Letter, PromisedMessage
    from vap_meet.domain.outcome import OutcomeVersion
    from vap_meet.services.joining import Joining
    from vap_meet.services.phone_codes import PhoneCodes
    from vap_meet.store.engine import Database


class Sender(Protocol):
    """One channel."""

    async def send(self, message: OutgoingMessage) -> None:
        """Hand a message over; return once it was accepted. Raises `NotKept`."""

    async def close(self) -> None:
        """Let go of connections."""


class Writer(Protocol):
    """Writes messages in the appointment's language."""

    def about(
        self,
        kind: MessageKind,
        appointment: Appointment,
        *,
        link: str | None,
        outcome: OutcomeVersion | None,
        time: datetime | None,
        good_until: datetime | None,
    ) -> Letter:
        """Return what tells a customer of their appointment; the last two are the promise's."""

    def code(self, digits: str, phone: str, language: Language) -> Letter:
        """Return what carries a one-time code."""

    def calendar_note(self, language: Language) -> str:
        """Return the words in a calendar event's description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """Who invites, as the calendar names them, and where links lead."""

    name_ar: str
    name_en: str
    public_url: str


class MessageSending:
    """Keeps the promises of messages and of one-time codes; its methods are the dispatcher's handlers."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        senders: Mapping[Channel, Sender],
        writer: Writer,
        joining: Joining,
        codes: PhoneCodes,
        online: Callable[[str], Awaitable[frozenset[str] | None]],
        organiser: Organiser,
    ) -> None:
        """`online` says who is connected to a room right now, None while nobody can tell."""
        self._db = db
        self._clock = clock
        self._senders = senders
        self._writer = writer
        self._joining = joining
        self._codes = codes
        self._online = online
        self._organiser = organiser

    async def send(self, payload: str) -> None:
        """Send a message, unless the record has left it behind. Raises `NotKept`."""
        promised = read_message(payload)
        async with self._db.read() as tx:
            appointment = await appointments.find(tx, promised.appointment_id)
            versions = (
                await outcomes.versions(tx, promised.appointment_id) if promised.kind in OF_OUTCOME else ()
            )
        if appointment is None or not still_worth_sending(promised, appointment, now=self._clock()):
            return
        if promised.kind in IF_AWAY and not await self._is_away(promised.kind, appointment.id):
            return
        if promised.kind is MessageKind.READY and await self._was_summoned(promised):
            return
        to = address_of(appointment.customer, promised.channel)
        outcome = _latest_told(versions, promised)
        if not to or (promised.kind in OF_OUTCOME and outcome is None):
            return  # erased since, or a newer version has been promised
        link = await self._link(promised, appointment)
        if link is None and promised.kind in WITH_LINK:
            return
        await self._hand_over(
            OutgoingMessage(
                id=promised.id,
                kind=promised.kind,
                channel=promised.channel,
                to=to,
                language=appointment.customer.language,
                letter=self._writer.about(
                    promised.kind,
                    appointment,
                    link=link,
                    outcome=outcome,
                    time=promised.time,
                    good_until=promised.good_until,
                ),
                calendar=self._calendar(promised, appointment, link),
            )
        )

    async def send_code(self, payload: str) -> None:
        """Send a one-time code, unless it is no longer good. Raises `NotKept`."""
        promised = read_code_message(payload)
        async with self._db.write() as tx:  # reading a code holds it
            code = await codes.find(tx, promised.code_id)
        if code is None or self._clock() > code.expires_at:
            return
        language = Language(promised.language)
        await self._hand_over(
            OutgoingMessage(
                id=promised.code_id.rpartition(".")[2],
                kind=MessageKind.CODE,
                channel=Channel.SMS,
                to=promised.phone,
                language=language,
                letter=self._writer.code(self._codes.digits(promised.code_id), promised.phone, language),
            )
        )

    async def _is_away(self, kind: MessageKind, room: str) -> bool:
        """Whether the customer's page is closed; that the official is ready also needs an official there.

        Raises `NotKept` while nobody can tell.
        """
        present = await self._online(room)
        if present is None:
            raise NotKept("who is online can't be told")
        return CUSTOMER not in present and (bool(present) or kind is not MessageKind.READY)

    async def _was_summoned(self, ready: PromisedMessage) -> bool:
        """Whether the customer was called in by a message of its own, which says more."""
        async with self._db.read() as tx:
            return await outbox.is_promised(tx, message_lane(replace(ready, kind=MessageKind.SUMMONED)))

    async def _hand_over(self, message: OutgoingMessage) -> None:
        sender = self._senders.get(message.channel)
        if sender is None:
            raise NotKept(f"{message.channel} is not set up")
        await sender.send(message)

    async def _link(self, promised: PromisedMessage, appointment: Appointment) -> str | None:
        """Return the customer's link, derived now; None if nobody can be invited any more."""
        if promised.kind not in WITH_LINK:
            return None
        try:
            link = await self._joining.issue_link(appointment.id, by="message")
        except DomainError:
            return None  # over or cancelled since it was read
        if link.schedule_version != promised.schedule_version:
            return None  # it moved since it was read, and the message of the move has the new time's link
        return f"{link.url}/earlier" if promised.kind is MessageKind.EARLIER else link.url

    def _calendar(
        self, promised: PromisedMessage, appointment: Appointment, link: str | None
    ) -> tuple[bytes, str] | None:
        if promised.channel is not Channel.EMAIL or promised.kind not in WITH_CALENDAR:
            return None
        language, by = appointment.customer.language, self._organiser
        return calendar_file(
            appointment,
            organiser=by.name_ar if language is Language.AR else by.name_en,
            public_url=by.public_url,
            link=link,
            note=self._writer.calendar_note(language),
        )


def _latest_told(versions: tuple[OutcomeVersion, ...], promised: PromisedMessage) -> OutcomeVersion | None:
    """Return the version a message is about if a reader would still be shown what it says."""
    found = [one for one in versions if one.version == promised.outcome_version]
    complete = [one for one in versions if not one.answer_pending]
    if not found or not complete:
        return None
    shown = (found[0].content.answer, found[0].content.next_steps)
    latest = (complete[-1].content.answer, complete[-1].content.next_steps)
    return found[0] if shown == latest and shown[0].strip() else None
