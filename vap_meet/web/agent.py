"""The agent's pages: the console and one appointment's call page. What that page writes is `agent_outcome`'s.

GET /agent/                       who waits, today, answers I owe
GET /agent/board.json             the same, to be read again after each event of /agent/board/news, and polled
GET /agent/appointments/{id}      the call, the record beside it, the outcome
GET /agent/appointments/{id}/recorded.json   `{version}` of the outcome on the record, null if none
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from vap_meet.domain.access import CUSTOMER, staff_participant
from vap_meet.domain.appointment import AppointmentState, IdentityAssurance
from vap_meet.services import disclosure, presence
from vap_meet.web.agent_board import board_of, milliseconds, texts_of
from vap_meet.web.agent_form import form_of, mode_of
from vap_meet.web.agent_outcome import routes
from vap_meet.web.appkeys import (
    ATTACHMENTS,
    BOOKING,
    CALL_BACKS,
    CLOCK,
    COLLEAGUES,
    DB,
    DEVICE_CHECKS,
    HUB,
    OUTCOMES,
    RENDERER,
    REQUESTS,
    SESSIONS,
    SETTINGS,
)
from vap_meet.web.assignments import assignment_fault, assignment_of
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.staff_words import StaffWords, participants_in

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.session import SessionView
    from vap_meet.web.agent_form import OutcomeForm

__all__ = ["routes"]


@routes.get("/agent/")
@staff_required("agent")
async def console(request: web.Request) -> web.StreamResponse:
    """Show the console; its script draws the board and keeps it fresh."""
    return request.app[RENDERER].page(
        request,
        "agent/console.html",
        title_key="agent.console.title",
        page_data={
            "board": await board_of(request),
            "boardUrl": "/agent/board.json",
            "newsUrl": "/agent/board/news",
        },
        js_prefixes=("agent.board.", "agent.live.", "agent.call_in"),
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
        await board_of(request), headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Encoding"}
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
        texts_of(request)[0], await disclosure.named(app[DB], participants_in(items, authors=authors))
    )
    checked = await app[DEVICE_CHECKS].of([appointment_id])
    target_s = app[SETTINGS].wait_target_minutes * 60
    mode, opens_at = mode_of(
        appointment,
        versions,
        ended=session is not None and session.ended_at is not None,
        settings=app[SETTINGS],
        now=app[CLOCK](),
    )
    form = form_of(mode, versions, draft)
    ways = await app[CALL_BACKS].of(appointment_id)
    return app[RENDERER].page(
        request,
        "agent/appointment.html",
        title_key="agent.call.title",
        title_params={"reference": appointment.reference},
        page_data={
            "call": await _call_data(request, appointment, session) if mode == "live" else None,
            "outcome": _outcome_data(appointment, session, form) if form else None,
        },
        js_prefixes=(
            "agent.js.",
            "agent.media.",
            "say.call.",
            "say.guests.",
            "agent.people.",
            "say.files.",
            "say.proof.",
            "agent.outcome.compare",
            "signin.title",
            "common.try_again",
        ),
        staff=staff_of(request),
        here="appointment",
        appointment=appointment,
        assignment=await assignment_of(request, appointment),
        assignment_fault=assignment_fault(request),
        session=session,
        mode=mode,
        opens_at=opens_at,
        form=form,
        check=checked.get(appointment_id),
        call_back=ways.call_back,
        asks_call=ways.may_ask and appointment.customer.phone is not None,
        asks_request=bool(appointment.request_number) and app[REQUESTS].is_on,
        identity=session.identity_assurance if session else IdentityAssurance.LINK,
        versions=versions[::-1],
        authors={author: words.author(author) for author in authors},
        attachments=await app[ATTACHMENTS].of(appointment_id),
        steps=words.steps(items),
        wait_target_s=target_s,
    )


@routes.get("/agent/appointments/{id}/recorded.json")
@staff_required("agent")
async def recorded(request: web.Request) -> web.StreamResponse:
    """Answer which version of the outcome is on the record: another system may have put one meanwhile."""
    versions = await request.app[OUTCOMES].versions(request.match_info["id"])
    return web.json_response(
        {"version": versions[-1].version if versions else None}, headers={"Cache-Control": "no-store"}
    )


async def _call_data(
    request: web.Request, appointment: Appointment, session: SessionView | None
) -> dict[str, Any]:
    """Return what the call's script needs."""
    member = staff_of(request)
    online = frozenset[str]()
    if appointment.state is AppointmentState.IN_SESSION:
        online = await presence.online(request.app[HUB], appointment.id) or online
    asked = [one.staff_id for one in await request.app[COLLEAGUES].asked_of(appointment.id)]
    return {
        "held": staff_participant(member.id) in online,
        "asked": member.id in asked,
        "signalPath": f"/signal?appointment={appointment.id}",
        "identityUrl": f"/agent/appointments/{appointment.id}/identity",
        "customerId": CUSTOMER,
        "customer": appointment.customer.name,
        "startsAt": milliseconds(appointment.starts_at),
        "targetS": request.app[SETTINGS].wait_target_minutes * 60,
        "waitingSince": milliseconds(session.waiting_since) if session and session.waiting_since else None,
    }


def _outcome_data(appointment: Appointment, session: SessionView | None, form: OutcomeForm) -> dict[str, Any]:
    """Return what the form's script needs."""
    url = f"/agent/appointments/{appointment.id}/outcome"
    return {
        "outcomeUrl": url,
        "draftUrl": f"{url}/draft",
        "recordedUrl": f"/agent/appointments/{appointment.id}/recorded.json",
        "ifVersion": form.if_version,
        "sending": form.sending,
        "meeting": {
            "customerJoined": bool(session and session.first_joined_at),
            "everAdmitted": bool(session and session.first_admitted_at),
        },
    }
