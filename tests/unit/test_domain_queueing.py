"""What a customer is told of their time: true for every line, and never earlier because a call goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.queueing import (
    STEP,
    Line,
    Person,
    Standing,
    expectations,
    plain_start,
    servers_of,
)

NINE = datetime(2026, 9, 28, 5, 0, tzinfo=UTC)  # 9:00 in Dubai


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def minutes(*lengths: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=length) for length in lengths)


def person(name, standing, start, *, since=None, long=20) -> Person:
    return Person(
        id=name,
        standing=Standing(standing),
        starts_at=at(start),
        ends_at=at(start + long),
        since=None if since is None else at(since),
    )


def told(line: Line, name: str, *, now: float) -> tuple[float, float, int | None]:
    """The range in minutes after nine, and how many are before."""
    one = expectations(line, now=at(now))[name]
    earliest, latest = ((moment - NINE) / timedelta(minutes=1) for moment in (one.earliest, one.latest))
    return earliest, latest, one.before


ME = person("me", "here", 20, since=15)
CALL = person("call", "in_call", 0, since=0)
TODAY = minutes(8, 10, 12, 15, 30)


@pytest.mark.parametrize(
    ("others", "lengths", "now", "expected"),
    [
        ((), (), 15, (20, 25, 0)),  # nobody before: at the booked start, not earlier
        ((), (), 21, (21, 30, 0)),  # free now: within minutes
        ((CALL,), (), 15, (20, 25, 0)),  # the call should end in time
        ((CALL,), (), 25, (25, 30, 0)),  # it runs over: any minute now, but not before
        ((CALL,), TODAY, 5, (20, 25, 0)),  # today's calls are short: still not before the booked start
        ((person("call", "in_call", 0, since=14),), TODAY, 15, (20, 30, 0)),
        ((person("a", "here", 10, since=5),), (), 21, (40, 45, 1)),
        ((person("a", "away", 10, since=5),), (), 21, (21, 45, 0)),  # no place before me until they are back
        ((person("a", "expected", 15),), (), 21, (21, 45, 1)),
        ((person("a", "expected", 10),), (), 21, (21, 30, 0)),  # they will not come any more
        ((person("a", "here", 30, since=5),), (), 21, (21, 30, 0)),  # booked later: served later
    ],
)
def test_the_range_is_what_the_line_makes_of_it(others, lengths, now, expected):
    assert told(Line(people=(*others, ME), lengths=lengths), "me", now=now) == expected


def test_with_two_who_serve_one_long_call_holds_nobody_up():
    line = Line(people=(person("call", "in_call", 0, since=0, long=60), ME), servers=2)
    assert told(line, "me", now=20) == (20, 25, 0)


def test_a_position_is_told_only_where_it_is_known_who_serves():
    assert told(Line(people=(ME,), known=False), "me", now=20)[2] is None


def test_who_is_in_the_call_expects_nothing():
    assert expectations(Line(people=(CALL,)), now=at(5)) == {}


@pytest.mark.parametrize(
    ("start", "since", "now", "late_by"),
    [
        (20, 15, 22, 8),  # the call before ends at 28
        (20, 26, 26, 2),  # came late: that delay is their own
        (30, 15, 22, 0),
    ],
)
def test_late_is_measured_from_the_booked_start_or_from_their_coming(start, since, now, late_by):
    line = Line(people=(person("call", "in_call", 0, since=8), person("me", "here", start, since=since)))
    assert expectations(line, now=at(now))["me"].late_by_minutes == late_by


def test_an_overrunning_call_makes_the_following_late_from_five_minutes_on():
    line = Line(people=(CALL, ME))
    assert not expectations(line, now=at(24))["me"].late
    one = expectations(line, now=at(25))["me"]
    assert one.late
    assert one.begun


def test_no_time_is_told_while_nobody_serves_whose_time_has_come():
    line = Line(people=(ME,))
    assert expectations(line, now=at(24))["me"].begun
    assert not expectations(line, now=at(25))["me"].begun
    assert expectations(Line(people=(CALL, ME)), now=at(60))["me"].begun


@pytest.mark.parametrize(
    ("starts", "servers"), [((), 1), ((0, 20, 40), 1), ((0, 0, 0), 3), ((0, 10, 20, 30), 2)]
)
def test_as_many_serve_as_are_booked_at_once(starts, servers):
    assert servers_of([(at(start), at(start + 20)) for start in starts]) == servers


# --- properties -------------------------------------------------------------------------------------

people = st.lists(
    st.builds(
        lambda standing, start, since, long: (standing, start, since, long),
        st.sampled_from(Standing),
        st.integers(0, 24).map(lambda n: n * 5),
        st.integers(-10, 120),
        st.sampled_from([10, 15, 20, 30]),
    ),
    min_size=1,
    max_size=12,
)
lines = st.builds(
    lambda rows, servers, lengths: Line(
        people=tuple(
            person(f"p{n:02}", standing, start, since=None if standing == "expected" else since, long=long)
            for n, (standing, start, since, long) in enumerate(rows)
        ),
        servers=servers,
        lengths=minutes(*lengths),
    ),
    people,
    st.integers(1, 3),
    st.lists(st.integers(1, 60), max_size=8),
)
moments = st.integers(0, 180)


def simple_simulation(line: Line, name: str, now: datetime) -> datetime:
    """The line played through once more, minute by minute, as one would on paper."""
    known = sorted(line.lengths)
    middle = known[len(known) // 2] if len(known) >= 3 else None
    ends = [
        max(now, one.since + (middle or one.ends_at - one.starts_at))
        for one in line.people
        if one.standing is Standing.IN_CALL
    ]
    desks = max(line.servers, len(ends))
    waiting = sorted(
        (
            one
            for one in line.people
            if one.id == name
            or one.standing is Standing.HERE
            or (one.standing is Standing.EXPECTED and now <= one.starts_at + timedelta(minutes=10))
        ),
        key=lambda one: (one.starts_at, one.id),
    )
    minute = now
    for one in waiting:
        minute = max(minute, one.starts_at)
        while sum(end > minute for end in ends) >= desks:
            minute += timedelta(minutes=1)
        if one.id == name:
            return minute
        ends.append(minute + (middle or one.ends_at - one.starts_at))
    raise AssertionError(name)


@given(lines, moments)
def test_the_range_always_contains_the_simple_simulation(line, now):
    for name, one in expectations(line, now=at(now)).items():
        assert one.earliest <= simple_simulation(line, name, at(now)) <= one.latest
        assert plain_start(line, name, now=at(now)) == simple_simulation(line, name, at(now))


@given(lines, moments)
def test_nothing_is_told_that_is_past_or_before_the_booked_start(line, now):
    for name, one in expectations(line, now=at(now)).items():
        me = next(each for each in line.people if each.id == name)
        assert one.earliest >= max(at(now), me.starts_at)
        assert one.latest >= one.earliest + STEP
        assert one.latest.minute % 5 == 0
        assert one.late_by_minutes >= 0


@given(lines, moments, st.integers(1, 90))
def test_a_call_that_goes_on_never_makes_it_earlier(line, now, more):
    # Somebody who will not come any more makes room; here everybody is there already.
    there = tuple(one for one in line.people if one.standing is not Standing.EXPECTED)
    line = replace(line, people=there)
    before = expectations(line, now=at(now))
    for name, one in expectations(line, now=at(now + more)).items():
        assert one.earliest >= before[name].earliest
        assert one.latest >= before[name].latest
        assert one.late_by_minutes >= before[name].late_by_minutes


@given(lines, moments, st.integers(0, 11), st.integers(1, 60))
def test_longer_calls_and_more_people_make_nobody_earlier(line, now, index, more):
    known = tuple(length + timedelta(minutes=more) for length in line.lengths)
    slower = expectations(replace(line, lengths=known), now=at(now))
    gone = line.people[index % len(line.people)]
    others = tuple(each for each in line.people if each is not gone or each.standing is Standing.IN_CALL)
    fewer = expectations(replace(line, people=others), now=at(now))
    for name, one in expectations(line, now=at(now)).items():
        assert slower[name].latest >= one.latest
        assert slower[name].earliest >= one.earliest
        if name in fewer:
            assert fewer[name].latest <= one.latest
            assert (fewer[name].before or 0) <= (one.before or 0)
