from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.audit import GENESIS, canonical, chain_hash, commitment, public_bytes

NOON = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)


def test_the_canonical_text_does_not_depend_on_the_order_of_keys():
    assert canonical({"b": 1, "a": "متعامل"}) == canonical({"a": "متعامل", "b": 1})
    assert canonical({"b": 1, "a": "م"}) == '{"a":"م","b":1}'.encode()


@pytest.mark.parametrize("bad", [{"a": float("nan")}, {"a": b"bytes"}, {"a": NOON}])
def test_what_is_no_json_is_refused(bad):
    with pytest.raises((TypeError, ValueError)):
        canonical(bad)


def test_the_hashed_bytes_hold_the_columns_and_the_time_in_utc():
    dubai = NOON.astimezone(timezone(timedelta(hours=4)))
    text = public_bytes(at=dubai, action="a.b", appointment_id="a1", public={"n": 1})
    assert text == (
        b'{"action":"a.b","appointment_id":"a1","at":"2026-09-28T08:00:00+00:00","public":{"n":1}}'
    )


# Computed apart from the code, from the framing that its docstring promises.
COMMITTED = "97cfeeaf5b90e47225e582319ecf61c29f050481a7d2425b82be26875c208683"
SEALED = "f68a80e963d1d7a0bee4129166b2ea9ed961ee05a644538ab750d110794a960b"


def test_the_persisted_formats_stay_what_they_are():
    committed = commitment(bytes(32), b"{}")
    sealed = chain_hash(previous=GENESIS, seal_no=1, public=b"{}", committed=committed)
    assert committed.hex() == COMMITTED
    assert sealed.hex() == SEALED


parts = st.tuples(
    st.binary(max_size=40), st.integers(0, 2**40), st.binary(max_size=40), st.binary(max_size=40)
)


@given(parts, parts)
def test_two_lists_of_parts_have_one_hash_only_if_they_are_the_same(one, other):
    def sealed(part):
        previous, seal_no, public, committed = part
        return chain_hash(previous=previous, seal_no=seal_no, public=public, committed=committed)

    assert (sealed(one) == sealed(other)) == (one == other)


@given(st.binary(max_size=40), st.integers(0, 40))
def test_where_the_salt_ends_is_part_of_the_commitment(data, cut):
    if 0 < cut <= len(data):
        assert commitment(data[:cut], data[cut:]) != commitment(data[: cut - 1], data[cut - 1 :])
