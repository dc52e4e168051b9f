"""The join token's door, for whoever embeds appointments elsewhere.

GET  /join    a page whose script posts the token of its fragment: never in a path, query or log
POST /join    field `token`; without `notice=1` the notice is shown, the token waiting in its form
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.domain.errors import (
    DomainError,
    ErrorCode,
    LinkCancelled,
    LinkMoved,
    LinkOver,
    NoticeNotAccepted,
    TokenEarly,
    TokenExpired,
    TokenInvalid,
)
from vap_meet.services.limits import Bucket
from vap_meet.web.appkeys import JOINING, RENDERER
from vap_meet.web.customer_pages import (
    accepted,
    count_try,
    notice_page,
    stop_page,
    to_visit,
)
from vap_meet.web.guards import browser_cookie

routes = web.RouteTableDef()

_STOPS: dict[ErrorCode, tuple[str, int]] = {
    ErrorCode.TOKEN_INVALID: ("unknown", 403),
    ErrorCode.TOKEN_EXPIRED: ("unknown", 403),  # a stranger is not told that it was good once
    ErrorCode.TOKEN_EARLY: ("early", 403),
    ErrorCode.LINK_MOVED: ("moved", 410),
    ErrorCode.LINK_CANCELLED: ("cancelled", 410),
    ErrorCode.LINK_OVER: ("over", 410),
}


@routes.get("/join")
async def join_page(request: web.Request) -> web.StreamResponse:
    """Show the page that reads the fragment."""
    return request.app[RENDERER].page(request, "customer/join.html", title_key="link.title")


@routes.post("/join")
async def join(request: web.Request) -> web.StreamResponse:
    """Exchange a token for a visit; the notice comes first."""
    count_try(request, Bucket.ENTER)
    form = await request.post()
    token = form.get("token")
    if not isinstance(token, str) or not token:
        return stop_page(request, "unknown", status=400)
    try:
        entry = await request.app[JOINING].enter_by_token(
            token, browser=browser_cookie(request), notice_version=accepted(form.get("notice"))
        )
    except NoticeNotAccepted:
        return notice_page(request, action="/join", token=token)
    except (TokenInvalid, TokenExpired, TokenEarly, LinkMoved, LinkCancelled, LinkOver) as refusal:
        return _stop(request, refusal)
    return to_visit(request, entry)


def _stop(request: web.Request, refusal: DomainError) -> web.Response:
    kind, status = _STOPS[refusal.code]
    return stop_page(request, kind, status=status)
