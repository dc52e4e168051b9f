from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.opening import (
    Opening,
    Period,
    Timetable,
    both,
    check_period,
    check_week,
    day_ticks,
    default_week,
    local_moment,
    moment_of,
    open_ticks,
)
from vap_meet.domain.slot_errors import TimeDoubled, TimeMissing

DUBAI = ZoneInfo("Asia/Dubai")
BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clock jumps by half an hour
MONDAY, FRIDAY, SUNDAY = date(2026, 9, 28), date(2026, 10, 2), date(2026, 3, 29)
WEEK = default_week()


def every_day(opens, closes):
    return Timetable(tuple(Opening(day, opens, closes) for day in range(7)))


def hours(timetable, zone, day):
    return [
        (moment_of(ticks.start).strftime("%d %H:%M"), moment_of(ticks.stop).strftime("%d %H:%M"))
        for ticks in open_ticks(timetable, zone, day)
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (MONDAY, [("28 03:30", "28 11:30")]),
        (FRIDAY, [("02 03:30", "02 08:00")]),
        (date(2026, 10, 3), []),
    ],
)
def test_the_usual_week_in_dubai_has_half_a_friday_and_no_weekend(day, expected):
    assert hours(Timetable(WEEK), DUBAI, day) == expected


RAMADAN = Period(date(2026, 2, 18), date(2026, 3, 19), default_week(9 * 60, 14 * 60 + 30))
HOLIDAY = Period(date(2026, 2, 24), date(2026, 2, 24), ())


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 17), [("17 03:30", "17 11:30")]),
        (date(2026, 2, 18), [("18 05:00", "18 10:30")]),
        (date(2026, 2, 24), []),
        (date(2026, 2, 20), [("20 05:00", "20 08:00")]),
        (date(2026, 3, 19), [("19 05:00", "19 10:30")]),
        (date(2026, 3, 20), [("20 03:30", "20 08:00")]),
    ],
)
def test_exceptions_hold_on_their_days_and_the_shortest_counts(day, expected):
    assert hours(Timetable(WEEK, (RAMADAN, HOLIDAY)), DUBAI, day) == expected
    assert hours(Timetable(WEEK, (HOLIDAY, RAMADAN)), DUBAI, day) == expected


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        (60, 240, [("29 00:00", "29 02:00")]),  # 02:00 to 03:00 is missing: two hours of three are left
        (150, 240, [("29 01:00", "29 02:00")]),  # opens in the missing hour: when the clock jumps
        (60, 150, [("29 00:00", "29 01:00")]),  # closes in it: when the clock jumps
        (125, 175, []),  # lies within it
    ],
)
def test_hours_around_the_missing_hour(opens, closes, expected):
    assert hours(every_day(opens, closes), BERLIN, SUNDAY) == expected


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        (60, 240, [("24 23:00", "25 03:00")]),  # 02:00 to 03:00 comes twice: four hours
        (150, 240, [("25 00:30", "25 03:00")]),  # opens the first time
        (60, 150, [("24 23:00", "25 01:30")]),  # closes the second time
    ],
)
def test_hours_around_the_doubled_hour(opens, closes, expected):
    assert hours(every_day(opens, closes), BERLIN, date(2026, 10, 25)) == expected


@pytest.mark.parametrize(
    ("zone", "day", "ticks"),
    [
        (DUBAI, MONDAY, 288),
        (BERLIN, SUNDAY, 276),
        (BERLIN, date(2026, 10, 25), 300),
        (LORD_HOWE, date(2026, 10, 4), 282),
        (LORD_HOWE, date(2026, 4, 5), 294),
    ],
)
def test_a_day_has_as_many_ticks_as_its_clock_shows(zone, day, ticks):
    assert len(day_ticks(day, zone)) == ticks


def test_midnight_closes_a_day():
    assert hours(every_day(22 * 60, 24 * 60), DUBAI, MONDAY) == [("28 18:00", "28 20:00")]


def test_a_wall_clock_time_means_a_moment_unless_it_is_missing_or_comes_twice():
    assert local_moment(datetime.fromisoformat("2026-09-28T12:00"), DUBAI) == datetime(
        2026, 9, 28, 8, tzinfo=UTC
    )
    with pytest.raises(TimeMissing):
        local_moment(datetime.fromisoformat("2026-03-29T02:30"), BERLIN)
    with pytest.raises(TimeDoubled):
        local_moment(datetime.fromisoformat("2026-10-25T02:30"), BERLIN)


def test_hours_that_two_share_are_those_in_both():
    assert both((range(10), range(20, 30)), (range(5, 25),)) == (range(5, 10), range(20, 25))
    assert both((range(5),), (range(5, 9),)) == ()


@pytest.mark.parametrize(
    "openings",
    [
        [Opening(7, 0, 60)],
        [Opening(0, 60, 60)],
        [Opening(0, 60, 1445)],
        [Opening(0, 61, 120)],
        [Opening(0, 0, 120), Opening(0, 115, 180)],
    ],
)
def test_impossible_hours_are_refused_by_name(openings):
    with pytest.raises(InvalidRequest) as refused:
        check_week(openings)
    assert "week" in refused.value.fields


def test_a_week_is_put_in_order():
    assert check_week([Opening(1, 0, 60), Opening(0, 60, 120), Opening(0, 0, 60)]) == (
        Opening(0, 0, 60),
        Opening(0, 60, 120),
        Opening(1, 0, 60),
    )


@pytest.mark.parametrize("last", [date(2026, 9, 27), date(2028, 9, 28)])
def test_an_exception_that_ends_before_it_begins_or_never_is_refused(last):
    with pytest.raises(InvalidRequest):
        check_period(MONDAY, last)
    check_period(MONDAY, MONDAY)
