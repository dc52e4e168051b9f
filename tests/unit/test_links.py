"""Link codes, and what a link is worth at a moment."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.access import (
    LinkStatus,
    OpeningHours,
    link_status,
    may_enter,
    refusal,
    staff_id_of,
    staff_participant,
)
from vap_meet.domain.appointment import Appointment, AppointmentState, Customer, Mode, ServiceName
from vap_meet.domain.errors import DomainError, LinkCancelled, LinkMoved, LinkOver, TooEarly
from vap_meet.domain.links import code_sha256, derive_code, read_code

KEY = bytes(range(32))
PARTS = {"key_id": "k1", "appointment_id": "a-1", "participant_id": "customer", "schedule_version": 1}
START = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)
HOURS = OpeningHours(opens_before=timedelta(minutes=60), closes_after=timedelta(minutes=240))
BOOKED = Appointment(
    id="a-1",
    reference="R-1",
    service=ServiceName(id="s", name_ar="خدمة", name_en="Service"),
    customer=Customer(name="Customer 1"),
    starts_at=START,
    ends_at=START + timedelta(minutes=15),
    mode=Mode.VIDEO,
    question=None,
    request_number=None,
    state=AppointmentState.BOOKED,
    schedule_version=2,
    revision=1,
    cancel_reason=None,
    created_at=START,
    updated_at=START,
)


def test_code_is_the_first_128_bits_of_the_hmac_over_framed_parts():
    message = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (b"vap-meet link v1", b"a-1", b"customer", b"1", b"k1")
    )
    digest = hmac.new(KEY, message, hashlib.sha256).digest()[:16]
    assert derive_code(KEY, **PARTS) == b32encode(digest).decode().rstrip("=").lower()


def test_code_is_the_same_each_time_and_fits_a_message():
    code = derive_code(KEY, **PARTS)
    assert code == derive_code(KEY, **PARTS)
    assert len(code) == 26
    assert read_code(code) == code


@pytest.mark.parametrize(
    "change",
    [
        {"key_id": "k2"},
        {"appointment_id": "a-2"},
        {"participant_id": "staff.1"},
        {"schedule_version": 2},
    ],
)
def test_every_part_changes_the_code(change):
    assert derive_code(KEY, **{**PARTS, **change}) != derive_code(KEY, **PARTS)


def test_another_key_gives_another_code():
    assert derive_code(bytes(32), **PARTS) != derive_code(KEY, **PARTS)


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))
def test_moving_the_border_between_two_parts_changes_the_code(left, right):
    def code(appointment_id, participant_id):
        return derive_code(
            KEY,
            key_id="k",
            appointment_id=appointment_id,
            participant_id=participant_id,
            schedule_version=1,
        )

    assert code(left + right[0], right[1:]) != code(left, right)


def test_only_the_hash_of_a_code_is_for_storing():
    code = derive_code(KEY, **PARTS)
    assert code_sha256(code) == hashlib.sha256(code.encode()).hexdigest()
    assert code not in code_sha256(code)


def test_code_is_read_whatever_its_case():
    code = derive_code(KEY, **PARTS)
    assert read_code(f" {code.upper()} ") == code


@pytest.mark.parametrize(
    "text", ["", "a" * 25, "a" * 27, "a" * 25 + "1", "../../etc/passwd", "أ" * 26, "\x00" * 26]
)
def test_what_is_no_code_is_read_as_none(text):
    assert read_code(text) is None


@given(st.text(max_size=60))
def test_reading_a_code_never_raises(text):
    assert read_code(text) is None or len(read_code(text)) == 26


@pytest.mark.parametrize(
    ("state", "version", "minutes", "expected"),
    [
        (AppointmentState.BOOKED, 2, -61, LinkStatus.EARLY),
        (AppointmentState.BOOKED, 2, -60, LinkStatus.OPEN),
        (AppointmentState.WAITING, 2, 5, LinkStatus.OPEN),
        (AppointmentState.IN_SESSION, 2, 5, LinkStatus.OPEN),
        (AppointmentState.BOOKED, 2, 15 + 240, LinkStatus.OPEN),
        (AppointmentState.BOOKED, 2, 15 + 241, LinkStatus.OVER),
        (AppointmentState.WAITING, 2, 15 + 241, LinkStatus.OVER),
        (AppointmentState.IN_SESSION, 2, 15 + 241, LinkStatus.OPEN),  # the call runs on: nobody is cut off
        (AppointmentState.IN_SESSION, 2, 15 + 481, LinkStatus.OVER),
        (AppointmentState.COMPLETED, 2, 5, LinkStatus.OVER),
        (AppointmentState.NO_SHOW, 2, 5, LinkStatus.OVER),
        (AppointmentState.TECHNICAL_FAILURE, 2, 5, LinkStatus.OVER),
        (AppointmentState.BOOKED, 1, 5, LinkStatus.MOVED),
        (AppointmentState.COMPLETED, 1, 5, LinkStatus.MOVED),
        (AppointmentState.BOOKED, 3, 5, LinkStatus.MOVED),
        (AppointmentState.CANCELLED, 2, 5, LinkStatus.CANCELLED),
        (AppointmentState.CANCELLED, 1, -61, LinkStatus.CANCELLED),
    ],
)
def test_status_comes_from_the_record_and_the_clock(state, version, minutes, expected):
    status = link_status(
        replace(BOOKED, state=state),
        schedule_version=version,
        now=START + timedelta(minutes=minutes),
        hours=HOURS,
    )
    assert status is expected


@pytest.mark.parametrize(
    ("state", "status", "minutes", "lets_in"),
    [
        (AppointmentState.BOOKED, LinkStatus.EARLY, -120, True),
        (AppointmentState.BOOKED, LinkStatus.OPEN, 0, True),
        (AppointmentState.COMPLETED, LinkStatus.OVER, 20, True),
        (AppointmentState.COMPLETED, LinkStatus.OVER, 15 + 241, False),
        (AppointmentState.NO_SHOW, LinkStatus.OVER, 20, False),
        (AppointmentState.BOOKED, LinkStatus.OVER, 15 + 241, False),
        (AppointmentState.COMPLETED, LinkStatus.MOVED, 20, False),
        (AppointmentState.CANCELLED, LinkStatus.CANCELLED, 20, False),
    ],
)
def test_a_link_lets_in_to_wait_and_then_to_read_the_answer(state, status, minutes, lets_in):
    now = START + timedelta(minutes=minutes)
    assert may_enter(replace(BOOKED, state=state), status, now=now, hours=HOURS) is lets_in


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (LinkStatus.EARLY, TooEarly),
        (LinkStatus.MOVED, LinkMoved),
        (LinkStatus.CANCELLED, LinkCancelled),
        (LinkStatus.OVER, LinkOver),
    ],
)
def test_every_status_but_open_has_its_refusal(status, kind):
    error = refusal(status)
    assert isinstance(error, DomainError)
    assert type(error) is kind


def test_a_staff_members_participant_id_leads_back_to_them():
    assert staff_id_of(staff_participant("7")) == "7"
    assert staff_id_of("customer") is None
