"""Finding services by the words that people use for them: pure ranking, no index to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from vap_meet.domain.spelling import SURE, fold, forms, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vap_meet.domain.catalogue import Service

MAX_QUERY_CHARS = 100
MAX_QUERY_WORDS = 12

NAME, ALIAS, AREA, AUDIENCE = 10.0, 9.0, 3.0, 2.0
"""How much a word counts by where it stands."""

_BEGINNING, _MISTYPED = 0.7, 0.45
_WHOLE_PHRASE, _WITHIN_PHRASE = 20.0, 4.0
_TYPED_SO_FAR, _SURE_BEGINNING = 2, 4
_LONG_WORD, _LONGER_WORD = 5, 6  # shorter Arabic words differ by a letter and mean something else

_SAYS_NOTHING = frozenset(
    words(
        "في من على عن الى مع او و يا ما هل كيف اين وين متى كم لو سمحت هذا هذه لي انا عندي لدي "
        "اريد ابي ابغى احتاج اقدم اجدد اسوي اعمل اطلع احصل استخرج احجز "
        "a an the of for to in on at by my i is are do does how where what when need want and or with "
        "get me can"
    )
)
_SAYS_LITTLE = frozenset(
    words(
        "تصريح رخصة ترخيص طلب خدمة خدمات شهادة إصدار تجديد معاملة حجز موعد تسجيل استخراج بلدية البلدية "
        "permit licence license request service services certificate issue renew renewal apply application "
        "approval noc new appointment book municipality"
    )
)
"""Words of every second service: alone they do find, beside others they only help to rank."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A service made ready: each of its words as forms and weight, and its names and aliases folded."""

    words: tuple[tuple[float, str, dict[str, float]], ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the best first. `whole` is false where no service has all that was asked for."""

    services: tuple[Service, ...]
    whole: bool


def find(services: Iterable[Service], query: str) -> Found:
    """Return the services that a query means; none for a query without words.

    Those that have every telling word come alone; only where there are none, those that surely have half.
    """
    asked = tuple(word for word in words(query[:MAX_QUERY_CHARS]) if word not in _SAYS_NOTHING)
    asked = asked[:MAX_QUERY_WORDS]
    if not asked:
        return Found((), whole=False)
    telling = frozenset(asked) - _SAYS_LITTLE or frozenset(asked)
    phrase = fold(query)
    whole, part = [], []
    for place, service in enumerate(services):
        entry = _entry(service)
        answers = {
            word: _answer(word, entry, is_last=position == len(asked) - 1)
            for position, word in enumerate(asked)
        }
        score = sum(answer.points for answer in answers.values()) + _phrase_points(phrase, entry)
        row = (-score, not service.is_open, place, service)
        if all(answers[word].points for word in telling):
            whole.append(row)
        else:
            sure = sum(answers[word].is_sure for word in telling)
            if sure >= math.ceil(len(telling) / 2):
                part.append((-sure, *row))
    if whole:
        return Found(tuple(row[-1] for row in sorted(whole, key=lambda row: row[:-1])), whole=True)
    return Found(tuple(row[-1] for row in sorted(part, key=lambda row: row[:-1])), whole=False)


@lru_cache(maxsize=5_000)
def _entry(service: Service) -> _Entry:
    names = (service.name_ar, service.name_en)
    aliases = (*service.aliases_ar, *service.aliases_en)
    texts = [
        *((NAME, text) for text in names),
        *((ALIAS, text) for text in aliases),
        (AREA, service.area_ar),
        (AREA, service.area_en),
        *((AUDIENCE, text) for text in (*service.audience_ar, *service.audience_en)),
    ]
    best: dict[str, float] = {}
    for weight, text in texts:
        for word in words(text):
            best[word] = max(best.get(word, 0.0), weight)
    return _Entry(
        words=tuple((weight, word, forms(word)) for word, weight in best.items()),
        phrases=tuple(fold(text) for text in (*names, *aliases)),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    points: float
    is_sure: bool


def _answer(asked: str, entry: _Entry, *, is_last: bool) -> _Answer:
    """Return how well the best word of a service answers one that was asked for; no points if none does."""
    asked_forms = forms(asked)
    best = _Answer(0.0, is_sure=False)
    for weight, word, its_forms in entry.words:
        if weight > best.points:
            likeness = _likeness(asked, asked_forms, word, its_forms, is_last=is_last)
            if weight * likeness > best.points:
                best = _Answer(weight * likeness, is_sure=likeness > _BEGINNING or best.is_sure)
    return best


def _likeness(
    asked: str, asked_forms: dict[str, float], word: str, its_forms: dict[str, float], *, is_last: bool
) -> float:
    """Return 0 to 1: the same word, one that begins so, or one that differs by a slip of a finger."""
    common = asked_forms.keys() & its_forms.keys()
    if common:
        return max(asked_forms[form] * its_forms[form] for form in common)
    enough = _TYPED_SO_FAR if is_last else _SURE_BEGINNING
    beginnings = tuple(form for form, sure in asked_forms.items() if sure >= SURE and len(form) >= enough)
    if any(form.startswith(beginnings) for form in its_forms):
        return _BEGINNING
    if min(len(asked), len(word)) >= _LONG_WORD and _one_slip_apart(asked, word):
        return _MISTYPED
    return 0.0


def _phrase_points(phrase: str, entry: _Entry) -> float:
    if phrase in entry.phrases:
        return _WHOLE_PHRASE
    return _WITHIN_PHRASE if any(phrase in other for other in entry.phrases) else 0.0


def _one_slip_apart(one: str, other: str) -> bool:
    """Whether one letter more, less, exchanged or swapped with its neighbour makes one word the other."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return swapped or (len(short) >= _LONGER_WORD and short[at + 1 :] == long[at + 1 :])
