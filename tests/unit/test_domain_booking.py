from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.record import NOON, a_booking
from vap_meet.domain.appointment import Customer, Language, Mode, ServiceName
from vap_meet.domain.booking import check_reason, check_request, check_time, request_hash
from vap_meet.domain.errors import InvalidRequest

BOOKING = a_booking()


def test_the_digest_is_the_same_for_the_same_request():
    dubai = replace(BOOKING, starts_at=BOOKING.starts_at.astimezone(timezone(timedelta(hours=4))))
    assert request_hash(dubai) == request_hash(BOOKING)


@pytest.mark.parametrize(
    "changes",
    [
        {"service": ServiceName(id="other", name_ar="تصريح بناء", name_en="Building permit")},
        {"customer": replace(BOOKING.customer, name="متعامل 2")},
        {"customer": replace(BOOKING.customer, phone=None)},
        {"customer": replace(BOOKING.customer, email=None)},
        {"customer": replace(BOOKING.customer, language=Language.EN)},
        {"starts_at": BOOKING.starts_at + timedelta(minutes=1)},
        {"duration_minutes": 16},
        {"mode": Mode.SOUND},
        {"question": None},
        {"request_number": None},
    ],
)
def test_the_digest_is_another_for_any_other_content(changes):
    assert request_hash(replace(BOOKING, **changes)) != request_hash(BOOKING)


def test_a_booking_with_the_least_content_is_fine():
    check_request("a-1.b_2", a_booking(customer=Customer(name="1"), question=None, request_number=None))


@given(st.text(max_size=130), st.text(max_size=30), st.text(max_size=30), st.text(max_size=70))
def test_any_text_is_taken_or_refused_and_never_anything_else(name, phone, email, appointment_id):
    booking = replace(BOOKING, customer=Customer(name=name, phone=phone, email=email))
    refused = {}
    try:
        check_request(appointment_id, booking)
    except InvalidRequest as refusal:
        refused = refusal.fields
    assert set(refused) <= {"id", "customer.name", "customer.phone", "customer.email"}
    if not refused:
        assert len(name) <= 120
        assert phone.isascii()
        assert "\n" not in email
        request_hash(booking)


def test_a_move_needs_a_possible_length():
    check_time(NOON, None)
    with pytest.raises(InvalidRequest) as refusal:
        check_time(NOON, 0)
    assert list(refusal.value.fields) == ["durationMinutes"]


def test_a_reason_may_be_missing_but_not_endless():
    check_reason("")
    with pytest.raises(InvalidRequest):
        check_reason("x" * 501)
