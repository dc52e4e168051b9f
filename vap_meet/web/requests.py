"""Where an appointment's request stands, asked for by pages that are there already.

GET  /agent/appointments/{id}/request.json   ?fresh=1   what the back office says; audited
GET  /v/{visit}/request.json                            what the customer may read
POST /mine/request.json                      {ticket}   the same, for who has just proved the phone

    {"found": "found", "status": "...", "missing": [...], "actor": "...", "next": "...", "updated": "..."}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from msgspec import Struct

from vap_meet.domain.access import Role
from vap_meet.domain.errors import NotFound
from vap_meet.domain.request_status import NextActor
from vap_meet.services.limits import Bucket, address_key
from vap_meet.web.api_door import decode, read_body
from vap_meet.web.appkeys import JOINING, LIMITS, RENDERER, REQUESTS
from vap_meet.web.guards import browser_cookie, client_address, staff_of, staff_required

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Language
    from vap_meet.domain.request_status import Finding, Words

routes = web.RouteTableDef()

MAX_TICKET_BYTES = 1024


class TicketIn(Struct, forbid_unknown_fields=True):
    """What `/mine` has put on its page."""

    ticket: str


@routes.get("/agent/appointments/{id}/request.json")
@staff_required("agent")
async def for_agent(request: web.Request) -> web.StreamResponse:
    """Answer what the back office says."""
    member = staff_of(request)
    request.app[LIMITS].hit(Bucket.REQUEST, member.id)
    finding = await request.app[REQUESTS].for_staff(
        request.match_info["id"], by=f"staff:{member.id}", fresh="fresh" in request.query
    )
    matches = finding.status.phone_matches if finding.status else None
    return _answer(request, finding, phoneMatches=matches)


@routes.get("/v/{visit}/request.json")
async def for_customer(request: web.Request) -> web.StreamResponse:
    """Answer what the customer of this visit may read."""
    view = await request.app[JOINING].visit(request.match_info["visit"], browser=browser_cookie(request))
    if view.role is not Role.CUSTOMER:
        raise NotFound("This is the customer's.")
    request.app[LIMITS].hit(Bucket.REQUEST, view.visit_id)
    finding = await request.app[REQUESTS].for_customer(view.appointment)
    return _answer(request, finding, offered=view.appointment.customer.language)


@routes.post("/mine/request.json")
async def for_ticket(request: web.Request) -> web.StreamResponse:
    """Answer what who has proved the phone may read."""
    request.app[LIMITS].hit(Bucket.REQUEST, address_key(client_address(request)))
    body = decode(await read_body(request, limit=MAX_TICKET_BYTES), TicketIn)
    return _answer(request, await request.app[REQUESTS].for_ticket(body.ticket))


def _answer(
    request: web.Request, finding: Finding, *, offered: Language | None = None, **more: Any
) -> web.Response:
    """Return a finding in the reader's words."""
    renderer = request.app[RENDERER]
    language = renderer.language(request, offered)
    content: dict[str, Any] = {"found": finding.found}
    if status := finding.status:
        t = renderer.catalogues[language].t
        is_theirs = status.next_actor is NextActor.CUSTOMER and not request.path.startswith("/agent/")
        content |= {
            "status": _said(status.status, language),
            "missing": [_said(one, language) for one in status.missing],
            "actor": t(f"request.actor.{status.next_actor}" + (".you" if is_theirs else "")),
            "next": _said(status.next_step, language) if status.next_step else "",
            "updated": renderer.formats[language].date_time(status.updated_at),
            **more,
        }
    return web.json_response(content, headers={"Cache-Control": "no-store"})


def _said(words: Words, language: Language) -> str:
    return words.ar if language == "ar" else words.en
