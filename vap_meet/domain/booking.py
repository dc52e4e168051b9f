"""What a booking may contain, and whether two bookings ask for the same."""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.audit import canonical
from vap_meet.domain.fields import email_fault, id_fault, line_fault, phone_fault, refuse, text_fault

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.appointment import Appointment, BookingRequest

MIN_MINUTES, MAX_MINUTES = 5, 120
MAX_QUESTION_CHARS = 2_000
MAX_REASON_CHARS = 500
MAX_SHORT_CHARS, MAX_CUSTOMER_CHARS, MAX_SERVICE_CHARS = 64, 120, 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_LENGTH = f"Between {MIN_MINUTES} and {MAX_MINUTES} minutes."


def check_request(appointment_id: str, request: BookingRequest) -> None:
    """Raise `InvalidRequest` naming every faulty field, as the API names it."""
    service, customer = request.service, request.customer
    faults = {
        "id": id_fault(appointment_id),
        "service.id": line_fault(service.id, MAX_SHORT_CHARS),
        "service.nameAr": line_fault(service.name_ar, MAX_SERVICE_CHARS),
        "service.nameEn": line_fault(service.name_en, MAX_SERVICE_CHARS),
        "customer.name": line_fault(customer.name, MAX_CUSTOMER_CHARS),
        "customer.phone": phone_fault(customer.phone),
        "customer.email": email_fault(customer.email),
        "startsAt": _aware(request.starts_at),
        "durationMinutes": _duration(request.duration_minutes),
        "question": text_fault(request.question, MAX_QUESTION_CHARS),
        "requestNumber": None
        if request.request_number is None
        else line_fault(request.request_number, MAX_SHORT_CHARS),
    }
    refuse(faults, "The booking can't be taken as it is.")


def check_time(starts_at: datetime, duration_minutes: int | None) -> None:
    """Raise `InvalidRequest` if an appointment can't move to this time."""
    duration = None if duration_minutes is None else _duration(duration_minutes)
    refuse({"startsAt": _aware(starts_at), "durationMinutes": duration}, "It can't move to this time.")


def check_ahead(ends_at: datetime, *, now: datetime) -> None:
    """Raise `InvalidRequest` for a time at which nobody can meet any more; one under way is fine."""
    over = "The appointment would be over already." if ends_at <= now else None
    refuse({"startsAt": over}, "Nobody can meet at this time.")


def check_reason(reason: str) -> None:
    """Raise `InvalidRequest` if a reason is too long or no text; it may be empty."""
    refuse({"reason": text_fault(reason, MAX_REASON_CHARS)}, "The reason can't be taken as it is.")


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


def _aware(time: datetime) -> str | None:
    if time.utcoffset() is None:
        return "A time needs its offset from UTC."
    return None if _FIRST_YEAR <= time.year <= _LAST_YEAR else "A year of this century."


def _duration(minutes: int) -> str | None:
    return None if MIN_MINUTES <= minutes <= MAX_MINUTES else _LENGTH
