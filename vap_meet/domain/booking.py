"""What a booking may contain, and whether two bookings ask for the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.audit import canonical
from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.appointment import Appointment, BookingRequest

MIN_MINUTES, MAX_MINUTES = 5, 120
MAX_QUESTION_CHARS = 2_000
MAX_REASON_CHARS = 500
MAX_SHORT_CHARS, MAX_CUSTOMER_CHARS, MAX_SERVICE_CHARS = 64, 120, 200
MAX_EMAIL_CHARS = 254
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
PHONE_PATTERN = r"\+[1-9][0-9]{6,14}"  # ITU-T E.164: a plus sign and at most 15 digits
_ID = re.compile(ID_PATTERN)
_E164 = re.compile(PHONE_PATTERN)
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_LENGTH = f"Between {MIN_MINUTES} and {MAX_MINUTES} minutes."


def check_request(appointment_id: str, request: BookingRequest) -> None:
    """Raise `InvalidRequest` naming every faulty field, as the API names it."""
    service, customer = request.service, request.customer
    faults = {
        "id": None
        if _ID.fullmatch(appointment_id)
        else "Letters, digits, dot, dash, underscore; at most 64.",
        "service.id": _line(service.id, MAX_SHORT_CHARS),
        "service.nameAr": _line(service.name_ar, MAX_SERVICE_CHARS),
        "service.nameEn": _line(service.name_en, MAX_SERVICE_CHARS),
        "customer.name": _line(customer.name, MAX_CUSTOMER_CHARS),
        "customer.phone": _phone(customer.phone),
        "customer.email": _email(customer.email),
        "startsAt": _aware(request.starts_at),
        "durationMinutes": _duration(request.duration_minutes),
        "question": _text(request.question, MAX_QUESTION_CHARS),
        "requestNumber": None
        if request.request_number is None
        else _line(request.request_number, MAX_SHORT_CHARS),
    }
    _refuse(faults, "The booking can't be taken as it is.")


def check_time(starts_at: datetime, duration_minutes: int | None) -> None:
    """Raise `InvalidRequest` if an appointment can't move to this time."""
    duration = None if duration_minutes is None else _duration(duration_minutes)
    _refuse({"startsAt": _aware(starts_at), "durationMinutes": duration}, "It can't move to this time.")


def check_ahead(ends_at: datetime, *, now: datetime) -> None:
    """Raise `InvalidRequest` for a time at which nobody can meet any more; one under way is fine."""
    over = "The appointment would be over already." if ends_at <= now else None
    _refuse({"startsAt": over}, "Nobody can meet at this time.")


def check_reason(reason: str) -> None:
    """Raise `InvalidRequest` if a reason is too long or no text; it may be empty."""
    _refuse({"reason": _text(reason, MAX_REASON_CHARS)}, "The reason can't be taken as it is.")


def request_hash(request: BookingRequest) -> str:
    """Return a digest that is the same for, and only for, requests that ask for the same."""
    service, customer = request.service, request.customer
    content = {
        "service": [service.id, service.name_ar, service.name_en],
        "customer": [customer.name, customer.phone, customer.email, customer.language],
        "starts_at": request.starts_at.astimezone(UTC).isoformat(),
        "duration_minutes": request.duration_minutes,
        "mode": request.mode,
        "question": request.question,
        "request_number": request.request_number,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def changed_fields(appointment: Appointment, request: BookingRequest) -> frozenset[str]:
    """Return the names of what the record has otherwise than the request asks."""
    ends_at = request.starts_at + timedelta(minutes=request.duration_minutes)
    pairs = {
        "service": (appointment.service, request.service),
        "customer": (appointment.customer, request.customer),
        "starts_at": (appointment.starts_at, request.starts_at),
        "ends_at": (appointment.ends_at, ends_at),
        "mode": (appointment.mode, request.mode),
        "question": (appointment.question, request.question),
        "request_number": (appointment.request_number, request.request_number),
    }
    return frozenset(name for name, (now, asked) in pairs.items() if now != asked)


def _refuse(faults: dict[str, str | None], sentence: str) -> None:
    fields = {name: fault for name, fault in faults.items() if fault is not None}
    if fields:
        raise InvalidRequest(sentence, fields=fields)


def _line(text: str, most: int) -> str | None:
    """One line of text that says something."""
    if not text.strip() or len(text) > most:
        return f"Between 1 and {most} characters."
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in text):
        return "One line without control characters."
    return None


def _text(text: str | None, most: int) -> str | None:
    if text is None:
        return None
    if len(text) > most:
        return f"At most {most} characters."
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\r\t" for letter in text):
        return "No control characters."
    return None


def _phone(phone: str | None) -> str | None:
    if phone is None or _E164.fullmatch(phone):
        return None
    return "An international number: a plus sign and 7 to 15 digits."


def _email(email: str | None) -> str | None:
    if email is None or (len(email) <= MAX_EMAIL_CHARS and _EMAIL.fullmatch(email) and email.isprintable()):
        return None
    return "An e-mail address."


def _aware(time: datetime) -> str | None:
    if time.utcoffset() is None:
        return "A time needs its offset from UTC."
    return None if _FIRST_YEAR <= time.year <= _LAST_YEAR else "A year of this century."


def _duration(minutes: int) -> str | None:
    return None if MIN_MINUTES <= minutes <= MAX_MINUTES else _LENGTH
