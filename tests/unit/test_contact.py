"""Phone numbers in every habit of writing, and addresses."""

from __future__ import annotations

import pytest

from vap_meet.domain.contact import read_contact, read_phone


@pytest.mark.parametrize(
    "text",
    [
        "050 123 4567",
        "0501234567",
        "501234567",
        "+971501234567",
        "00971501234567",
        "971501234567",
        "+971 (0)50 123-4567",
        "+971 (50) 123.4567",
        "٠٥٠١٢٣٤٥٦٧",
        "\u06f0\u06f5\u06f0 \u06f1\u06f2\u06f3 \u06f4\u06f5\u06f6\u06f7",
        "\u202a+971\u202c 50\u00a01234567",
        "050\u20111234567",
    ],
)
def test_a_phone_is_one_number_however_it_is_written(text):
    assert read_contact(text) == "+971501234567"


def test_numbers_of_other_countries_and_landlines_stay_what_they_are():
    assert read_phone("+44 20 7946 0000") == "+442079460000"
    assert read_phone("04 123 4567") == "+97141234567"


@pytest.mark.parametrize(
    "text", ["", "abc", "123", "+0501234567", "+" + "1" * 16, "050x1234567", "1 2 3", "+"]
)
def test_what_is_no_number_is_none(text):
    assert read_contact(text) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("One@Example.org", "one@example.org"),
        (" a.b+c@mail.example.ae ", "a.b+c@mail.example.ae"),
        ("a@b", None),
        ("a b@example.org", None),
        ("a@@example.org", None),
        ("a@example.org\nBcc: b@example.org", None),
        ("x" * 65 + "@example.org", None),
        ("a@" + "b" * 250 + ".org", None),
    ],
)
def test_an_address_is_read_in_small_letters(text, read):
    assert read_contact(text) == read
