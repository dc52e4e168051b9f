"""The audit log in words: what people read there are words, and what has none is shown as it is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tests.support.record import NOON
from vap_meet.domain.appointment import Language
from vap_meet.domain.attachment import FileKind
from vap_meet.domain.guests import GuestPart, StaffPart
from vap_meet.domain.messages import Channel, MessageKind
from vap_meet.services.disclosure import LoggedEntry, Place
from vap_meet.web.audit_words import AuditWords
from vap_meet.web.formats import Formats
from vap_meet.web.i18n import Catalogue
from vap_meet.web.render import LOCALE_FOLDER
from vap_meet.web.staff_words import StaffWords

VALUES = {"part": (*GuestPart, *StaffPart), "kind": FileKind, "message": MessageKind, "channel": Channel}


def said(language, action, public, places=None):
    texts = Catalogue.load(LOCALE_FOLDER, language, here={"zone_city": "Dubai"})
    formats = Formats(texts, zone=ZoneInfo("Asia/Dubai"), clock=lambda: NOON)
    words = AuditWords(texts, formats, StaffWords(texts, {}), places or {})
    return words.line(LoggedEntry(at=NOON, action=action, public=public, seal_no=None, erased=False))


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in VALUES for value in VALUES[name]])
def test_every_value_of_a_closed_list_has_words(name, value):
    # In Arabic, where no word is its own code; that both catalogues say the same is held in test_i18n.
    [(label, words)] = said(Language.AR, "message.sent_again", {name: value}).details
    assert label != name
    assert words != value.value


@pytest.mark.parametrize("language", Language)
def test_a_deadline_is_a_time_and_not_a_stamp(language):
    [(label, words)] = said(language, "call_back.asked", {"due_at": NOON.isoformat()}).details
    assert label != "due_at"
    assert "T" not in words


@pytest.mark.parametrize(
    ("language", "from_whom", "to_whom"),
    [(Language.EN, "Agent 1", "Official 2"), (Language.AR, "موظف 1", "الموظف 2")],
)
def test_an_official_is_named_and_without_an_account_has_a_number(language, from_whom, to_whom):
    places = {
        41: Place(number=1, name_ar="موظف 1", name_en="Agent 1"),
        42: Place(number=2, name_ar=None, name_en=None),
    }
    line = said(language, "appointment.reassigned", {"from": 41, "to": 42}, places)
    assert [words for _, words in line.details] == [from_whom, to_whom]


def test_what_has_no_words_is_shown_as_it_is():
    line = said(Language.EN, "never.heard_of", {"odd": "thing", "many": ["a", "b"], "none": None})
    assert (line.action_text, line.details) == ("never.heard_of", (("odd", "thing"), ("many", "a, b")))
