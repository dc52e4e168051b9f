"""Call-backs: until when somebody is called, after what, and how it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.call_backs import WITHIN_OPEN, Asker, CallBack, CallBackState, Result, check_note, due_at
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.opening import Timetable, default_week

DUBAI = ZoneInfo("Asia/Dubai")
HOURS = Timetable(default_week())  # Monday to Thursday 7:30 to 15:30, Friday to 12:00


def dubai(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=DUBAI)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (dubai(28, 9), dubai(28, 11)),  # a Monday morning
        (dubai(28, 14, 30), dubai(29, 8, 30)),  # an hour today, an hour tomorrow
        (dubai(28, 20), dubai(29, 9, 30)),  # in the evening
        (dubai(25, 11), dubai(28, 8, 30)),  # Friday before noon: the weekend lies between
        (dubai(26, 10), dubai(28, 9, 30)),  # on Saturday
    ],
)
def test_the_deadline_counts_opening_time_only(asked, due):
    assert due_at(asked, HOURS, DUBAI) == due


def test_without_any_hours_the_clock_alone_counts():
    asked = dubai(28, 9)
    assert due_at(asked, Timetable(()), DUBAI) == asked + WITHIN_OPEN


@given(st.integers(0, 365 * 24 * 60))
def test_nobody_is_promised_a_call_sooner_than_it_takes_and_nobody_waits_for_weeks(minutes):
    asked = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = due_at(asked, HOURS, DUBAI)
    assert WITHIN_OPEN - timedelta(minutes=5) <= due - asked <= timedelta(days=4)


def test_it_stands_as_its_result_says_and_is_overdue_until_there_is_one():
    call_back = CallBack(
        appointment_id="a-1",
        phone="+971500000001",
        asked_by=Asker.CUSTOMER,
        asked_at=dubai(28, 9),
        due_at=dubai(28, 11),
    )
    assert call_back.state(dubai(28, 11)) is CallBackState.OPEN
    assert call_back.state(dubai(28, 11, 1)) is CallBackState.OVERDUE
    for result in Result:
        closed = CallBack(**{**{f: getattr(call_back, f) for f in call_back.__slots__}, "result": result})
        assert closed.state(dubai(28, 12)) == result.value


@pytest.mark.parametrize("note", ["x" * 501, "a\0b"])
def test_a_note_that_can_not_be_kept_is_refused(note):
    with pytest.raises(InvalidRequest):
        check_note(note)
