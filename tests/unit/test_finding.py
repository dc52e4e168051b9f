"""Services found as people type, in both languages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain import catalogue_csv
from vap_meet.domain.catalogue import Service
from vap_meet.domain.finding import find
from vap_meet.services.catalogue import shipped_file

SERVICES = catalogue_csv.read(shipped_file())


def ids(query):
    return [service.id for service in find(SERVICES, query).services]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        # everyday words
        ("دود النخل", "home-agricultural-pest-control"),
        ("سوسة النخيل", "home-agricultural-pest-control"),
        ("مجاري", "drainage-connection"),
        ("طفح المجاري", "sewage-tanker-request"),
        ("الزبالة", "bulky-waste-collection"),
        ("كنبة قديمة", "bulky-waste-collection"),
        ("قطتي", "pet-registration"),
        ("تسجيل كلبي", "pet-registration"),
        ("فود ترك", "food-truck-permit"),
        ("غرامة", "fine-objection"),
        ("رجعوا فلوسي", "refund-fees"),
        ("شيشة", "smoking-area-permit"),
        ("مسبح", "swimming-pool-design-approval"),
        # as fingers write them
        ("المجارى", "drainage-connection"),
        ("للمجاري", "drainage-connection"),
        ("رخصه هدم", "demolition-permit"),
        ("رُخْصَةُ هَدْمٍ", "demolition-permit"),
        ("هـــدم", "demolition-permit"),
        ("اثاث", "bulky-waste-collection"),
        ("ارض سكنيه", "residential-land-application"),
        ("بئر", "groundwater-well-permit"),
        ("بير", "groundwater-well-permit"),
        ("الأشجار", "agricultural-guidance"),
        ("والمخططات الهندسية", "approved-drawings-copy"),
        # whole sentences, and the beginning of one
        ("كيف أجدد الخريطة؟", "unified-site-plan"),
        ("أبي أرض", "residential-land-application"),
        ("وين اقدم على رخصة عربة طعام", "food-truck-permit"),
        ("النخ", "home-agricultural-pest-control"),
        # English
        ("palm weevil", "home-agricultural-pest-control"),
        ("DOGS", "pet-registration"),
        ("cat license", "pet-registration"),
        ("swiming pool", "swimming-pool-design-approval"),
        ("demolishing", "demolition-permit"),
        ("old sofas", "bulky-waste-collection"),
        ("garbage bins", "waste-container-request"),
        ("how do I get my money back", "refund-fees"),
        ("sewa", "sewage-tanker-request"),
        ("food truck permit", "food-truck-permit"),
        # the exact name
        ("شهادة بيع حر", "free-sale-certificate"),
        ("Free sale certificate", "free-sale-certificate"),
    ],
)
def test_a_service_is_found_by_the_words_people_use(query, first):
    assert ids(query)[0] == first


@pytest.mark.parametrize("query", ["", "   ", "؟!", "و", "في من", "passport", "جواز سفر", "zzzz", "\0", "🙂"])
def test_what_means_no_service_finds_none(query):
    found = find(SERVICES, query)
    assert (found.services, found.whole) == ((), False)


def test_every_service_is_found_by_its_names_and_its_everyday_words():
    for service in SERVICES:
        for text in (service.name_ar, service.name_en, *service.aliases_ar, *service.aliases_en):
            found = find(SERVICES, text)
            assert found.whole, text
            assert service in found.services, text


def test_a_word_of_every_second_service_does_not_find_them_beside_a_telling_one():
    assert len(ids("permit")) > 20
    assert ids("kite permit") == []
    assert len(ids("رخصة هدم")) == 1


def test_where_no_service_has_all_words_those_that_have_half_come_near():
    found = find(SERVICES, "أكواب طائرة")
    assert not found.whole
    assert [service.id for service in found.services] == ["food-contact-material-registration"]


def test_a_service_that_is_open_comes_before_its_equal_that_is_not():
    def service(id_, phase):
        return Service(
            id=id_, name_ar="شجرة", name_en="Tree", area_id="a", area_ar="أ", area_en="A", virtual=phase
        )

    later, now = service("later", False), service("now", True)
    assert [each.id for each in find([later, now], "tree").services] == ["now", "later"]


@pytest.mark.parametrize(
    ("slip", "found"), [("demoltion", 1), ("demoliition", 1), ("demoiltion", 1), ("demodotion", 0)]
)
def test_one_slip_of_a_finger_is_forgiven_and_two_are_not(slip, found):
    assert len(ids(slip)) == found


def test_short_arabic_words_that_differ_by_a_letter_are_other_words():
    assert "gemstone-testing" not in ids("أشجار")


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_searched_for(query):
    find(SERVICES[:5], query)


def test_a_search_is_quick_enough_for_every_key_that_is_pressed():
    find(SERVICES, "warm")
    started = time.perf_counter()
    for query in ("رخصة بناء فيلا", "swimming pool company"):
        find(SERVICES, query)
    assert time.perf_counter() - started < 0.5, "some milliseconds are usual"
