"""Audit entries in the words and formats of one language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.services.disclosure import LoggedEntry, Place
    from vap_meet.web.formats import Formats
    from vap_meet.web.i18n import Catalogue
    from vap_meet.web.staff_words import StaffWords

PEOPLE = frozenset({"by", "participant"})
"""Names in an entry's public part whose values are people: authors or participants."""

_WORDS_OF = {
    "code": "staff.code",
    "mode": "staff.mode",
    "part": "say.guests.part",
    "kind": "attachments.kind",
    "message": "parked.kind",
    "channel": "outbox",
}
_PLACES = frozenset({"from", "to"})
"""Names whose values are places in a pool, where they are numbers."""

_MOMENTS = frozenset({"starts_at", "until", "due_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One audit entry as it is shown; `details` are the names and values of its public part."""

    at: datetime
    action: str
    action_text: str
    details: tuple[tuple[str, str], ...]
    seal_no: int | None
    erased: bool


class AuditWords:
    """Says what an entry holds. What has no words yet is shown as it is: an audit log hides nothing."""

    def __init__(
        self,
        texts: Catalogue,
        formats: Formats,
        people: StaffWords,
        places: Mapping[int, Place] = MappingProxyType({}),
    ) -> None:
        """`places` are those whom an appointment was taken from or given to."""
        self._places = places
        self._texts = texts
        self._formats = formats
        self._people = people

    def line(self, entry: LoggedEntry) -> AuditLine:
        """Return an audit entry in words."""
        return AuditLine(
            at=entry.at,
            action=entry.action,
            action_text=self._word(f"audit.{entry.action}", entry.action),
            details=tuple(
                (
                    self._word(f"audit.detail.{name}", name),
                    self._official(name, value) or self._value(name, value),
                )
                for name, value in entry.public.items()
                if value is not None
            ),
            seal_no=entry.seal_no,
            erased=entry.erased,
        )

    def _official(self, name: str, value: object) -> str:
        place = self._places.get(value) if name in _PLACES and isinstance(value, int) else None
        return "" if place is None else self._people.placed(place)

    def _value(self, name: str, value: object) -> str:
        match value:
            case bool():
                return self._texts.t("admin.evidence.yes" if value else "admin.evidence.no")
            case str() if name in PEOPLE:
                return self._people.someone(value)
            case str() if name in _MOMENTS:
                return self._formats.date_time(datetime.fromisoformat(value))
            case str():
                return self._word(f"{_WORDS_OF.get(name, 'audit.value')}.{value}", value)
            case list() if all(isinstance(one, str) for one in value):
                return f"{self._texts.t('facts.comma')} ".join(self._value("", one) for one in value)
        return json.dumps(value, ensure_ascii=False)

    def _word(self, key: str, otherwise: str) -> str:
        return self._texts.t(key) if key in self._texts.messages else otherwise
