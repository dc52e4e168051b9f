"""The agent's pages: the console and one appointment's call page. What that page writes is `agent_outcome`'s.

GET /agent/                       who waits, today, answers I owe
GET /agent/board.json             the same, polled
GET /agent/appointments/{id}      the call, the record beside it, the outcome
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import AppointmentState, IdentityAssurance, Language
from vap_meet.services import disclosure
from vap_meet.web.agent_form import form_of, mode_of
from vap_meet.web.agent_outcome import routes
from vap_meet.web.appkeys import (
    BOARD,
    BOOKING,
    CLOCK,
    DB,
    DEVICE_CHECKS,
    OUTCOMES,
    RENDERER,
    SESSIONS,
    SETTINGS,
)
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.staff_words import StaffWords, participants_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.session import SessionView
    from vap_meet.services.board import AgentBoard, BoardRow
    from vap_meet.services.device_checks import DeviceCheck
    from vap_meet.web.agent_form import OutcomeForm
    from vap_meet.web.formats import Formats
    from vap_meet.web.i18n import Catalogue

__all__ = ["routes"]

_CALL_WORDS = ("agent.js.", "agent.media.", "agent.outcome.compare", "signin.title", "common.try_again")


@routes.get("/agent/")
@staff_required("agent")
async def console(request: web.Request) -> web.StreamResponse:
    """Show the console; its script draws the board and keeps it fresh."""
    return request.app[RENDERER].page(
        request,
        "agent/console.html",
        title_key="agent.console.title",
        page_data={"board": await _board(request), "boardUrl": "/agent/board.json"},
        js_prefixes=("agent.board.", "agent.live."),
        staff=staff_of(request),
        here="console",
        states=tuple(AppointmentState),
        wait_target_s=request.app[SETTINGS].wait_target_minutes * 60,
    )


@routes.get("/agent/board.json")
@staff_required("agent")
async def board(request: web.Request) -> web.StreamResponse:
    """Return the board in the reader's words."""
    return web.json_response(
        await _board(request), headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Encoding"}
    )


@routes.get("/agent/appointments/{id}")
@staff_required("agent")
async def appointment_page(request: web.Request) -> web.StreamResponse:
    """Show one appointment: the call where there may be one, the record, the outcome."""
    app, appointment_id = request.app, request.match_info["id"]
    appointment = await app[BOOKING].get(appointment_id)
    session = await app[SESSIONS].session(appointment_id)
    versions = await app[OUTCOMES].versions(appointment_id)
    draft = await app[OUTCOMES].draft(appointment_id)
    items = await app[SESSIONS].timeline(appointment_id)
    authors = {version.author for version in versions}
    words = StaffWords(
        _texts(request)[0], await disclosure.named(app[DB], participants_in(items, authors=authors))
    )
    checked = await app[DEVICE_CHECKS].of([appointment_id])
    target_s = app[SETTINGS].wait_target_minutes * 60
    mode, opens_at = mode_of(appointment, versions, settings=app[SETTINGS], now=app[CLOCK]())
    form = form_of(mode, versions, draft)
    return app[RENDERER].page(
        request,
        "agent/appointment.html",
        title_key="agent.call.title",
        title_params={"reference": appointment.reference},
        page_data={
            "call": _call_data(appointment, session, target_s=target_s) if mode == "live" else None,
            "outcome": _outcome_data(appointment, session, form) if form else None,
        },
        js_prefixes=(
            "agent.js.",
            "agent.media.",
            "agent.outcome.compare",
            "signin.title",
            "common.try_again",
        ),
        staff=staff_of(request),
        here="appointment",
        appointment=appointment,
        session=session,
        mode=mode,
        opens_at=opens_at,
        form=form,
        check=checked.get(appointment_id),
        identity=session.identity_assurance if session else IdentityAssurance.LINK,
        versions=versions[::-1],
        authors={author: words.author(author) for author in authors},
        steps=words.steps(items),
        wait_target_s=target_s,
    )


def _call_data(appointment: Appointment, session: SessionView | None, *, target_s: int) -> dict[str, Any]:
    """Return what the call's script needs."""
    return {
        "signalPath": f"/signal?appointment={appointment.id}",
        "identityUrl": f"/agent/appointments/{appointment.id}/identity",
        "customerId": CUSTOMER,
        "customer": appointment.customer.name,
        "startsAt": _milliseconds(appointment.starts_at),
        "targetS": target_s,
        "waitingSince": _milliseconds(session.waiting_since) if session and session.waiting_since else None,
    }


def _outcome_data(appointment: Appointment, session: SessionView | None, form: OutcomeForm) -> dict[str, Any]:
    """Return what the form's script needs."""
    url = f"/agent/appointments/{appointment.id}/outcome"
    return {
        "outcomeUrl": url,
        "draftUrl": f"{url}/draft",
        "ifVersion": form.if_version,
        "sending": form.sending,
        "meeting": {
            "customerJoined": bool(session and session.first_joined_at),
            "everAdmitted": bool(session and session.first_admitted_at),
        },
    }


async def _board(request: web.Request) -> dict[str, Any]:
    texts, formats = _texts(request)
    app = request.app
    found = await app[BOARD].agent(staff_of(request).id)
    colleagues = {row.in_session_with for row in found.today if row.in_session_with}
    words = StaffWords(texts, await disclosure.named(app[DB], colleagues) if colleagues else {})
    target_s = app[SETTINGS].wait_target_minutes * 60
    checked = await app[DEVICE_CHECKS].of([row.appointment.id for row in found.waiting])
    return _BoardWords(texts, formats, words, target_s, checked).board(found, app[CLOCK]())


@dataclass(frozen=True, slots=True)
class _BoardWords:
    """Puts a board into the words and formats of one language."""

    texts: Catalogue
    formats: Formats
    words: StaffWords
    target_s: int
    checked: Mapping[str, DeviceCheck]

    def board(self, found: AgentBoard, now: datetime) -> dict[str, Any]:
        return {
            "serverTime": _milliseconds(now),
            "updated": self.formats.time_s(now),
            "waiting": [self._waiting(row) for row in found.waiting],
            "today": [self._today(row, now) for row in found.today],
            "owed": [self._owed(row) for row in found.owed],
        }

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
            "waitingSince": _milliseconds(since),
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
            "state": appointment.state,
            "with": self.words.participant(row.in_session_with) if row.in_session_with else None,
        }

    def _when(self, at: datetime, now: datetime) -> str:
        """Return the time; the day too where it is another one, as around midnight."""
        day = self.formats.day(at)
        return self.formats.time(at) if day == self.formats.day(now) else f"{day} {self.formats.time(at)}"

    def _owed(self, row: BoardRow) -> dict[str, Any]:
        return {**self._who(row.appointment), "since": self.formats.date_time(row.appointment.updated_at)}


def _texts(request: web.Request) -> tuple[Catalogue, Formats]:
    renderer = request.app[RENDERER]
    language = renderer.language(request)
    return renderer.catalogues[language], renderer.formats[language]


def over_after_s(appointment: Appointment, since: datetime, *, target_s: int) -> int:
    """Return after how many seconds a wait is too long: coming early is no delay of ours."""
    early_s = max(0.0, (appointment.starts_at - since).total_seconds())
    return target_s + int(early_s)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
