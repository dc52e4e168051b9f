"""The words on the screen: catalogues as .po files, read at start-up without a compile step.

A message id is a stable key such as ``link.title``; a placeholder is ``{name}``. Plural entries carry GNU's
forms in the order zero, one, two, few, many, other (Arabic) and one, other (English): the names that
JavaScript's ``Intl.PluralRules`` answers with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from typing import TYPE_CHECKING

import structlog
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from vap_meet.domain.appointment import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

log = structlog.get_logger(__name__)

PLURAL_RULES = {
    Language.AR: "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)",
    Language.EN: "(n != 1)",
}
"""Which form counts n. Libraries disagree on the order of the Arabic ones: files must agree with this one."""

CATEGORIES = {
    Language.AR: ("zero", "one", "two", "few", "many", "other"),
    Language.EN: ("one", "other"),
}
"""The CLDR name of each form, in the order of `PLURAL_RULES`."""

DIRECTION = {Language.AR: "rtl", Language.EN: "ltr"}

_PROBES = (0, 1, 2, 3, 10, 11, 99, 100, 101, 102, 103, 111)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class MissingTextError(LookupError):
    """A key or a placeholder's value is missing: a mistake in our own code."""


class CatalogueError(ValueError):
    """A .po file is not as it must be."""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry: its forms, a single one unless it counts something."""

    key: str
    forms: tuple[str, ...]

    @property
    def is_plural(self) -> bool:
        """Whether it is asked for with a number."""
        return len(self.forms) > 1

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that the forms expect, all together."""
        return frozenset(name for form in self.forms for name in _PLACEHOLDER.findall(form))

    def filled(self, values: Mapping[str, str]) -> Message:
        """Return the entry with these placeholders filled, and all others as they are."""
        if not values.keys() & self.placeholders:
            return self
        return Message(
            self.key,
            tuple(
                _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), form) for form in self.forms
            ),
        )


class Catalogue:
    """The texts of one language, merged from its .po files."""

    def __init__(self, language: Language, messages: Iterable[Message], *, strict: bool = True) -> None:
        self.language = language
        self.messages = {message.key: message for message in messages}
        self._strict = strict
        self._strings: dict[tuple[str, ...], dict[str, str | dict[str, str]]] = {}
        self._form_of = c2py(PLURAL_RULES[language])

    @classmethod
    def load(
        cls, folder: Path, language: Language, *, strict: bool = True, here: Mapping[str, str] | None = None
    ) -> Catalogue:
        """Read every .po file of a language. Raises `CatalogueError` for a faulty or repeated entry.

        `here` fills placeholders that mean the same wherever this installation says them, scripts included.
        """
        messages: dict[str, Message] = {}
        for path in sorted((folder / language).glob("*.po")):
            for message in _read(path, language):
                if message.key in messages:
                    raise CatalogueError(f"{path.name}: {message.key} stands in another file too")
                messages[message.key] = message.filled(here or {})
        return cls(language, messages.values(), strict=strict)

    def t(self, key: str, /, **params: object) -> str:
        """Return the text of a key with its placeholders filled.

        A parameter that is `Markup` makes the answer `Markup`, everything else in it escaped.
        """
        return self._filled(key, self._form(key, 1), params)

    def tn(self, key: str, n: int, /, **params: object) -> str:
        """Return the text that counts `n` things; ``{n}`` is filled with it."""
        return self._filled(key, self._form(key, n), {"n": n, **params})

    def _form(self, key: str, n: int) -> str:
        message = self.messages.get(key)
        if message is None:
            if self._strict:
                raise MissingTextError(f"no {self.language} text for {key}")
            log.error("text_missing", message_id=key, language=self.language)
            return key
        return message.forms[self._form_of(n)] if message.is_plural else message.forms[0]

    def _filled(self, key: str, text: str, params: Mapping[str, object]) -> str:
        if "{" not in text:  # most texts; a page asks for a hundred
            return text
        lacking = set(_PLACEHOLDER.findall(text)) - params.keys()
        if lacking:
            if self._strict:
                raise MissingTextError(f"{key} needs a value for {', '.join(sorted(lacking))}")
            log.error("text_parameter_missing", message_id=key, language=self.language)
            return text
        return _fill(text, params)

    def strings(self, *prefixes: str) -> dict[str, str | dict[str, str]]:
        """Return the entries whose keys begin so, for a page's script.

        A plural entry is an object of its forms by CLDR category. The caller must not change what it gets.
        """
        known = self._strings.get(prefixes)
        if known is None:
            known = self._strings[prefixes] = self._collect(prefixes)
        return known

    def _collect(self, prefixes: tuple[str, ...]) -> dict[str, str | dict[str, str]]:
        names = CATEGORIES[self.language]
        return {
            key: dict(zip(names, message.forms, strict=True)) if message.is_plural else message.forms[0]
            for key, message in self.messages.items()
            if key.startswith(prefixes)
        }


def _fill(text: str, params: Mapping[str, object]) -> str:
    if any(hasattr(value, "__html__") for value in params.values()):
        safe = _PLACEHOLDER.sub(lambda match: str(escape(params[match[1]])), str(escape(text)))
        return Markup(safe)  # noqa: S704  # text and values were escaped just above
    return _PLACEHOLDER.sub(lambda match: str(params[match[1]]), text)


@cache
def _read(path: Path, language: Language) -> tuple[Message, ...]:
    """Return a file's entries; its header must name our plural rule. Each is read once a process."""
    return tuple(_entries(path, language))


def _entries(path: Path, language: Language) -> Iterable[Message]:
    with path.open("rb") as file:
        catalog = read_po(file, locale=language, abort_invalid=True)
    ours, theirs = c2py(PLURAL_RULES[language]), c2py(catalog.plural_expr)
    if any(ours(n) != theirs(n) for n in _PROBES):
        raise CatalogueError(f"{path.name}: the header's Plural-Forms is in another order than ours")
    for entry in catalog:
        if not entry.id:
            continue
        if entry.fuzzy:
            raise CatalogueError(f"{path.name}: {entry.id} is marked fuzzy")
        key = entry.id if isinstance(entry.id, str) else entry.id[0]
        forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
        if not all(forms) or len(forms) not in {1, len(CATEGORIES[language])}:
            raise CatalogueError(f"{path.name}: {key} lacks a form")
        yield Message(key, forms)
