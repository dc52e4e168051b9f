"""Names as people type them."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.naming import MAX_QUERY_CHARS, name_keys, sought_parts


def finds(query, name):
    keys = name_keys(name)
    return all(any(key.startswith(part) for key in keys) for part in sought_parts(query))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("أحمد", "احمد المنصوري"),
        ("احم", "أَحْمَد المنصوري"),
        ("المنصوري احمد", "أحمد المنصوري"),
        ("منصوري", "أحمد المنصوري"),
        ("المنصوري", "أحمد منصوري"),
        ("المن", "أحمد المنصوري"),
        ("فاطمه", "فاطمة"),
        ("موسي", "موسى"),
        ("عبدالله", "عبد الله"),
        ("عبد الله", "عبدالله"),
        ("عبد", "عبد الله"),
        ("عبد ال", "عبد الرحمن"),
        ("آل مكتوم", "مكتوم المكتوم"),
        ("مكتوم", "راشد آل مكتوم"),
        ("عميل ٧", "عميل 7"),
        ("MANSOORI", "Ahmed Al Mansoori"),
        ("al-mansoori", "Ahmed Al Mansoori"),
        ("al mansoori", "Ahmed AlMansoori"),
        ("Al Mansoori", "A. Mansoori"),
        ("abdulrahman", "Abdul Rahman"),
        ("Abdul-Rahman", "Abdulrahman"),
        ("jose", "José"),
        ("a mans", "Ahmed Al Mansoori"),
    ],
)
def test_a_name_is_found_as_people_type_it(query, name):
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("أحمد", "محمد"),
        ("سالم أحمد", "أحمد المنصوري"),
        ("ريم", "كريم"),  # the letters before are no prefix of the language in a name
        ("الله", "عبد الله"),
        ("rahman", "Abdul Rahman"),
        ("lena", "Alena"),
    ],
)
def test_another_name_is_not(query, name):
    assert not finds(query, name)


@pytest.mark.parametrize(
    "text", ["", " ", "%", "_", "a", "م", "--", "a b c d e f g h i", "aa " * 60, "\u200f\u064b"]
)
def test_what_would_find_everybody_or_nobody_is_refused_by_its_field(text):
    with pytest.raises(InvalidRequest) as refusal:
        sought_parts(text)
    assert set(refusal.value.fields) == {"name"}


def test_a_name_without_letters_has_no_keys():
    assert name_keys("؟ - !") == frozenset()


@given(st.text(max_size=MAX_QUERY_CHARS))
def test_every_name_that_can_be_asked_for_finds_itself(name):
    with suppress(InvalidRequest):
        assert finds(name, name)
