"""The small parts: reading frames, the wheel, TURN credentials."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.codec import Unreadable, decode_client, ref_of
from signaling.protocol import Chat
from signaling.turn import ice_servers, turn_credentials
from signaling.vocabulary import RefusalCode
from signaling.wheel import Wheel

NOW = datetime(2026, 9, 28, 9, 0, tzinfo=UTC)


# --- reading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code", "ref"),
    [
        (b"", RefusalCode.MALFORMED, None),
        (b"[]", RefusalCode.MALFORMED, None),
        (b"\xff\xfe", RefusalCode.MALFORMED, None),
        (b"[" * 100_000, RefusalCode.MALFORMED, None),
        ("{}", RefusalCode.MALFORMED, None),
        ('{"type":"chat","ref":"r"}', RefusalCode.MALFORMED, "r"),
        ('{"type":"chat","id":"line-0001","text":"","ref":"r"}', RefusalCode.MALFORMED, "r"),
        ('{"type":"admit","participant":"a b","ref":"r"}', RefusalCode.MALFORMED, "r"),
        ('{"type":"welcome","ref":"r"}', RefusalCode.UNKNOWN_TYPE, "r"),
        ('{"type":"chat","ref":"not a ref"}', RefusalCode.MALFORMED, None),
        ('{"type":"ping","ref":7}', RefusalCode.MALFORMED, None),
    ],
)
def test_what_is_no_message_is_refused_with_its_ref_if_that_can_be_read(frame, code, ref):
    assert decode_client(frame) == Unreadable(code, ref)


def test_unknown_fields_are_ignored():
    frame = '{"type":"chat","id":"line-0001","text":"hi","since":"v1.1"}'
    assert decode_client(frame) == Chat("line-0001", "hi")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_no_frame_makes_the_reader_raise(frame):
    decode_client(frame)
    ref_of(frame)


# --- the wheel --------------------------------------------------------------------------------------


def turned(wheel: Wheel, now_ms: int) -> None:
    for call in wheel.due(now_ms):
        call()


def test_deadlines_come_in_order_at_their_time_or_a_slot_later():
    wheel, rang = Wheel(0), []
    for when in (3000, 1000, 2000):
        wheel.at(when, lambda when=when: rang.append(when))
    turned(wheel, 999)
    assert rang == []
    turned(wheel, 1250)
    assert rang == [1000]
    turned(wheel, 10_000)
    assert rang == [1000, 2000, 3000]
    turned(wheel, 60_000)
    assert rang == [1000, 2000, 3000]


def test_a_deadline_in_the_past_comes_at_the_next_turn():
    wheel, rang = Wheel(10_000), []
    wheel.at(0, lambda: rang.append(1))
    turned(wheel, 10_000)
    assert rang == []
    turned(wheel, 10_250)
    assert rang == [1]


def test_what_a_deadline_sets_for_now_does_not_ring_in_the_same_turn():
    wheel, rang = Wheel(0), []

    def again() -> None:
        rang.append(1)
        wheel.at(0, again)

    wheel.at(100, again)
    turned(wheel, 500)
    assert rang == [1]
    turned(wheel, 1000)
    assert rang == [1, 1]


def test_a_clock_that_goes_back_rings_nothing():
    wheel, rang = Wheel(10_000), []
    wheel.at(10_500, lambda: rang.append(1))
    turned(wheel, 5_000)
    assert rang == []


# --- TURN -------------------------------------------------------------------------------------------


def test_credentials_are_those_of_the_rest_api_draft():
    made = turn_credentials("north", "customer", now_s=1_000, lifetime_s=600)
    assert made.username == "1600:customer"
    # printf 1600:customer | openssl dgst -sha1 -hmac north -binary | base64
    assert made.credential == "3YC4RRyEA+1SjRW2yJAuBxPXymg="


def test_ice_servers_are_stun_without_and_turn_with_credentials():
    options = {"stun_urls": ("stun:a",), "turn_urls": ("turn:a", "turns:a"), "turn_secret": "north"}
    stun, turn = ice_servers("customer", **options, now=NOW)
    assert stun.urls == ("stun:a",)
    assert turn.urls == ("turn:a", "turns:a")
    assert turn.username == f"{int(NOW.timestamp()) + 14_400}:customer"


def test_without_servers_there_are_none_and_without_a_secret_it_is_said():
    nothing = {"stun_urls": (), "turn_urls": (), "turn_secret": None}
    assert ice_servers("customer", **nothing, now=NOW) == ()
    with pytest.raises(ValueError, match="need the secret"):
        ice_servers("customer", **{**nothing, "turn_urls": ("turn:a",)}, now=NOW)
