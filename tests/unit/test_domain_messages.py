"""Messages: when each is due, and when it is no longer worth sending."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.support.record import NOON
from vap_meet.domain.appointment import (
    OPEN_STATES,
    Appointment,
    AppointmentState,
    Customer,
    Mode,
    ServiceName,
)
from vap_meet.domain.messages import (
    AFTERWARDS,
    REMINDERS,
    Channel,
    MessageKind,
    PromisedMessage,
    channels_to,
    last_digits,
    message_lane,
    one_line,
    read_message,
    reminders_of,
    still_worth_sending,
)

START, END = NOON + timedelta(days=2), NOON + timedelta(days=2, minutes=15)
RECORD = Appointment(
    id="a-1",
    reference="VM-1",
    service=ServiceName(id="s", name_ar="خدمة", name_en="Service"),
    customer=Customer(name="x", phone="+971500000123", email="customer1@example.org"),
    starts_at=START,
    ends_at=END,
    mode=Mode.VIDEO,
    question=None,
    request_number=None,
    state=AppointmentState.BOOKED,
    schedule_version=1,
    revision=1,
    cancel_reason=None,
    created_at=NOON,
    updated_at=NOON,
)
SECOND = timedelta(seconds=1)
OF_THE_TIME = sorted(set(MessageKind) - AFTERWARDS - {MessageKind.CANCELLED, MessageKind.CODE})


def message(kind, *, version=1, channel=Channel.EMAIL):
    return PromisedMessage(id="1", kind=kind, channel=channel, appointment_id="a-1", schedule_version=version)


def test_a_customer_is_reached_by_what_is_set_up_and_known():
    both = RECORD.customer
    assert channels_to(both, set(Channel)) == (Channel.EMAIL, Channel.SMS)
    assert channels_to(both, {Channel.SMS}) == (Channel.SMS,)
    assert channels_to(Customer(name="x", email="a@example.org"), {Channel.SMS}) == ()
    assert channels_to(Customer(name="x"), set(Channel)) == ()


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (timedelta(days=2), {MessageKind.DAY_BEFORE, MessageKind.HOUR_BEFORE}),
        (timedelta(days=1), {MessageKind.HOUR_BEFORE}),
        (timedelta(hours=1), set()),
        (-SECOND, set()),
    ],
)
def test_only_reminders_that_are_ahead_are_due(before, left):
    due = dict(reminders_of(RECORD, now=START - before))
    assert set(due) == left
    assert all(at == START - REMINDERS[kind] for kind, at in due.items())


@pytest.mark.parametrize(
    ("kind", "until"),
    [
        (MessageKind.DAY_BEFORE, START - timedelta(hours=1)),
        (MessageKind.HOUR_BEFORE, START),
        (MessageKind.CONFIRMATION, END),
        (MessageKind.MOVED, END),
    ],
)
def test_a_message_is_dropped_from_the_moment_at_which_it_says_nothing_new(kind, until):
    assert still_worth_sending(message(kind), RECORD, now=until - SECOND)
    assert not still_worth_sending(message(kind), RECORD, now=until)


def test_that_the_official_is_ready_stays_true_while_the_appointment_is_open():
    assert still_worth_sending(message(MessageKind.READY), RECORD, now=END + timedelta(hours=1))


@pytest.mark.parametrize("state", list(AppointmentState))
@pytest.mark.parametrize("kind", OF_THE_TIME)
def test_what_is_about_the_meeting_is_told_while_it_may_come(kind, state):
    assert still_worth_sending(message(kind), replace(RECORD, state=state), now=NOON) is (
        state in OPEN_STATES
    )


@pytest.mark.parametrize("kind", [*OF_THE_TIME, MessageKind.CANCELLED])
def test_what_is_about_another_time_is_dropped(kind):
    state = AppointmentState.CANCELLED if kind is MessageKind.CANCELLED else AppointmentState.BOOKED
    record = replace(RECORD, schedule_version=2, state=state)
    assert not still_worth_sending(message(kind, version=1), record, now=NOON)
    assert still_worth_sending(message(kind, version=2), record, now=NOON)


@pytest.mark.parametrize("kind", sorted(AFTERWARDS))
def test_what_is_for_afterwards_is_told_whatever_has_become_of_the_time(kind):
    record = replace(RECORD, schedule_version=3, state=AppointmentState.COMPLETED)
    assert still_worth_sending(message(kind), record, now=END + timedelta(days=2))


def test_what_is_for_later_holds_nothing_back():
    at_once = message_lane(message(MessageKind.CONFIRMATION))
    assert message_lane(message(MessageKind.MOVED, version=2)) == at_once
    assert message_lane(message(MessageKind.MOVED, channel=Channel.SMS)) != at_once
    later = [message_lane(message(kind)) for kind in (*REMINDERS, MessageKind.READY, MessageKind.SUMMONED)]
    assert len({at_once, *later}) == 5


def test_a_promise_is_read_back_as_it_was_written():
    promised = message(MessageKind.MOVED)
    assert read_message(msgspec.json.encode(promised).decode()) == promised


@pytest.mark.parametrize(
    ("phone", "shown"), [("+971500000123", "123"), ("123456", None), ("", None), (None, None)]
)
def test_the_end_of_a_number_is_shown_if_the_rest_stays_hidden(phone, shown):
    assert last_digits(phone) == shown


def test_a_header_gets_one_line():
    assert one_line("a\r\nBcc: b\x00\tc\u2028d ") == "a Bcc: b c d"
