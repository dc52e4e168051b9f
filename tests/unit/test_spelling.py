"""One spelling for what only looks different."""

from __future__ import annotations

import pytest

from vap_meet.domain.spelling import EXACT, LIKELY, SURE, fold, forms, words

# ruff: noqa: RUF001 - letters that look alike are what this is about


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("أرض", "ارض"),
        ("إزالة", "ازاله"),
        ("آلة", "اله"),
        ("ٱلبيت", "البيت"),
        ("بناء", "بنا"),
        ("مسؤول", "مسوول"),
        ("بيئة", "بييه"),
        ("مجارى", "مجاري"),
        ("رُخْصَةُ", "رخصه"),
        ("هـــدم", "هدم"),
        ("كلینیک", "كلينيك"),
        ("ﻻ", "لا"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("۱۲۳", "123"),
        ("Café", "cafe"),
        ("STRASSE", "strasse"),
        ("citizens’", "citizens"),
        ("\u200fرخصة\u200e", "رخصه"),
        ("  a \n b  ", "a b"),
        ("", ""),
    ],
)
def test_what_only_looks_different_is_folded(typed, folded):
    assert fold(typed) == folded
    assert fold(folded) == folded


def test_words_are_what_stands_between_signs():
    assert words("رخصة بناء، (فيلا)؟ fit-out_works") == ("رخصه", "بنا", "فيلا", "fit", "out", "works")
    assert words("؟! ،") == ()


@pytest.mark.parametrize(
    ("word", "stem", "sure"),
    [
        ("النخل", "نخل", SURE),
        ("والنخل", "نخل", SURE),
        ("بالنخل", "نخل", SURE),
        ("للنخل", "نخل", SURE),
        ("نخل", "نخل", EXACT),
        ("ونخل", "نخل", LIKELY),
        ("لنخل", "نخل", LIKELY),
        ("شجره", "شجر", SURE),
        ("قطه", "قط", SURE),
        ("قطتي", "قط", LIKELY),
        ("مخططات", "مخطط", LIKELY),
        ("منزلي", "منزل", LIKELY),
        ("trees", "tree", SURE),
        ("permits", "permit", SURE),
        ("companies", "company", SURE),
        ("boxes", "box", SURE),
        ("licenses", "licence", SURE),
        ("fishing", "fish", LIKELY),
    ],
)
def test_a_word_stands_for_its_stem(word, stem, sure):
    assert forms(word)[stem] == sure


@pytest.mark.parametrize(
    ("word", "not_a_form"),
    [("بيت", "يت"), ("كلب", "لب"), ("gas", "ga"), ("glass", "glas"), ("analysis", "analysi"), ("king", "k")],
)
def test_a_letter_of_the_word_itself_is_no_prefix_or_ending(word, not_a_form):
    assert not_a_form not in forms(word)
