"""Both languages say the same things, and every word that a page asks for exists."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from tests.support.web import renderer_for_tests
from vap_meet.domain.appointment import AppointmentState, Language
from vap_meet.web.assets import bundled
from vap_meet.web.error_pages import WORDED
from vap_meet.web.formats import Formats, zone_city
from vap_meet.web.i18n import CATEGORIES, Catalogue, CatalogueError, Message, MissingTextError
from vap_meet.web.render import LOCALE_FOLDER

NOON = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)  # in Dubai, a Monday
CATALOGUES = {language: Catalogue.load(LOCALE_FOLDER, language) for language in Language}
AR, EN = CATALOGUES[Language.AR], CATALOGUES[Language.EN]
FORMATS = {
    language: Formats(catalogue, zone=ZoneInfo("Asia/Dubai"), clock=lambda: NOON)
    for language, catalogue in CATALOGUES.items()
}
PACKAGE = Path(__file__).resolve().parents[2] / "vap_meet"

_KEY = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\.?"
_CALL = re.compile(rf"""(?<![\w.])(?:t|tn|text|textN|plural)\(\s*(['"`])({_KEY})(?:\1\s*([~+,)])|(\$\{{))""")
_TITLE = re.compile(rf'title_key="({_KEY})"')
_PREFIXES = re.compile(r"js_prefixes=\(([^)]*)\)")


def sources(*patterns):
    roots = {"*.html": bundled("templates"), "*.js": bundled("static") / "js", "*.py": PACKAGE}
    return [(path, path.read_text("utf-8")) for pattern in patterns for path in roots[pattern].rglob(pattern)]


def catalogue_of(**texts):
    return Catalogue(Language.EN, [Message(key, (text,)) for key, text in texts.items()])


# --- The catalogues ---------------------------------------------------------------------------------


def test_both_languages_have_the_same_keys():
    assert AR.messages.keys() ^ EN.messages.keys() == set()


def test_both_languages_have_the_same_placeholders():
    differing = {
        key for key, message in AR.messages.items() if message.placeholders != EN.messages[key].placeholders
    }
    assert differing == set()


def test_what_counts_in_one_language_counts_in_the_other():
    assert {key for key, m in AR.messages.items() if m.is_plural} == {
        key for key, m in EN.messages.items() if m.is_plural
    }


def test_arabic_texts_hold_latin_digits_only():
    digits = {letter for m in AR.messages.values() for form in m.forms for letter in form if letter.isdigit()}
    assert digits <= set("0123456789")


def test_every_word_that_templates_and_scripts_ask_for_exists():
    missing = []
    for path, source in sources("*.html", "*.js"):
        for match in _CALL.finditer(source):
            key, joined = match[2], match[3] in {"~", "+"} or match[4] is not None
            known = any(k.startswith(key) for k in AR.messages) if joined else key in AR.messages
            if not known:
                missing.append(f"{path.name}: {key}")
    assert missing == []


def test_every_key_that_a_script_holds_in_a_table_exists():
    namespaces = {key.partition(".")[0] for key in AR.messages}
    literal = re.compile(rf"""(['"])({_KEY})\1""")
    missing = [
        f"{path.name}: {key}"
        for path, source in sources("*.js")
        for _, key in literal.findall(source)
        if key.partition(".")[0] in namespaces
        and "." in key.rstrip(".")
        and not key.endswith(".js")
        and not any(known == key or (key.endswith(".") and known.startswith(key)) for known in AR.messages)
    ]
    assert missing == []


def test_every_title_and_prefix_that_handlers_name_exists():
    missing = []
    for path, source in sources("*.py"):
        keys = [(key, AR.messages.__contains__) for key in _TITLE.findall(source)]
        for group in _PREFIXES.findall(source):
            keys += [
                (prefix, lambda p: any(k.startswith(p) for k in AR.messages))
                for prefix in re.findall(r'"([^"]+)"', group)
            ]
        missing += [f"{path.name}: {key}" for key, exists in keys if not exists(key)]
    assert missing == []


def test_every_state_of_an_appointment_has_a_word():
    assert {f"state.{state}" for state in AppointmentState} <= AR.messages.keys()


def test_every_refusal_with_words_of_its_own_has_them():
    for code in WORDED:
        assert {f"error.title.{code}", f"error.text.{code}"} <= AR.messages.keys()


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "أقل من دقيقة"),
        (1, "دقيقة واحدة"),
        (2, "دقيقتان"),
        (3, "3 دقائق"),
        (10, "10 دقائق"),
        (11, "11 دقيقة"),
        (99, "99 دقيقة"),
        (100, "100 دقيقة"),
        (103, "103 دقائق"),
        (111, "111 دقيقة"),
    ],
)
def test_arabic_counts_with_all_six_forms(n, text):
    assert AR.tn("duration.minutes", n) == text


