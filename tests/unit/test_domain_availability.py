from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.availability import Offer, Pool, Runs, Unit, candidates, check_start, slots
from vap_meet.domain.errors import DomainError
from vap_meet.domain.opening import Opening, Period, Timetable, moment_of, tick_of

DUBAI = ZoneInfo("Asia/Dubai")
MONDAY = date(2026, 9, 28)
NOW = datetime(2026, 9, 27, 12, 0, tzinfo=UTC)
TEN_TO_NOON = Timetable(tuple(Opening(day, 600, 720) for day in range(5)))


def a_pool(units=1, **changes):
    fields = {
        "id": "general",
        "name_ar": "عام",
        "name_en": "General",
        "zone": DUBAI,
        "timetable": TEN_TO_NOON,
        "units": tuple(Unit(number, number - 1) for number in range(1, units + 1)),
    }
    return Pool(**(fields | changes))


def an_offer(pool=None, **changes):
    fields = {"service_id": "trees", "pool": pool or a_pool(), "duration_minutes": 15}
    return Offer(**(fields | changes))


def local(moments):
    return [moment.astimezone(DUBAI).strftime("%H:%M") for moment in moments]


def at(hour, minute=0, day=MONDAY):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=DUBAI)


def taken_at(hour, minute=0, *, length=4, unit=1):
    return {unit: [Runs([tick_of(at(hour, minute))], length)]}


def of_monday(offer, taken=None, now=NOW):
    return local(slots(offer, MONDAY, MONDAY, taken or {}, now=now))


def test_one_official_starts_again_after_each_appointment_and_its_buffer():
    assert of_monday(an_offer()) == ["10:00", "10:20", "10:40", "11:00", "11:20", "11:40"]


def test_several_officials_start_five_minutes_apart():
    starts = of_monday(an_offer(a_pool(units=3)))
    assert starts[:6] == ["10:00", "10:05", "10:10", "10:20", "10:25", "10:30"]
    assert starts[-1] == "11:45"


def test_what_is_taken_is_not_offered_unless_another_official_is_free():
    assert "10:20" not in of_monday(an_offer(), taken_at(10, 20))
    four = an_offer(a_pool(units=5))  # the first and the fifth start at the same times
    assert "10:20" in of_monday(four, taken_at(10, 20))
    assert "10:20" not in of_monday(four, taken_at(10, 20) | taken_at(10, 20, unit=5))


def test_what_is_taken_blocks_every_start_that_would_run_into_it():
    assert of_monday(an_offer(), taken_at(10, 35, length=2)) == ["10:00", "11:00", "11:20", "11:40"]


def test_the_buffer_may_reach_beyond_closing_the_appointment_may_not():
    assert of_monday(an_offer(duration_minutes=20, pool=a_pool(buffer_minutes=20)))[-1] == "11:20"
    assert of_monday(an_offer(duration_minutes=25))[-1] == "11:30"


def test_lead_time_and_horizon_bound_what_is_offered():
    monday_at_ten = at(10).astimezone(UTC)
    assert of_monday(an_offer(a_pool(lead_minutes=60)), now=monday_at_ten)[0] == "11:00"
    assert of_monday(an_offer(a_pool(lead_minutes=0)), now=monday_at_ten)[0] == "10:20"
    assert of_monday(an_offer(a_pool(horizon_days=0))) == []
    assert slots(an_offer(), MONDAY, MONDAY - timedelta(days=1), {}, now=NOW) == ()


def test_an_officials_own_hours_only_narrow_the_pools():
    early = Timetable(tuple(Opening(day, 8 * 60, 10 * 60 + 40) for day in range(7)))
    assert of_monday(an_offer(a_pool(units=0, timetable=TEN_TO_NOON))) == []
    pool = replace(a_pool(), units=(Unit(1, 0, early),))
    assert of_monday(an_offer(pool)) == ["10:00", "10:20"]
    away = replace(early, periods=(Period(MONDAY, MONDAY, ()),))
    assert of_monday(an_offer(replace(pool, units=(Unit(1, 0, away),)))) == []


def test_an_interpreter_has_to_be_free_too_and_starts_whenever():
    interpreters = a_pool(id="interpreters", units=0)
    interpreters = replace(interpreters, units=(Unit(9, 0),))
    offer = an_offer(a_pool(units=2), interpreters=interpreters)
    assert of_monday(offer) == of_monday(replace(offer, interpreters=None))
    busy = {9: [Runs([tick_of(at(10))], 12)]}
    assert of_monday(offer, busy)[0] == "11:00"
    assert candidates(offer, interpreters, at(10, 5)) == interpreters.units


@pytest.mark.parametrize(
    ("start", "now", "code"),
    [
        (at(10, 20), NOW, None),
        (at(10, 21), NOW, "off_grid"),
        (at(10, 20), at(10, 20), "slot_past"),
        (at(10, 20), at(9), "slot_too_soon"),
        (at(10, 20, date(2027, 9, 27)), NOW, "slot_too_far"),
        (at(10, 20, date(2026, 10, 3)), NOW, "slot_closed"),
        (at(9, 40), NOW, "outside_hours"),
        (at(11, 50), NOW, "outside_hours"),
        (at(10, 25), NOW, "slot_taken"),
    ],
)
def test_each_reason_against_a_start_has_its_code(start, now, code):
    if code is None:
        check_start(an_offer(), start, now=now)
        return
    with pytest.raises(DomainError) as refused:
        check_start(an_offer(), start, now=now)
    assert refused.value.code == code


@given(
    units=st.integers(1, 6),
    duration=st.integers(5, 60),
    buffer=st.integers(0, 20),
    runs=st.lists(
        st.tuples(st.integers(1, 6), st.lists(st.integers(-6, 30), max_size=4), st.integers(1, 12)),
        max_size=6,
    ),
)
def test_a_start_is_offered_exactly_when_some_unit_that_may_start_then_is_free_throughout(
    units, duration, buffer, runs
):
    offer = an_offer(a_pool(units=units, buffer_minutes=buffer), duration_minutes=duration)
    base = tick_of(at(10))
    taken = {unit: [] for unit in range(1, 7)}
    for unit, firsts, length in runs:
        taken[unit].append(Runs([base + first for first in firsts], length))
    busy = {
        (unit, tick)
        for unit, own in taken.items()
        for firsts, length in own
        for first in firsts
        for tick in range(first, first + length)
    }
    expected = [
        moment_of(tick)
        for tick in range(base - 24, base + 48)
        if any(
            not any((unit.id, later) in busy for later in range(tick, tick + offer.run))
            for unit in candidates(offer, offer.pool, moment_of(tick))
        )
    ]
    assert list(slots(offer, MONDAY, MONDAY, taken, now=NOW)) == expected
