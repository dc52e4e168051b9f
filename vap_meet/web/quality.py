"""Where each side of a call tells what it measured, every ten seconds.

POST /v/{visit}/quality                  the customer, by the visit's cookie: 204
POST /agent/appointments/{id}/quality    the agent, who is told how the call is: {level, reason, text}
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.domain.access import LinkStatus, refusal, staff_participant
from vap_meet.domain.errors import UnsupportedMediaType
from vap_meet.domain.quality import Measured
from vap_meet.services.limits import Bucket
from vap_meet.web.api_door import decode, read_body
from vap_meet.web.appkeys import JOINING, LIMITS, QUALITY, RENDERER
from vap_meet.web.guards import browser_cookie, staff_of, staff_required

routes = web.RouteTableDef()

MAX_BODY_BYTES = 2_000


@routes.post("/v/{visit}/quality")
async def of_customer(request: web.Request) -> web.StreamResponse:
    """Keep the customer's numbers."""
    view = await request.app[JOINING].visit(
        request.match_info["visit"], browser=browser_cookie(request), as_guest=True
    )
    if view.status is not LinkStatus.OPEN:
        raise refusal(view.status)
    request.app[LIMITS].hit(Bucket.QUALITY, view.visit_id)
    await request.app[QUALITY].tell(view.appointment.id, view.participant_id, await _read(request))
    return web.Response(status=204)


@routes.post("/agent/appointments/{id}/quality")
@staff_required("agent")
async def of_agent(request: web.Request) -> web.StreamResponse:
    """Keep the agent's numbers and say how the call is, in words."""
    appointment_id, member = request.match_info["id"], staff_of(request)
    request.app[LIMITS].hit(Bucket.QUALITY, f"{member.id}/{appointment_id}")
    told = await request.app[QUALITY].tell(appointment_id, staff_participant(member.id), await _read(request))
    renderer = request.app[RENDERER]
    texts = renderer.catalogues[renderer.language(request)]
    text = texts.t(f"quality.level.{told.level}", reason=texts.t(f"quality.reason.{told.reason}"))
    return web.json_response({"level": told.level, "reason": told.reason, "text": text})


async def _read(request: web.Request) -> Measured:
    if request.content_type != "application/json":
        raise UnsupportedMediaType("The body has to be application/json.")
    return decode(await read_body(request, limit=MAX_BODY_BYTES), Measured)
