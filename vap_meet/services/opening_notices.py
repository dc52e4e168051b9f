"""Opening notices: who asked to be told when a service opens is told once, as soon as it does.

The contact was given for this alone, so it is taken away when the message has been handed over. Whoever no
channel reaches stays on the admin's list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import msgspec

from vap_meet.domain.appointment import ServiceName
from vap_meet.domain.errors import NotFound
from vap_meet.domain.messages import Channel, MessageKind, OutgoingMessage
from vap_meet.domain.outbox import Kind
from vap_meet.services.delivery import NotKept
from vap_meet.store import audit, catalogue, outbox
from vap_meet.store import demand as store

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Language
    from vap_meet.domain.catalogue import Service
    from vap_meet.domain.messages import Letter
    from vap_meet.services.message_sending import Sender
    from vap_meet.store.engine import Database


class OpeningWriter(Protocol):
    """Writes the notice in the language that somebody asked in."""

    def service_open(self, service: ServiceName, *, language: Language, phone: str | None) -> Letter:
        """Return what tells that appointments about a service can be booked now."""


class PromisedNotice(msgspec.Struct, frozen=True):
    """The payload of a promise; who is told is read when it is sent."""

    id: str
    interest_id: str
    service_id: str
    channel: Channel


class OpeningPromises:
    """Promises notices in the transaction that opens a service. `ways` are the channels that are set up."""

    def __init__(self, ways: Collection[Channel]) -> None:
        self._ways = frozenset(ways)

    async def __call__(self, tx: AsyncConnection, service: Service, *, at: datetime, by: str) -> None:
        """Promise to tell everybody who waits for a service. Whoever was told waits no more."""
        promised = 0
        for interest in await store.waiting(tx, service.id):
            channel = Channel.EMAIL if "@" in interest.contact else Channel.SMS
            lane = f"interest:{interest.id}"
            if channel not in self._ways or await outbox.is_open(tx, lane):
                continue
            notice = PromisedNotice(uuid4().hex, interest.id, service.id, channel)
            await outbox.promise(
                tx,
                party=f"{Kind.MESSAGE}.{channel}",
                lane=lane,
                kind=Kind.SERVICE_OPEN,
                payload=msgspec.json.encode(notice).decode(),
                at=at,
            )
            promised += 1
        if promised:
            await audit.record(
                tx,
                at=at,
                action="service_interest.promised",
                appointment_id=None,
                public={"service_id": service.id, "contacts": promised, "by": by},
            )


class OpeningSending:
    """Keeps the promises of notices."""

    def __init__(
        self, *, db: Database, clock: Clock, senders: Mapping[Channel, Sender], writer: OpeningWriter
    ) -> None:
        self._db = db
        self._clock = clock
        self._senders = senders
        self._writer = writer

    async def send(self, payload: str) -> None:
        """Tell somebody, unless the service has closed again or their contact is gone. Raises `NotKept`."""
        promised = msgspec.json.decode(payload, type=PromisedNotice)
        async with self._db.read() as tx:
            interest = await store.find_interest(tx, promised.interest_id)
            try:
                service = await catalogue.get(tx, promised.service_id)
            except NotFound:
                return
        if interest is None or not service.is_open:
            return
        sender = self._senders.get(promised.channel)
        if sender is None:
            raise NotKept(f"{promised.channel} is not set up")
        name = ServiceName(id=service.id, name_ar=service.name_ar, name_en=service.name_en)
        phone = interest.contact if promised.channel is Channel.SMS else None
        await sender.send(
            OutgoingMessage(
                id=promised.id,
                kind=MessageKind.SERVICE_OPEN,
                channel=promised.channel,
                to=interest.contact,
                language=interest.language,
                letter=self._writer.service_open(name, language=interest.language, phone=phone),
            )
        )
        async with self._db.write() as tx:
            await store.forget_contact(tx, interest.id)
            await audit.record(
                tx,
                at=self._clock(),
                action="service_interest.told",
                appointment_id=None,
                public={"service_id": service.id, "contacts": 1, "by": "outbox"},
            )
