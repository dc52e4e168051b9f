"""REST: GET /api/v1/appointments/{id}/feedback, what the customer said of it and how their case stands."""

from __future__ import annotations

from aiohttp import web

from vap_meet.domain.errors import NotFound
from vap_meet.services.published import FeedbackOut
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_types import CaseOut, FeedbackAndCaseOut
from vap_meet.web.appkeys import CLOCK, FEEDBACK

routes = web.RouteTableDef()


@routes.get("/api/v1/appointments/{id}/feedback")
@door(answer=FeedbackAndCaseOut)
async def get(call: Call) -> Reply[FeedbackAndCaseOut]:
    """Answer the feedback; the case is null unless an unhappy customer has opened one."""
    app = call.request.app
    given = await app[FEEDBACK].of(call.appointment_id)
    if given is None:
        raise NotFound("There is no feedback yet.")
    case = await app[FEEDBACK].case_of(call.appointment_id)
    return Reply(
        content=FeedbackAndCaseOut(
            feedback=FeedbackOut.of(given), case=None if case is None else CaseOut.of(case, app[CLOCK]())
        )
    )
