"""A session's timeline in words: an official who only had the page open is not said to have joined."""

from __future__ import annotations

import pytest

from tests.support.record import NOON
from vap_meet.domain.appointment import Language
from vap_meet.services.sessions import TimelineItem
from vap_meet.web.i18n import Catalogue
from vap_meet.web.render import LOCALE_FOLDER
from vap_meet.web.staff_words import StaffWords

NAMES = {"staff.1": ("موظف 1", "Agent 1")}
TOLD = {
    Language.EN: [
        "Agent 1 opened the appointment, outside the call",
        "Agent 1 joined",
        "Agent 1 left",
        "Agent 1 opened the appointment, outside the call",
        "Agent 1 came back",
    ],
    Language.AR: [
        "اطلاع موظف 1 على الموعد من خارج المكالمة",
        "دخول موظف 1",
        "مغادرة موظف 1",
        "اطلاع موظف 1 على الموعد من خارج المكالمة",
        "عودة موظف 1",
    ],
}


@pytest.mark.parametrize("language", Language)
def test_looking_is_not_joining_and_who_joins_after_it_has_not_come_back(language):
    facts = [("joined", "watching"), ("joined", "admitted"), ("left", "left")]
    items = [
        TimelineItem(seq=seq, epoch="one", at=NOON, type=kind, participant="staff.1", by=None, detail=detail)
        for seq, (kind, detail) in enumerate(facts + facts[:2])
    ]
    words = StaffWords(Catalogue.load(LOCALE_FOLDER, language), NAMES)
    assert [step.text for step in words.steps(items)] == TOLD[language]


@pytest.mark.parametrize("begins", ["nothing", "joined", "prepared", "admitted"])
def test_who_only_looked_and_closed_the_page_has_lost_no_connection(begins):
    facts = [("joined", "staff.1", None, "watching"), ("left", "staff.1", None, "expired")]
    begun = {
        "joined": ("joined", "staff.1", None, "admitted"),
        "prepared": ("prepared", "customer", "staff.1", None),
        "admitted": ("admitted", "customer", "staff.1", None),
    }
    if begins in begun:
        facts.insert(1, begun[begins])
    items = [
        TimelineItem(seq=seq, epoch="one", at=NOON, type=kind, participant=who, by=by, detail=detail)
        for seq, (kind, who, by, detail) in enumerate(facts)
    ]
    last = StaffWords(Catalogue.load(LOCALE_FOLDER, Language.EN), NAMES).steps(items)[-1].text
    lost = "Agent 1 lost the connection and did not come back"
    assert last == ("Agent 1 left" if begins == "nothing" else lost)
