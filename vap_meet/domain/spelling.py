"""How a word is spelt, taken out of the way of a search: Arabic and English as people type them.

`fold` gives one spelling to what only looks different: the forms of hamza and alef, taa marbuta and haa,
alef maqsura and yaa, diacritics, tatweel, Arabic-Indic digits, case, accents. `forms` gives the words that a
folded word may stand for: without the article and the prefixes و ف ب ك ل, without common endings, in the
singular.
"""

# ruff: noqa: RUF001 - letters that look alike are what this is about

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SAME_LETTER = str.maketrans(
    {
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",  # Persian keyboards
        "ک": "ك",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ە": "ه",
        "ء": None,
        "ـ": None,  # tatweel
        "'": None,
        "’": None,
        "ʼ": None,
        "`": None,
    }
)
_DROPPED = frozenset({"Mn", "Cf"})  # diacritics and the marks of hamza and madda; direction and joining marks
_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0621-\u064a]")

EXACT, SURE, LIKELY = 1.0, 0.95, 0.8
"""How surely a form is what the word stands for."""

_ARTICLE = re.compile(r"(?:[وف]?(?:[بك]?ال|لل))(?=..)")
_PREFIX = re.compile(r"(?:[وف][بكل]|[وفبكل])(?=...)")
_ENDINGS = ("تنا", "تها", "تي", "ات", "ين", "ون", "ان", "يه", "ها", "هم", "نا", "ه", "ي")
_MIN_STEM = 3
_SHORT_STEM = {"ه": 2, "تي": 2}  # قطة, قطتي
_LONG_GERUND = 7  # "fishing" is about fish, "king" about nothing
_SPELLINGS = {"license": "licence", "labor": "labour", "jewelry": "jewellery", "center": "centre"}


def fold(text: str) -> str:
    """Return a text in the one spelling that searches compare."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        str(unicodedata.digit(letter)) if letter.isdigit() else letter
        for letter in letters.translate(_SAME_LETTER)
        if unicodedata.category(letter) not in _DROPPED
    )
    return " ".join(kept.split())


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, in order."""
    return tuple(_WORD.findall(fold(text)))


@lru_cache(maxsize=20_000)
def forms(word: str) -> dict[str, float]:
    """Return what a folded word may stand for, itself included, and how surely: 0 to 1."""
    found = {word: EXACT}
    for stem, sure in _arabic_stems(word) if _ARABIC.search(word) else _english_stems(word):
        found[stem] = max(found.get(stem, 0.0), sure)
    return found


def _arabic_stems(word: str) -> list[tuple[str, float]]:
    bare, sure = word, EXACT
    stems: list[tuple[str, float]] = []
    if article := _ARTICLE.match(word):
        bare, sure = word[article.end() :], SURE
        stems.append((bare, sure))
    elif prefix := _PREFIX.match(word):
        stems.append((word[prefix.end() :], LIKELY))
    for start, certainty in [(bare, sure), *stems]:
        stems += [
            (start.removesuffix(ending), certainty * (SURE if ending == "ه" else LIKELY))
            for ending in _ENDINGS
            if start.endswith(ending) and len(start) - len(ending) >= _SHORT_STEM.get(ending, _MIN_STEM)
        ]
    return stems


def _english_stems(word: str) -> list[tuple[str, float]]:
    singular = _singular(word)
    stems = [(_SPELLINGS.get(singular, singular), SURE)]
    if word.endswith("ing") and len(word) >= _LONG_GERUND:
        stems.append((word.removesuffix("ing"), LIKELY))
    return stems


def _singular(word: str) -> str:
    if len(word) <= _MIN_STEM or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word.removesuffix("ies") + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word.removesuffix("es")
    return word.removesuffix("s")
