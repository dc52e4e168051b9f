"""Choosing a slot: days and times are those of the page, wherever the officials are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from vap_meet.domain.appointment import ServiceName
from vap_meet.services.availability import Slots
from vap_meet.web.slot_choice import Choice

DUBAI = ZoneInfo("Asia/Dubai")


def slots(zone, *starts):
    return Slots(
        service=ServiceName(id="x", name_ar="x", name_en="x"),
        minutes=15,
        zone=ZoneInfo(zone),
        first=date(2026, 9, 28),
        last=date(2026, 10, 1),
        last_bookable=date(2026, 10, 1),
        starts=starts,
    )


def test_a_time_in_another_zone_stands_under_the_day_and_hour_that_the_page_shows():
    late = datetime(
        2026, 9, 28, 21, 30, tzinfo=UTC
    )  # half past eleven at night in Berlin, half past one in Dubai
    noon = datetime(2026, 9, 29, 8, 0, tzinfo=UTC)  # ten in the morning in Berlin
    choice = Choice.of(slots("Europe/Berlin", late, noon), "", zone=DUBAI, every=True)
    assert choice.days == (date(2026, 9, 29),)
    assert [start.hour for start in choice.morning] == [1]
    assert [start.hour for start in choice.afternoon] == [12]


def test_the_wanted_day_is_shown_or_the_first_that_has_times():
    starts = [datetime(2026, 9, day, 6, 0, tzinfo=UTC) for day in (28, 29)]
    for wanted, shown in (("2026-09-29", 29), ("2026-09-30", 28), ("x", 28)):
        choice = Choice.of(slots("Asia/Dubai", *starts), wanted, zone=DUBAI, every=True)
        assert (choice.day, len(choice.morning)) == (date(2026, 9, shown), 1)


def test_without_any_time_there_is_no_day():
    assert Choice.of(slots("Asia/Dubai"), "", zone=DUBAI, every=True).days == ()
