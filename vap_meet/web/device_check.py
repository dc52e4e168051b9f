"""The device check's doors, under the visit and its cookie. Nothing here can keep anybody from joining.

GET  /v/{visit}/check            the page, reachable from the link days ahead
GET  /v/{visit}/check-plan.json  {paths: [{way, servers, relay}], words}: what to test, and what to say
POST /v/{visit}/echo             {sdp} -> {state, sdp, sound, picture, id}: the echo's answer, if it has room
POST /v/{visit}/echo/{id}        {candidates}: more of that offer's, as they are found
POST /v/{visit}/device-check     what was found -> {level, reason, way}, kept with the appointment
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar

from aiohttp import web
from msgspec import Meta, Struct

from vap_meet.domain.access import CUSTOMER, LinkStatus, refusal
from vap_meet.domain.device_check import Findings, verdict
from vap_meet.domain.errors import NotFound, UnsupportedMediaType
from vap_meet.services.limits import Bucket
from vap_meet.web.api_door import decode, read_body
from vap_meet.web.appkeys import DEVICE_CHECKS, ECHO, JOINING, LIMITS, RENDERER
from vap_meet.web.customer_pages import see_other, stop_page
from vap_meet.web.guards import browser_cookie

if TYPE_CHECKING:
    from vap_meet.services.device_checks import CheckPath
    from vap_meet.services.joining import VisitView

routes = web.RouteTableDef()

T = TypeVar("T")
MAX_SDP_CHARS = 32_000
_BEFORE_THE_CALL = frozenset({LinkStatus.EARLY, LinkStatus.OPEN})


class OfferIn(Struct, forbid_unknown_fields=True):
    """An offer; its candidates may follow."""

    sdp: Annotated[str, Meta(min_length=1, max_length=MAX_SDP_CHARS)]


class CandidatesIn(Struct, forbid_unknown_fields=True):
    """Candidates in the order they were found; an empty one says that there are no more."""

    candidates: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=20)]


@routes.get("/v/{visit}/check")
async def check_page(request: web.Request) -> web.StreamResponse:
    """Show the page of the check; after the appointment there is nothing to check for."""
    try:
        view = await request.app[JOINING].visit(
            request.match_info["visit"], browser=browser_cookie(request), as_guest=True
        )
    except NotFound:
        return stop_page(request, "visit", status=404)
    if view.status not in _BEFORE_THE_CALL:
        return see_other(f"/v/{view.visit_id}/")
    return request.app[RENDERER].page(
        request,
        "customer/check-page.html",
        title_key="check.title",
        language=view.appointment.customer.language,
        js_prefixes=("say.device.",),
        appointment=view.appointment,
        visit_id=view.visit_id,
    )


@routes.get("/v/{visit}/check-plan.json")
async def plan(request: web.Request) -> web.StreamResponse:
    """Return which paths to test, and get the echo ready meanwhile."""
    view = await _visit(request)
    await request.app[ECHO].warm()
    renderer = request.app[RENDERER]
    language = renderer.language(request, view.appointment.customer.language)
    return web.json_response(
        {
            "paths": [_path(path) for path in request.app[DEVICE_CHECKS].paths(view.participant_id)],
            "words": renderer.js_strings(language, "check.say."),
        }
    )


@routes.post("/v/{visit}/echo")
async def echo(request: web.Request) -> web.StreamResponse:
    """Answer an offer; "full" and "unavailable" are answers, as the check goes on without an echo."""
    view = await _visit(request)
    request.app[LIMITS].hit(Bucket.ECHO, view.visit_id)
    offer = await _read(request, OfferIn)
    return web.json_response(asdict(await request.app[ECHO].answer(offer.sdp)))


@routes.post("/v/{visit}/echo/{id:[0-9a-f]{16}}")
async def candidates(request: web.Request) -> web.StreamResponse:
    """Pass more candidates of an offer on; one that is gone takes none."""
    view = await _visit(request)
    request.app[LIMITS].hit(Bucket.ECHO_CANDIDATES, view.visit_id)
    more = await _read(request, CandidatesIn)
    await request.app[ECHO].add(request.match_info["id"], more.candidates)
    return web.Response(status=204)


@routes.post("/v/{visit}/device-check")
async def record(request: web.Request) -> web.StreamResponse:
    """Judge what was found; the customer's own is kept for the agent to see."""
    view = await _visit(request)
    request.app[LIMITS].hit(Bucket.DEVICE_CHECK, view.visit_id)
    found = await _read(request, Findings)
    if view.participant_id == CUSTOMER:
        reached = await request.app[DEVICE_CHECKS].record(view.appointment.id, found)
    else:
        reached = verdict(found)
    return web.json_response({"level": reached.level, "reason": reached.reason, "way": reached.way})


def _path(path: CheckPath) -> dict[str, object]:
    return {
        "way": path.way,
        "relay": path.relay,
        "servers": [
            {"urls": list(server.urls), "username": server.username, "credential": server.credential}
            if server.username
            else {"urls": list(server.urls)}
            for server in path.servers
        ],
    }


async def _visit(request: web.Request) -> VisitView:
    """Return the visit while there is still a call to come. Raises `NotFound` and as a link does."""
    view = await request.app[JOINING].visit(
        request.match_info["visit"], browser=browser_cookie(request), as_guest=True
    )
    if view.status not in _BEFORE_THE_CALL:
        raise refusal(view.status)
    return view


async def _read(request: web.Request, kind: type[T]) -> T:
    if request.content_type != "application/json":
        raise UnsupportedMediaType("The body has to be application/json.")
    return decode(await read_body(request), kind)
