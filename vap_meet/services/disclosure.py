"""What staff may see of an appointment's people: names of staff, masked contacts, the log of who looked.

named           the staff that a record names
entries         the audit entries about an appointment
given_to        the officials whom an appointment was taken from and given to
reveal          contact details in full, for a reason that is audited in the same transaction
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vap_meet.domain.errors import InvalidRequest
from vap_meet.store import appointments, assigning, audit, guests, sessions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

MIN_REASON_CHARS = 5
MAX_REASON_CHARS = 300
_SHOWN_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a customer. `revealed` is false while most of it is masked."""

    phone: str | None
    email: str | None
    revealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """An audit entry as people read it. `public` holds nobody's data; `erased` that there was some."""

    at: datetime
    action: str
    public: dict[str, Any]
    seal_no: int | None
    erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somebody's place in a pool. Without an account they have no name and are known by their number."""

    number: int
    name_ar: str | None
    name_en: str | None


async def named(db: Database, participants: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return Arabic and English names of those participants who are staff or guests, by participant id."""
    async with db.read() as tx:
        invited = await guests.names(tx, participants)
        return {one: (name, name) for one, name in invited.items()} | await sessions.staff_names(
            tx, participants
        )


async def entries(db: Database, appointment_id: str) -> tuple[LoggedEntry, ...]:
    """Return every audit entry about an appointment, in the order of writing."""
    async with db.read() as tx:
        stored = await audit.of_appointment(tx, appointment_id)
    return tuple(
        LoggedEntry(
            at=entry.at,
            action=entry.action,
            public=json.loads(entry.public)["public"],
            seal_no=entry.seal_no,
            erased=entry.salt is None,
        )
        for entry in stored
    )


async def given_to(db: Database, logged: Iterable[LoggedEntry]) -> dict[int, Place]:
    """Return whose places in a pool entries name, by the number that they name."""
    changes = [entry.public for entry in logged if entry.action == "appointment.reassigned"]
    places = {place for public in changes for place in (public.get("from"), public.get("to"))}
    async with db.read() as tx:
        found = await assigning.officials(tx, [place for place in places if isinstance(place, int)])
    return {
        unit_id: Place(number=one.number, name_ar=one.name_ar, name_en=one.name_en)
        for unit_id, one in found.items()
    }


async def reveal(db: Database, clock: Clock, appointment_id: str, *, by: str, reason: str) -> Contact:
    """Return the contact details in full, once the reason is in the audit log.

    Raises `NotFound`, `InvalidRequest` without a reason, `Unavailable`: then nothing is shown.
    """
    said = reason_given(reason)
    async with db.write() as tx:
        customer = (await appointments.get(tx, appointment_id)).customer
        await audit.record(
            tx,
            at=clock(),
            action="contact.revealed",
            appointment_id=appointment_id,
            public={"by": by, "fields": ["phone", "email"]},
            personal={"reason": said},  # a reason in free words may name somebody
        )
    return Contact(phone=customer.phone, email=customer.email, revealed=True)


def reason_given(reason: str) -> str:
    """Return a reason as it is kept. Raises `InvalidRequest` if it says too little or too much."""
    said = " ".join(reason.split())
    if not MIN_REASON_CHARS <= len(said) <= MAX_REASON_CHARS:
        raise InvalidRequest(
            "A reason is needed.",
            fields={"reason": f"Between {MIN_REASON_CHARS} and {MAX_REASON_CHARS} characters."},
        )
    return said


def masked(*, phone: str | None, email: str | None) -> Contact:
    """Return contact details with most of each hidden; their length says nothing either."""
    return Contact(phone=phone and _masked_phone(phone), email=email and _masked_email(email))


def _masked_phone(phone: str) -> str:
    return "••• ••• " + phone[-_SHOWN_DIGITS:]


def _masked_email(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:1]}•••@{host[:1]}•••"
