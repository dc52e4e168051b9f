"""The catalogue of services: what a service is, and what may be said of one.

A list or a text that is empty is not known: pages then send the reader to the official, never to a guess.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Phase(StrEnum):
    """When a service is offered: in the first phase, or later."""

    FIRST = "1"
    LATER = "later"


class NameOrigin(StrEnum):
    """Where an Arabic name comes from: found in use, or our own translation that somebody should check."""

    FOUND = "found"
    TRANSLATED = "translated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A municipal service as people look for it. `revision` rises with each change: it is the ETag."""

    id: str
    name_ar: str
    name_en: str
    area_id: str
    area_ar: str
    area_en: str
    phase: Phase = Phase.FIRST
    virtual: bool = True  # whether it can be talked about by video
    aliases_ar: tuple[str, ...] = ()  # everyday words that people search by
    aliases_en: tuple[str, ...] = ()
    audience_ar: tuple[str, ...] = ()
    audience_en: tuple[str, ...] = ()
    minutes: int | None = None  # how long an appointment takes
    documents_ar: tuple[str, ...] = ()
    documents_en: tuple[str, ...] = ()
    steps_ar: tuple[str, ...] = ()
    steps_en: tuple[str, ...] = ()
    apply_label_ar: str = ""
    apply_label_en: str = ""
    apply_url: str = ""
    channel_ar: str = ""  # the other way to get it, while it is not offered by video
    channel_en: str = ""
    example: bool = False  # documents, steps, length and link are made up to show the page
    arabic_name: NameOrigin | None = None
    note: str = ""  # the operator's own
    revision: int = 1

    @property
    def is_open(self) -> bool:
        """Whether an appointment about it can be offered now."""
        return self.virtual and self.phase is Phase.FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A group of services, with how many it has."""

    id: str
    name_ar: str
    name_en: str
    services: int


def areas(services: Iterable[Service]) -> tuple[Area, ...]:
    """Return the areas of services, in the order in which they first appear."""
    found: dict[str, list[Service]] = {}
    for service in services:
        found.setdefault(service.area_id, []).append(service)
    return tuple(
        Area(id=id_, name_ar=group[0].area_ar, name_en=group[0].area_en, services=len(group))
        for id_, group in found.items()
    )


# --- What may be said of a service -------------------------------------------------------------------


class Fault(StrEnum):
    """What can be wrong with a field. Pages have words for each, `SENTENCES` those of API and shell."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    NOT_AN_ID = "not_an_id"
    NOT_A_LINE = "not_a_line"
    SEPARATOR = "separator"
    NOT_MINUTES = "not_minutes"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_LINK = "not_a_link"
    TAKEN = "taken"
    REPEATED = "repeated"
    OTHER_AREA_NAME = "other_area_name"
    UNKNOWN_COLUMN = "unknown_column"
    MISSING_COLUMN = "missing_column"
    EXTRA_CELLS = "extra_cells"


SENTENCES: dict[Fault, str] = {
    Fault.MISSING: "It is required.",
    Fault.TOO_LONG: "At most {detail} characters.",
    Fault.TOO_MANY: "At most {detail} entries.",
    Fault.NOT_AN_ID: "Small letters, digits and hyphens; at most 64.",
    Fault.NOT_A_LINE: "Text without control characters.",
    Fault.SEPARATOR: "An entry may hold neither a semicolon nor a line break.",
    Fault.NOT_MINUTES: "Whole minutes from 5 to 120.",
    Fault.NOT_A_CHOICE: "One of: {detail}.",
    Fault.NOT_A_LINK: "A whole address that begins with https://.",
    Fault.TAKEN: "Another service has this id.",
    Fault.REPEATED: "Row {detail} has the same.",
    Fault.OTHER_AREA_NAME: "Row {detail} calls this area otherwise.",
    Fault.UNKNOWN_COLUMN: "There is no column of this name.",
    Fault.MISSING_COLUMN: "The file lacks this column.",
    Fault.EXTRA_CELLS: "The row has more cells than there are columns.",
}


