"""REST: what came of the appointment.

GET /api/v1/appointments/{id}/session   the session as projected from the facts, and its timeline
PUT /api/v1/appointments/{id}/outcome   the outcome; with If-Match and a reason, an amendment
GET /api/v1/appointments/{id}/outcome   the latest version and all of them; its version is the ETag
"""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import ErrorCode, NotFound
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_promise import IfMatch
from vap_meet.web.api_types import OutcomeIn, OutcomeOut, OutcomesOut, SessionOut, TimelineOut
from vap_meet.web.appkeys import BOOKING, OUTCOMES, SESSIONS

routes = web.RouteTableDef()


class SessionAndTimelineOut(Struct, frozen=True, kw_only=True):
    """What is known of a session, null as long as nobody has come, and every fact in its order."""

    session: SessionOut | None
    timeline: tuple[TimelineOut, ...]


@routes.get("/api/v1/appointments/{id}/session")
@door(answer=SessionAndTimelineOut, scope=Scope.APPOINTMENTS_READ)
async def session(call: Call) -> Reply[SessionAndTimelineOut]:
    """Answer the session, null as long as nobody has come, and its timeline."""
    sessions = call.request.app[SESSIONS]
    view = await sessions.session(call.appointment_id)
    timeline = await sessions.timeline(call.appointment_id)
    return Reply(
        content=SessionAndTimelineOut(
            session=None if view is None else SessionOut.of(view),
            timeline=tuple(TimelineOut.of(item) for item in timeline),
        )
    )


@routes.put("/api/v1/appointments/{id}/outcome")
@door(
    answer=OutcomeOut,
    scope=Scope.OUTCOMES_WRITE,
    body=OutcomeIn,
    statuses=(200, 201),
    refusals=(ErrorCode.VERSION_REQUIRED, ErrorCode.WRONG_STATE, ErrorCode.REASON_REQUIRED),
    if_match=IfMatch.ALLOWED,
    etag=True,
)
async def put(call: Call) -> Reply[OutcomeOut]:
    """Put the outcome, or amend it."""
    body = call.read(OutcomeIn)
    version = await call.request.app[OUTCOMES].put(
        call.appointment_id,
        body.content(),
        author=call.by,
        reason=body.reason,
        if_version=call.if_match(),
        answer_pending=body.answer_pending,
    )
    return Reply(
        content=OutcomeOut.of(version),
        status=201 if version.version == 1 else 200,
        version=version.version,
        location=f"/api/v1/appointments/{version.appointment_id}/outcome" if version.version == 1 else None,
    )


@routes.get("/api/v1/appointments/{id}/outcome")
@door(answer=OutcomesOut, scope=Scope.OUTCOMES_READ, etag=True)
async def get(call: Call) -> Reply[OutcomesOut]:
    """Answer every version of the outcome."""
    await call.request.app[BOOKING].get(call.appointment_id)
    versions = await call.request.app[OUTCOMES].versions(call.appointment_id)
    if not versions:
        raise NotFound("There is no outcome yet.")
    shown = tuple(OutcomeOut.of(version) for version in versions)
    return Reply(content=OutcomesOut(latest=shown[-1], versions=shown), version=versions[-1].version)
