"""The agent's pages of a caller's appointment: found by reference or phone, moved, called off.

POST /agent/callers                   number -> one appointment, or the list of a phone's; audited
GET  /agent/callers/{id}              one of them, contacts masked
POST /agent/callers/{id}/reveal       a reason -> the same page with contacts, audited
GET/POST /agent/callers/{id}/move     day, start
POST /agent/callers/{id}/cancel       reason

Numbers are sent in forms, never in addresses, which stay in histories and logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.errors import DomainError, InvalidRequest, VersionConflict, WrongState
from vap_meet.domain.slot_errors import ChangeTooLate, NotBookable
from vap_meet.services import disclosure
from vap_meet.services.callers import MAX_QUERY_CHARS
from vap_meet.web.agent_booking import FIRST, booking_page
from vap_meet.web.appkeys import AVAILABILITY, CALLERS, CLOCK, DB, RENDERER
from vap_meet.web.booking import TIME_FAULTS
from vap_meet.web.booking_form import read_start, start_text
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.slot_choice import asked_for

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.services.callers import CallersAppointment
    from vap_meet.services.disclosure import Contact

routes = web.RouteTableDef()

ALL = "/agent/callers"
ONE = ALL + "/{id}"
MAX_REASON_CHARS = 500


@routes.get(ALL)
@staff_required("agent")
async def begin_again(_request: web.Request) -> web.StreamResponse:
    """Lead whoever comes back without a form (another language, a reload) to where it begins."""
    return see_other(FIRST)


@routes.post(ALL)
@staff_required("agent")
async def find(request: web.Request) -> web.StreamResponse:
    """Find by reference or phone."""
    sought = (await _text(request, "number"))[:MAX_QUERY_CHARS]
    found = await request.app[CALLERS].find(sought, by=_by(request))
    if not found:
        return await booking_page(request, sought=sought, nothing=True, status=404)
    if len(found) == 1:
        return see_other(f"{ALL}/{found[0].appointment.id}")
    return request.app[RENDERER].page(
        request,
        "agent/callers.html",
        title_key="callers.found_title",
        staff=staff_of(request),
        here="booking",
        found=found,
    )


@routes.get(ONE)
@staff_required("agent")
async def caller_page(request: web.Request) -> web.StreamResponse:
    """Show one appointment and what can be done with it."""
    return await _page(request)


@routes.post(ONE + "/reveal")
@staff_required("agent")
async def reveal(request: web.Request) -> web.StreamResponse:
    """Show the contacts once, for a reason; the audit entry is committed before anything is shown."""
    app = request.app
    try:
        contact = await disclosure.reveal(
            app[DB],
            app[CLOCK],
            request.match_info["id"],
            by=_by(request),
            reason=await _text(request, "reason"),
        )
    except InvalidRequest:
        return await _page(request, reveal_problem=True, status=422)
    return await _page(request, contact=contact)


@routes.get(ONE + "/move")
@staff_required("agent")
async def move_page(request: web.Request) -> web.StreamResponse:
    """Show the times it could move to, or ask whether to move to the one that was chosen."""
    return await _move(request, chosen=read_start(request.query.get("start", "")))


@routes.post(ONE + "/move")
@staff_required("agent")
async def move(request: web.Request) -> web.StreamResponse:
    """Move it; the customer gets the new link by message."""
    callers, one = request.app[CALLERS], await _found(request)
    start = read_start(await _text(request, "start"))
    if start is None:
        return see_other(f"{ALL}/{one.appointment.id}/move")
    try:
        await callers.move(one, start, by=_by(request))
    except (ChangeTooLate, VersionConflict, WrongState, NotBookable):
        return await _page(request, changed=True, status=409)
    except DomainError as error:
        if error.code.value not in TIME_FAULTS:
            raise
        return await _move(request, fault=error.code.value)
    return see_other(f"{ALL}/{one.appointment.id}?moved=1")


@routes.post(ONE + "/cancel")
@staff_required("agent")
async def cancel(request: web.Request) -> web.StreamResponse:
    """Call it off."""
    one = await _found(request)
    reason = (await _text(request, "reason"))[:MAX_REASON_CHARS]
    try:
        await request.app[CALLERS].cancel(one, reason=reason, by=_by(request))
    except (ChangeTooLate, VersionConflict, WrongState):
        return await _page(request, changed=True, status=409)
    return see_other(f"{ALL}/{one.appointment.id}?cancelled=1")


async def _page(
    request: web.Request,
    *,
    contact: Contact | None = None,
    reveal_problem: bool = False,
    changed: bool = False,
    status: int = 200,
) -> web.Response:
    one = await _found(request)
    customer = one.appointment.customer
    done = next((each for each in ("booked", "moved", "cancelled") if each in request.query), "")
    return request.app[RENDERER].page(
        request,
        "agent/caller.html",
        title_key="callers.one_title",
        title_params={"reference": one.appointment.reference},
        status=status,
        staff=staff_of(request),
        here="caller",
        one=one,
        contact=contact or disclosure.masked(phone=customer.phone, email=customer.email),
        told=request.app[CALLERS].is_told(one.appointment),
        done=done,
        reveal_problem=reveal_problem,
        changed=changed,
    )


async def _move(
    request: web.Request, *, chosen: datetime | None = None, fault: str = ""
) -> web.StreamResponse:
    one = await _found(request)
    if not one.may_move:
        return await _page(request, changed=True, status=409)
    try:
        slots = await request.app[AVAILABILITY].slots_to_move(one.appointment)
    except NotBookable:
        return await _page(request, changed=True, status=409)
    return request.app[RENDERER].page(
        request,
        "agent/caller-move.html",
        title_key="callers.move_title",
        status=409 if fault else 200,
        staff=staff_of(request),
        here="caller",
        appointment=one.appointment,
        base=f"{ALL}/{one.appointment.id}",
        choice=asked_for(request, slots),
        chosen=chosen,
        fault=fault,
        start_text=start_text,
    )


async def _found(request: web.Request) -> CallersAppointment:
    return await request.app[CALLERS].get(request.match_info["id"])


async def _text(request: web.Request, name: str) -> str:
    value = (await request.post()).get(name)
    return value.replace("\0", "").strip() if isinstance(value, str) else ""


def _by(request: web.Request) -> str:
    return f"staff:{staff_of(request).id}"