def test_english_counts_with_two_forms():
    assert [EN.tn("duration.minutes", n) for n in (1, 2)] == ["1 minute", "2 minutes"]


def test_a_file_whose_plural_forms_stand_in_another_order_is_refused(tmp_path):
    (tmp_path / "ar").mkdir()
    (tmp_path / "ar" / "x.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : '
        'n%100>=3 && n%100<=10 ? 4 : n%100>=11 ? 3 : 5);\\n"\n',
        "utf-8",
    )
    with pytest.raises(CatalogueError, match="another order"):
        Catalogue.load(tmp_path, Language.AR)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"a.po": 'msgid "a.b"\nmsgstr ""\n'}, "lacks a form"),
        ({"a.po": '#, fuzzy\nmsgid "a.b"\nmsgstr "x"\n'}, "fuzzy"),
        ({"a.po": 'msgid "a.b"\nmsgstr "x"\n', "b.po": 'msgid "a.b"\nmsgstr "y"\n'}, "another file"),
    ],
)
def test_a_faulty_entry_is_refused(tmp_path, files, complaint):
    (tmp_path / "en").mkdir()
    for name, body in files.items():
        (tmp_path / "en" / name).write_text(body, "utf-8")
    with pytest.raises(CatalogueError, match=complaint):
        Catalogue.load(tmp_path, Language.EN)


@pytest.mark.parametrize("variant", ["تعذر", "يُرجى", "الرجاء", "..."])
def test_arabic_words_are_spelled_one_way(variant):
    forms = ((key, form) for key, message in AR.messages.items() for form in message.forms)
    assert [key for key, form in forms if variant in form] == []


@pytest.mark.parametrize(("minutes", "words"), [(2, "دقيقتين"), (10, "10 دقائق"), (15, "15 دقيقة")])
def test_minutes_agree_with_their_number(minutes, words):
    for key in ("agent.board.over", "signin.wait"):
        assert words in AR.tn(key, minutes)
    assert words.replace("دقيقتين", "دقيقتان") in AR.tn("agent.js.over_target", minutes)


# --- Asking for texts -------------------------------------------------------------------------------


def test_a_missing_key_raises_where_we_develop_and_shows_itself_where_we_serve():
    with pytest.raises(MissingTextError):
        EN.t("no.such.key")
    assert Catalogue(Language.EN, [], strict=False).t("no.such.key") == "no.such.key"


def test_a_missing_value_raises_where_we_develop_and_leaves_its_place_where_we_serve():
    with pytest.raises(MissingTextError, match="name"):
        catalogue_of(hello="Hello {name}").t("hello")
    lenient = Catalogue(Language.EN, [Message("hello", ("Hello {name}",))], strict=False)
    assert lenient.t("hello") == "Hello {name}"


def test_a_value_is_never_read_as_a_format():
    assert catalogue_of(hello="Hello {name}").t("hello", name="{name.__class__} {0}") == (
        "Hello {name.__class__} {0}"
    )


def test_a_markup_value_stays_markup_and_the_rest_is_escaped():
    text = catalogue_of(hello="<{a}> {b}").t("hello", a=Markup("<bdi>1</bdi>"), b="<script>")
    assert text == Markup("&lt;<bdi>1</bdi>&gt; &lt;script&gt;")


def test_scripts_get_plurals_by_the_names_that_browsers_use():
    strings = AR.strings("duration.minutes", "day.")
    assert set(strings) == {"duration.minutes", "day.today", "day.tomorrow", "day.yesterday"}
    assert tuple(strings["duration.minutes"]) == CATEGORIES[Language.AR]


# --- Formats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "morning", "evening"),
    [(Language.AR, "9:05 ص", "9:05 م"), (Language.EN, "9:05 am", "9:05 pm")],
)
def test_times_are_of_dubai_with_latin_digits(language, morning, evening):
    at = datetime(2026, 9, 28, 5, 5, tzinfo=UTC)
    assert FORMATS[language].time(at) == morning
    assert FORMATS[language].time(at + timedelta(hours=12)) == evening


