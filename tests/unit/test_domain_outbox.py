import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.record import NOON
from vap_meet.domain.outbox import (
    GIVE_UP_AFTER,
    LONGEST_DELAY,
    Kind,
    OutboxMessage,
    next_try,
    room_command,
    room_lane,
)


def message(attempts, created_at=NOON):
    return OutboxMessage(
        id=1,
        party="p",
        lane="l",
        kind=Kind.ROOM_END,
        payload="",
        created_at=created_at,
        attempts=attempts,
    )


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_next_try_is_later_but_never_much(attempts, chance):
    at = next_try(message(attempts), now=NOON, chance=chance)
    assert NOON < at <= NOON + LONGEST_DELAY


def test_chance_takes_at_most_half_of_the_wait_away():
    assert next_try(message(3), now=NOON, chance=0.0) == NOON + timedelta(seconds=4)
    assert next_try(message(3), now=NOON, chance=0.5) == NOON + timedelta(seconds=3)


def test_a_promise_is_given_up_after_its_time_and_not_before():
    old = message(9, created_at=NOON - GIVE_UP_AFTER)
    assert next_try(old, now=NOON, chance=0.0) is None
    assert next_try(old, now=NOON - timedelta(seconds=1), chance=0.0) is not None


def test_a_room_command_names_the_room_and_whom_it_means():
    assert json.loads(room_command("a1")) == {"room": "a1", "participant": None}
    assert json.loads(room_command("a1", "customer")) == {"room": "a1", "participant": "customer"}
    assert room_lane("a1") != room_lane("a2")
