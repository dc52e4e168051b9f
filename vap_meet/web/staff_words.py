"""Facts and authors in the words of one language, for the staff's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.access import CUSTOMER, staff_id_of, staff_participant
from vap_meet.domain.appointment import Language
from vap_meet.domain.guests import guest_id_of
from vap_meet.web.audit_words import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from vap_meet.services.disclosure import LoggedEntry, Place
    from vap_meet.services.sessions import TimelineItem
    from vap_meet.web.i18n import Catalogue

_KEY_OF_FACT = {
    "joined": "timeline.joined",
    "prepared": "timeline.prepared",
    "admitted": "timeline.admitted",
    "held": "timeline.held",
    "sentToLobby": "timeline.sent_to_lobby",
    "summoned": "timeline.summoned",
    "messaged": "timeline.messaged",
    "deviceChanged": "timeline.device_changed",
    "locked": "timeline.locked",
    "unlocked": "timeline.unlocked",
    "left": "timeline.left",
    "ended": "timeline.ended",
}
_KEY_OF_LEAVING = {
    "removed": "timeline.left_removed",
    "revoked": "timeline.left_revoked",
    "expired": "timeline.left_expired",
}
_WATCHING = "watching"  # the stage of whoever only has the page open
_STAFF_AUTHOR, _API_AUTHOR = "staff:", "api:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a timeline."""

    seq: int
    at: datetime
    type: str
    text: str


def participants_in(
    items: Iterable[TimelineItem], entries: Iterable[LoggedEntry] = (), authors: Iterable[str] = ()
) -> frozenset[str]:
    """Return everybody that a timeline, audit entries and authors name, as participant ids."""
    people = {person for item in items for person in (item.participant, item.by)}
    people |= {entry.public.get(name) for entry in entries for name in PEOPLE} | set(authors)
    return frozenset(_participant_of(person) for person in people if isinstance(person, str))


class StaffWords:
    """Says who did what."""

    def __init__(self, texts: Catalogue, names: Mapping[str, tuple[str, str]]) -> None:
        """`names` are Arabic and English ones by participant id; others are called a member of staff."""
        self._t = texts.t
        self._arabic = texts.language is Language.AR
        self._names = names

    def author(self, author: str) -> str:
        """Return who wrote something: "staff:<id>", "api:<key id>" or the system itself."""
        if author.startswith(_STAFF_AUTHOR):
            return self.participant(_participant_of(author))
        return self._t("timeline.api" if author.startswith(_API_AUTHOR) else "timeline.system")

    def participant(self, participant: str | None) -> str:
        """Return who somebody in a room is; nobody means that the record or a deadline did it."""
        if participant is None:
            return self._t("timeline.system")
        if participant == CUSTOMER:
            return self._t("timeline.customer")
        name = self._names.get(participant)
        if name is not None:
            return name[0 if self._arabic else 1]
        if guest_id_of(participant):
            return self._t("timeline.guest")
        return self._t("timeline.staff" if staff_id_of(participant) else "timeline.system")

    def someone(self, person: str) -> str:
        """Return who an author or a participant is."""
        return self.author(person) if _is_author(person) else self.participant(person)

    def placed(self, place: Place) -> str:
        """Return who somebody of a pool is: by name, or by number without an account."""
        if place.name_ar is None or place.name_en is None:
            return self._t("assignment.number", number=place.number)
        return place.name_ar if self._arabic else place.name_en

    def steps(self, items: Sequence[TimelineItem]) -> tuple[Step, ...]:
        """Return a session's facts as lines, in their order."""
        seen: set[str | None] = set()
        held: set[str | None] = set()
        looks: set[str | None] = set()
        steps = []
        for item in items:
            text = self._t(
                _key(
                    item,
                    back=item.participant in seen,
                    held=item.participant in held,
                    looks=item.participant in looks,
                ),
                who=self.participant(item.participant),
                by=self.participant(item.by),
            )
            if item.type in {"prepared", "admitted"}:
                looks.discard(item.by)
            if item.type == "joined" and item.detail == _WATCHING:
                looks.add(item.participant)
            elif item.type == "joined":
                looks.discard(item.participant)
                seen.add(item.participant)
            held.discard(item.participant)
            if item.type == "held":
                held.add(item.participant)
            steps.append(Step(seq=item.seq, at=item.at, type=item.type, text=text[:1].upper() + text[1:]))
        return tuple(steps)


def _key(item: TimelineItem, *, back: bool, held: bool, looks: bool) -> str:
    """Return the words of a fact about somebody who was here before (`back`), is on hold, or only looks."""
    if item.type == "left" and not looks:
        return _KEY_OF_LEAVING.get(item.detail or "", _KEY_OF_FACT["left"])
    if item.type == "joined" and item.detail == _WATCHING:
        return "timeline.watches"
    if item.type == "joined" and back:
        return "timeline.joined_back"
    if item.type == "admitted" and held:
        return "timeline.resumed"
    return _KEY_OF_FACT[item.type]


def _is_author(text: str) -> bool:
    return text.startswith((_STAFF_AUTHOR, _API_AUTHOR))


def _participant_of(person: str) -> str:
    """Return the participant id of an author; any other id is one."""
    if person.startswith(_STAFF_AUTHOR):
        return staff_participant(person.removeprefix(_STAFF_AUTHOR))
    return person