@dataclass(frozen=True, slots=True)
class Faulty:
    """One fault: in which field, and a number or word that its sentence needs. `row` counts from 1."""

    field: str
    fault: Fault
    detail: str = ""
    row: int | None = None

    @property
    def sentence(self) -> str:
        """Return it in English."""
        return SENTENCES[self.fault].format(detail=self.detail)


class FaultyService(InvalidRequest):
    """A service, or a file of them, can't be taken; `faults` says where."""

    def __init__(self, sentence: str, faults: Sequence[Faulty]) -> None:
        named = {
            fault.field if fault.row is None else f"row {fault.row}, {fault.field}": fault.sentence
            for fault in reversed(faults)
        }
        super().__init__(sentence, fields=dict(reversed(named.items())))
        self.faults = tuple(faults)


MIN_MINUTES, MAX_MINUTES = 5, 120
SHORT_LISTS = ("aliases_ar", "aliases_en", "audience_ar", "audience_en")
LONG_LISTS = ("documents_ar", "documents_en", "steps_ar", "steps_en")
REQUIRED = ("id", "name_ar", "name_en", "area_id", "area_ar", "area_en")
MOST_ENTRIES = 40
_MOST_CHARS = {
    **dict.fromkeys(("name_ar", "name_en"), 200),
    **dict.fromkeys(("area_ar", "area_en", "apply_label_ar", "apply_label_en"), 120),
    **dict.fromkeys(("channel_ar", "channel_en"), 500),
    **dict.fromkeys(SHORT_LISTS, 80),
    **dict.fromkeys(LONG_LISTS, 300),
    "apply_url": 500,
    "note": 1000,
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_ID_CHARS = 64
_SEPARATORS = re.compile(r"[;؛\r\n]")


def faults_of(service: Service) -> tuple[Faulty, ...]:
    """Return what is wrong with a service, by the names of its fields."""
    return tuple(_faults(service))


def check(service: Service) -> None:
    """Raise `FaultyService` if anything is wrong with it."""
    faults = faults_of(service)
    if faults:
        raise FaultyService("The service can't be taken as it is.", faults)


def _faults(service: Service) -> Iterator[Faulty]:
    yield from (Faulty(field, Fault.MISSING) for field in REQUIRED if not getattr(service, field))
    for field in ("id", "area_id"):
        value = getattr(service, field)
        if value and (len(value) > _MAX_ID_CHARS or not _ID.fullmatch(value)):
            yield Faulty(field, Fault.NOT_AN_ID)
    for field, most in _MOST_CHARS.items():
        value = getattr(service, field)
        yield from _text_faults(field, (value,) if isinstance(value, str) else value, most)
    if service.minutes is not None and not MIN_MINUTES <= service.minutes <= MAX_MINUTES:
        yield Faulty("minutes", Fault.NOT_MINUTES)
    if service.apply_url and not _is_link(service.apply_url):
        yield Faulty("apply_url", Fault.NOT_A_LINK)


def _text_faults(field: str, texts: tuple[str, ...], most: int) -> Iterator[Faulty]:
    if len(texts) > MOST_ENTRIES:
        yield Faulty(field, Fault.TOO_MANY, str(MOST_ENTRIES))
    if field in SHORT_LISTS and any(_SEPARATORS.search(text) for text in texts):
        yield Faulty(field, Fault.SEPARATOR)
    if any(len(text) > most for text in texts):
        yield Faulty(field, Fault.TOO_LONG, str(most))
    allowed = "\n" if field in {"note", "channel_ar", "channel_en"} else ""
    if any(
        unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} and letter not in allowed
        for text in texts
        for letter in text
    ):
        yield Faulty(field, Fault.NOT_A_LINE)


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    whole = parts.scheme == "https" and parts.hostname and "." in parts.hostname and parts.username is None
    return bool(whole) and not any(letter.isspace() or letter in '<>"' for letter in text)
