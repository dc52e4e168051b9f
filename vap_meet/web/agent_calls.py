"""Customers an agent has to telephone because a call could not be held.

GET  /agent/call-backs               what is one's own to do, what nobody has taken, what was done lately
POST /agent/call-backs/{id}          the agent asks for a call to this appointment's customer -> 303
POST /agent/call-backs/{id}/take     -> 303
POST /agent/call-backs/{id}/tried    result: reached | not_reached, note -> 303: to the answer, or the list
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.domain.call_backs import MAX_NOTE_CHARS, MAX_TRIES, Asker
from vap_meet.domain.errors import InvalidRequest, WrongState
from vap_meet.web.appkeys import CALL_BACKS, CLOCK, OUTCOMES, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required

routes = web.RouteTableDef()

PAGE = "/agent/call-backs"


@routes.get(PAGE)
@staff_required("agent")
async def calls_page(request: web.Request) -> web.StreamResponse:
    """Show whom to call, the most urgent first."""
    return await _page(request)


@routes.post(PAGE + "/{id}")
@staff_required("agent")
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for a call; it is then the agent's own."""
    appointment_id, me = request.match_info["id"], staff_of(request).id
    try:
        await request.app[CALL_BACKS].ask(appointment_id, by=Asker.AGENT, staff_id=me)
    except InvalidRequest:
        return await _page(request, trouble="no_number", status=422)
    except WrongState:
        return await _page(request, trouble="nothing_left", status=409)
    return _to(appointment_id)


@routes.post(PAGE + "/{id}/take")
@staff_required("agent")
async def take(request: web.Request) -> web.StreamResponse:
    """Make a call one's own."""
    appointment_id = request.match_info["id"]
    try:
        await request.app[CALL_BACKS].take(appointment_id, staff_id=staff_of(request).id)
    except WrongState:
        return await _page(request, trouble="gone", status=409)
    return _to(appointment_id)


@routes.post(PAGE + "/{id}/tried")
@staff_required("agent")
async def tried(request: web.Request) -> web.StreamResponse:
    """Note a call; who was reached is owed the written answer, unless it is there."""
    appointment_id, form = request.match_info["id"], await request.post()
    reached, note = form.get("result") == "reached", form.get("note")
    try:
        await request.app[CALL_BACKS].tried(
            appointment_id,
            reached=reached,
            note=note.replace("\r\n", "\n") if isinstance(note, str) else "",
            staff_id=staff_of(request).id,
        )
    except InvalidRequest:
        return await _page(request, trouble="note", status=422)
    except WrongState:
        return await _page(request, trouble="gone", status=409)
    if reached and not await request.app[OUTCOMES].versions(appointment_id):
        return see_other(f"/agent/appointments/{appointment_id}")
    return _to(appointment_id)


def _to(appointment_id: str) -> web.Response:
    return see_other(f"{PAGE}#call-{appointment_id}")


async def _page(request: web.Request, *, trouble: str = "", status: int = 200) -> web.Response:
    member, now = staff_of(request), request.app[CLOCK]()
    desk = await request.app[CALL_BACKS].desk(member.id)
    return request.app[RENDERER].page(
        request,
        "agent/call-backs.html",
        title_key="agent.calls.title",
        status=status,
        staff=member,
        here="calls",
        desk=desk,
        states={
            row.call_back.appointment_id: row.call_back.state(now).value for row in (*desk.open, *desk.closed)
        },
        max_tries=MAX_TRIES,
        max_note=MAX_NOTE_CHARS,
        trouble=trouble,
    )
