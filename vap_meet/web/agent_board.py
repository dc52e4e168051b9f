"""The console's board, in the words and formats of whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vap_meet.domain.access import CUSTOMER, staff_participant
from vap_meet.domain.appointment import Language
from vap_meet.services import disclosure, presence
from vap_meet.web.appkeys import (
    BOARD,
    CALL_BACKS,
    CLOCK,
    COLLEAGUES,
    DB,
    HUB,
    RENDERER,
    SETTINGS,
)
from vap_meet.web.guards import staff_of
from vap_meet.web.staff_words import StaffWords

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from aiohttp import web

    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.board import AgentBoard, BoardRow
    from vap_meet.services.colleagues import AskedFor
    from vap_meet.services.device_checks import DeviceCheck
    from vap_meet.web.formats import Formats
    from vap_meet.web.i18n import Catalogue


async def board_of(request: web.Request) -> dict[str, Any]:
    """Return the board of the agent who asks."""
    texts, formats = texts_of(request)
    app = request.app
    found = await app[BOARD].agent(staff_of(request).id)
    asked = await app[COLLEAGUES].asked_for(staff_of(request).id)
    askers = {one.ask.asked_by for one in asked} - found.names.keys()
    names = await disclosure.named(app[DB], askers) if askers else {}
    target_s = app[SETTINGS].wait_target_minutes * 60
    away: set[str] = set()
    summoned: dict[str, int] = {}
    for row in found.waiting:
        online = await presence.online(app[HUB], row.appointment.id)
        if online is not None and CUSTOMER not in online:
            away.add(row.appointment.id)
        summoned[row.appointment.id] = app[HUB].summoned_until(row.appointment.id, CUSTOMER)
    return _BoardWords(
        texts=texts,
        formats=formats,
        words=StaffWords(texts, {**found.names, **names}),
        target_s=target_s,
        checked=found.checked,
        away=away,
        summoned=summoned,
        me=staff_participant(staff_of(request).id),
        asked=asked,
        to_call=await app[CALL_BACKS].count(staff_of(request).id),
    ).board(found, app[CLOCK]())


@dataclass(frozen=True, slots=True, kw_only=True)
class _BoardWords:
    """Puts a board into the words and formats of one language.

    `away` are appointments whose customer waits without a connection now, `summoned` until when each
    is called in (0 if not), in milliseconds since 1970; `me` is whose board it is, `to_call` how many
    customers wait for their telephone call.
    """

    texts: Catalogue
    formats: Formats
    words: StaffWords
    target_s: int
    checked: Mapping[str, DeviceCheck]
    away: Collection[str]
    summoned: Mapping[str, int]
    me: str
    asked: Collection[AskedFor]
    to_call: int

    def board(self, found: AgentBoard, now: datetime) -> dict[str, Any]:
        return {
            "serverTime": milliseconds(now),
            "updated": self.formats.time_s(now),
            "call": next((self._who(row.appointment) for row in found.today if self._is_mine(row)), None),
            "waiting": sorted(map(self._waiting, found.waiting), key=lambda row: not row["online"]),
            "today": [self._today(row, now) for row in found.today],
            "owed": [self._owed(row) for row in found.owed],
            "asked": [self._asked(one) for one in self.asked],
            "toCall": self.texts.tn("agent.board.to_call", self.to_call) if self.to_call else None,
        }

    def _is_mine(self, row: BoardRow) -> bool:
        return row.in_session_with == self.me

    def _who(self, appointment: Appointment) -> dict[str, Any]:
        arabic = self.texts.language is Language.AR
        return {
            "id": appointment.id,
            "url": f"/agent/appointments/{appointment.id}",
            "customer": appointment.customer.name,
            "service": appointment.service.name_ar if arabic else appointment.service.name_en,
        }

    def _waiting(self, row: BoardRow) -> dict[str, Any]:
        since = row.waiting_since or row.appointment.starts_at
        return {
            **self._who(row.appointment),
            "reference": row.appointment.reference,
            "startsAt": self.formats.time(row.appointment.starts_at),
            "since": self.formats.time(since),
            "waitingSince": milliseconds(since),
            "online": row.appointment.id not in self.away,
            "summonedUntil": self.summoned[row.appointment.id],
            "overAfterS": over_after_s(row.appointment, since, target_s=self.target_s),
            "check": self._check(row.appointment.id),
        }

    def _check(self, appointment_id: str) -> dict[str, str] | None:
        """Return what the customer's own device check came to, None if there was none."""
        check = self.checked.get(appointment_id)
        if check is None:
            return None
        level, reason = check.verdict.level, check.verdict.reason
        said = self.texts.t(
            "staff.check.row",
            level=self.texts.t(f"staff.check.level.{level}"),
            reason=self.texts.t(f"staff.check.reason.{reason}"),
        )
        return {"level": level, "text": said}

    def _today(self, row: BoardRow, now: datetime) -> dict[str, Any]:
        appointment = row.appointment
        return {
            **self._who(appointment),
            "time": self._when(appointment.starts_at, now),
            "state": "over" if row.over_at else appointment.state,
            "with": self.words.participant(row.in_session_with) if row.in_session_with else None,
        }

    def _when(self, at: datetime, now: datetime) -> str:
        """Return the time; the day too where it is another one, as around midnight."""
        day = self.formats.day(at)
        return self.formats.time(at) if day == self.formats.day(now) else f"{day} {self.formats.time(at)}"

    def _asked(self, asked: AskedFor) -> dict[str, Any]:
        """Return what a colleague asks whose board this is to join."""
        ask = asked.ask
        by, part = self.words.participant(ask.asked_by), self.texts.t(f"say.guests.part.{ask.part}")
        who = self._who(asked.appointment)
        return {
            **who,
            "text": self.texts.t("agent.board.asked", by=by, part=part),
            "declineUrl": f"{who['url']}/colleagues/{ask.staff_id}",
        }

    def _owed(self, row: BoardRow) -> dict[str, Any]:
        since = self.formats.date_time(row.over_at or row.appointment.updated_at)
        key = "agent.board.owed_outcome" if row.over_at else "agent.board.owed_since"
        return {**self._who(row.appointment), "since": self.texts.t(key, time=since)}


def texts_of(request: web.Request) -> tuple[Catalogue, Formats]:
    """Return the reader's words and formats."""
    renderer = request.app[RENDERER]
    language = renderer.language(request)
    return renderer.catalogues[language], renderer.formats[language]


def over_after_s(appointment: Appointment, since: datetime, *, target_s: int) -> int:
    """Return after how many seconds a wait is too long: coming early is no delay of ours."""
    early_s = max(0.0, (appointment.starts_at - since).total_seconds())
    return target_s + int(early_s)


def milliseconds(at: datetime) -> int:
    """Return a time as scripts take it, since 1970."""
    return int(at.timestamp() * 1000)