@pytest.mark.parametrize("language", Language)
def test_dates_are_day_month_year_without_direction_marks(language):
    assert FORMATS[language].date(date(2026, 9, 28)) == "28/09/2026"
    late = datetime(2026, 9, 28, 21, 30, tzinfo=UTC)
    assert FORMATS[language].date(late) == "29/09/2026"  # past midnight in Dubai


@pytest.mark.parametrize(
    ("days", "arabic", "english"),
    [
        (0, "اليوم", "today"),
        (1, "غدًا", "tomorrow"),
        (-1, "أمس", "yesterday"),
        (2, "الأربعاء 30/09/2026", "Wednesday 30/09/2026"),
    ],
)
def test_near_days_have_words(days, arabic, english):
    at = NOON + timedelta(days=days)
    assert FORMATS[Language.AR].day(at) == arabic
    assert FORMATS[Language.EN].day(at) == english


@pytest.mark.parametrize(
    ("seconds", "arabic", "english"),
    [
        (20, "أقل من دقيقة", "under a minute"),
        (12 * 60, "12 دقيقة", "12 minutes"),
        (2 * 3600, "ساعتان", "2 hours"),
        (3600 + 5 * 60, "ساعة واحدة و5 دقائق", "1 hour 5 minutes"),
    ],
)
def test_lengths_of_time_are_words(seconds, arabic, english):
    assert FORMATS[Language.AR].duration(seconds) == arabic
    assert FORMATS[Language.EN].duration(seconds) == english


def test_a_range_says_the_half_of_the_day_once_unless_it_differs():
    nine = datetime(2026, 9, 28, 5, 10, tzinfo=UTC)
    assert FORMATS[Language.AR].time_range(nine, nine + timedelta(minutes=10)) == "بين 9:10 و9:20 ص"
    assert FORMATS[Language.EN].time_range(nine, nine + timedelta(hours=3)) == "between 9:10 am and 12:10 pm"


def test_other_formats_are_the_same_in_both_languages():
    formats = FORMATS[Language.EN]
    assert formats.time_s(NOON) == "12:00:00 pm"
    assert formats.date_time(NOON) == "28/09/2026, 12:00 pm"
    assert [formats.stopwatch(s) for s in (7, 247, 3847)] == ["0:07", "4:07", "1:04:07"]
    assert formats.iso(NOON) == "2026-09-28T12:00:00+04:00"


def test_a_naive_datetime_is_refused():
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="naive"):
        FORMATS[Language.AR].time(naive)
    with pytest.raises(ValueError, match="naive"):
        FORMATS[Language.AR].date(naive)


@pytest.mark.parametrize(
    ("key", "arabic", "english"),
    [
        ("Asia/Dubai", "دبي", "Dubai"),
        ("Europe/Berlin", "برلين", "Berlin"),
        ("Egypt", "القاهرة", "Cairo"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires"),
        ("Etc/GMT-4", "غرينتش+04:00", "GMT+04:00"),  # ahead, whatever its name seems to say
        ("UTC", "UTC", "UTC"),
    ],
)
def test_a_zone_is_named_by_its_city_in_the_readers_language(key, arabic, english):
    assert zone_city(ZoneInfo(key), Language.AR) == arabic
    assert zone_city(ZoneInfo(key), Language.EN) == english


def test_times_are_said_to_be_of_the_zone_that_is_set_on_pages_and_in_scripts():
    renderer = renderer_for_tests(time_zone="Europe/Berlin")
    for language, words in ((Language.AR, "بتوقيت برلين"), (Language.EN, "Berlin time")):
        texts = renderer.catalogues[language]
        assert texts.t("facts.zone") == words
        assert words in texts.t("message.when", weekday="", date="", time="")
        assert words in texts.strings("say.waiting.")["say.waiting.soon"]


def test_no_text_names_a_zone_itself():
    for texts in (AR, EN):
        said = {key: " ".join(message.forms) for key, message in texts.messages.items()}
        assert len([key for key, text in said.items() if "{zone_city}" in text]) >= 6
        assert [key for key, text in said.items() if "توقيت دبي" in text or "Dubai time" in text] == []
