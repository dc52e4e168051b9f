"""The form in which a customer says who they are and what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain.access import NOTICE_VERSION
from vap_meet.domain.appointment import Customer, Language, Mode
from vap_meet.domain.availability import Need
from vap_meet.domain.booking import MAX_QUESTION_CHARS
from vap_meet.domain.contact import read_contact, read_phone
from vap_meet.services.availability import SlotRequest
from vap_meet.services.reserving import Heard, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.domain.booking_invitations import BookingInvitation

MAX_NAME_CHARS = 120
MAX_NUMBER_CHARS = 64
_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingForm:
    """What was typed, as it was typed. `id` is made with the form, so that sending it twice books once."""

    service: str = ""
    start: str = ""
    need: str = ""
    id: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""
    mode: str = ""
    question: str = ""
    request_number: str = ""
    earlier: str = ""
    terms: str = ""
    invitation: str = ""

    @classmethod
    def read(cls, form: Mapping[str, object]) -> BookingForm:
        """Return the form; what is missing or no text is empty."""
        values: dict[str, str] = {}
        for field in fields(cls):
            value = form.get(field.name)
            values[field.name] = value.replace("\0", "").strip() if isinstance(value, str) else ""
        if not _ID.fullmatch(values["id"]):
            values["id"] = str(uuid4())
        values["question"] = values["question"].replace("\r\n", "\n")
        return cls(**values)

    @property
    def starts_at(self) -> datetime | None:
        """Return the slot, None if none is named."""
        return read_start(self.start)

    @property
    def need_or_none(self) -> Need | None:
        """Return what is needed to take part."""
        return read_need(self.need)

    def faults(self) -> tuple[str, ...]:
        """Return the names of the fields that can't be taken, in their order on the page."""
        checks = {
            "name": 0 < len(self.name) <= MAX_NAME_CHARS and self.name.isprintable(),
            "phone": read_phone(self.phone) is not None,
            "email": not self.email or ("@" in self.email and read_contact(self.email) is not None),
            "question": len(self.question) <= MAX_QUESTION_CHARS,
            "request_number": len(self.request_number) <= MAX_NUMBER_CHARS
            and self.request_number.isprintable(),
            "mode": self.mode in set(Mode),
            "terms": self.terms == "1",
        }
        return tuple(name for name, good in checks.items() if not good)

    def filled(self, invitation: BookingInvitation | None) -> BookingForm:
        """Return the form with what an invitation knows already; its phone and email are on no page."""
        if invitation is None:
            return self
        customer = invitation.customer
        return replace(
            self,
            service=invitation.service.id,
            phone=customer.phone or self.phone,
            email=customer.email or self.email,
            language=self.language or customer.language,
            request_number=invitation.request_number or self.request_number,
        )

    def request(
        self, *, language: Language, phone_proved: bool = False, heard_by: str | None = None
    ) -> SlotRequest:
        """Return the booking, once `faults` has found none; `language` is for who chose none.

        `heard_by` is the official who typed it for a caller and read the notice out.
        """
        starts_at = self.starts_at
        assert starts_at is not None
        chosen = Language(self.language) if self.language in set(Language) else language
        return SlotRequest(
            service_id=self.service,
            customer=Customer(
                name=self.name,
                phone=read_phone(self.phone),
                email=(read_contact(self.email) or None) if self.email else None,
                language=chosen,
            ),
            starts_at=starts_at,
            mode=Mode(self.mode),
            question=self.question or None,
            request_number=self.request_number or None,
            wish=Wish(
                need=self.need_or_none,
                wants_earlier=self.earlier == "1",
                terms_version=None if heard_by else NOTICE_VERSION,
                phone_proved=phone_proved,
                heard=Heard(heard_by, NOTICE_VERSION) if heard_by else None,
            ),
        )

    def hidden(self, *without: str) -> dict[str, str]:
        """Return what a later form carries on."""
        return {
            field.name: value
            for field in fields(self)
            if field.name not in without and (value := getattr(self, field.name))
        }


def read_start(text: str) -> datetime | None:
    """Return the moment that a slot's address names, in UTC; None if it names none."""
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def start_text(at: datetime) -> str:
    """Return a moment as a slot's address names it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def read_need(text: str) -> Need | None:
    """Return a need by its name, None for any other word."""
    return Need(text) if text in set(Need) else None
