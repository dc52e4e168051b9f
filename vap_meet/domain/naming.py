"""Finding people by their names as others type them, in Arabic or in Latin letters: pure keys, no index.

A name is kept as keys and asked for as parts. A part finds a name if one of its spellings begins one of the
name's keys: «المنصوري» and «منصوري» find each other, «عبد الله» and «عبدالله», "Al Mansoori", "Al-Mansoori"
and "Mansoori"; «أحم» finds «احمد» while it is being typed.
"""

from __future__ import annotations

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.spelling import words

MAX_QUERY_CHARS = 120
"""As long as a name may be."""

MAX_KEY_CHARS = 64
"""What goes beyond is cut off, in a key and in what is sought alike."""

_MAX_PARTS = 8
_MIN_LETTERS = 2

_SERVANT = frozenset({"عبد", "abd", "abdul", "abdel", "abdal"})
_ARTICLES = frozenset({"ال", "al", "el"})  # «آل» too, folded
_ARTICLE = "ال"
_MIN_BARE = 3


def name_keys(name: str) -> frozenset[str]:
    """Return what a name is found by; nothing for a name without letters and digits."""
    return frozenset(spelling for part in _parts(name) for spelling in part)


def sought_parts(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the parts that a name has to have, each in its spellings.

    Raises `InvalidRequest` for what would find nearly everybody, and for more than a name can hold.
    """
    parts = tuple(dict.fromkeys(_parts(text))) if len(text) <= MAX_QUERY_CHARS else ()
    if not any(len(part[0]) >= _MIN_LETTERS for part in parts) or len(parts) > _MAX_PARTS:
        raise InvalidRequest(
            "A name can't be searched for.",
            fields={"name": f"A name or parts of one: {_MIN_LETTERS} letters, up to {_MAX_PARTS} words."},
        )
    return parts


def _parts(text: str) -> list[tuple[str, ...]]:
    """Return a name's words, each in its spellings; a word that only begins another is put before it."""
    parts: list[tuple[str, ...]] = []
    before, bare = "", ""
    for word in words(text):
        if word in _SERVANT or word in _ARTICLES:
            before, bare = before + word, bare + (word if word in _SERVANT or before else "")
            continue
        whole, without = before + word, bare + word
        if not before and word.startswith(_ARTICLE) and len(word) >= len(_ARTICLE) + _MIN_BARE:
            without = word.removeprefix(_ARTICLE)
        parts.append(tuple(dict.fromkeys(spelling[:MAX_KEY_CHARS] for spelling in (whole, without))))
        before, bare = "", ""
    if before:  # nothing has come after it yet
        parts.append((before[:MAX_KEY_CHARS],))
    return parts
