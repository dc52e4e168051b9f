"""The admin's pages of webhooks: endpoints, what they were told, and what can be done about it.

GET  /admin/webhooks                        the endpoints, and the form for a new one
POST /admin/webhooks                        register one -> 303 to its page
GET  /admin/webhooks/{id}                   ?unfinished=1&before=msg_...  its messages, each attempt
POST /admin/webhooks/{id}/{action}          verify, rotate, disable, enable, secret, remove, send-again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.webhooks import EVENTS
from vap_meet.services.webhooks import PAGE
from vap_meet.web.appkeys import RENDERER, WEBHOOKS
from vap_meet.web.guards import staff_of, staff_required

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vap_meet.services.webhooks import Webhooks

    Action = Callable[[Webhooks, str, str], Awaitable[object]]

routes = web.RouteTableDef()

LIST = "/admin/webhooks"
ONE = LIST + "/{endpoint}"

_ACTIONS: dict[str, Action] = {
    "verify": lambda webhooks, one, by: webhooks.verify(one, by=by),
    "rotate": lambda webhooks, one, by: webhooks.rotate(one, by=by),
    "disable": lambda webhooks, one, by: webhooks.disable(one, by=by),
    "enable": lambda webhooks, one, by: webhooks.enable(one, by=by),
    "remove": lambda webhooks, one, by: webhooks.remove(one, by=by),
}


@routes.get(LIST)
@staff_required("admin")
async def endpoints_page(request: web.Request) -> web.StreamResponse:
    """Show the endpoints."""
    return await _list(request)


@routes.post(LIST)
@staff_required("admin")
async def add(request: web.Request) -> web.StreamResponse:
    """Register an endpoint; a refusal shows the form again with what was wrong."""
    form = await request.post()
    url, description = (str(form.get(name, "")).strip() for name in ("url", "description"))
    events = tuple(str(event) for event in form.getall("events", []))
    try:
        endpoint = await request.app[WEBHOOKS].add(
            url=url, events=events, description=description, by=_by(request)
        )
    except InvalidRequest as refusal:
        faults = frozenset(refusal.fields) or frozenset({"url"})
        return await _list(
            request, url=url, description=description, chosen=events, faults=faults, status=422
        )
    raise web.HTTPSeeOther(f"{LIST}/{endpoint.id}")


@routes.get(ONE)
@staff_required("admin")
async def endpoint_page(request: web.Request) -> web.StreamResponse:
    """Show one endpoint."""
    return await _one(request)


@routes.post(ONE + "/secret")
@staff_required("admin")
async def secret(request: web.Request) -> web.StreamResponse:
    """Show the newest secret, this once."""
    return await _one(request, show_secret=True)


@routes.post(ONE + "/send-again")
@staff_required("admin")
async def send_again(request: web.Request) -> web.StreamResponse:
    """Send one message again, or all that were given up."""
    form = await request.post()
    message = form.get("message")
    endpoint_id = request.match_info["endpoint"]
    await request.app[WEBHOOKS].send_again(
        endpoint_id, [message] if isinstance(message, str) and message else None, by=_by(request)
    )
    raise web.HTTPSeeOther(f"{LIST}/{endpoint_id}")


@routes.post(ONE + "/{action}")
@staff_required("admin")
async def act(request: web.Request) -> web.StreamResponse:
    """Do one of the things that need no more than a button."""
    action, endpoint_id = request.match_info["action"], request.match_info["endpoint"]
    if action not in _ACTIONS:
        raise web.HTTPNotFound
    try:
        await _ACTIONS[action](request.app[WEBHOOKS], endpoint_id, _by(request))
    except InvalidRequest as refusal:
        return await _one(request, problem=next(iter(refusal.fields.values()), ""), status=422)
    raise web.HTTPSeeOther(LIST if action == "remove" else f"{LIST}/{endpoint_id}")


async def _list(
    request: web.Request,
    *,
    url: str = "",
    description: str = "",
    chosen: tuple[str, ...] = EVENTS,
    faults: frozenset[str] = frozenset(),
    status: int = 200,
) -> web.Response:
    return request.app[RENDERER].page(
        request,
        "admin/webhooks.html",
        title_key="webhooks.title",
        status=status,
        staff=staff_of(request),
        here="webhooks",
        endpoints=await request.app[WEBHOOKS].list(),
        events=EVENTS,
        url=url,
        description=description,
        chosen=chosen,
        faults=faults,
    )


async def _one(
    request: web.Request, *, show_secret: bool = False, problem: str = "", status: int = 200
) -> web.Response:
    webhooks = request.app[WEBHOOKS]
    endpoint = await webhooks.get(request.match_info["endpoint"])
    unfinished = bool(request.query.get("unfinished"))
    messages = await webhooks.deliveries(
        endpoint.id, unfinished=unfinished, before=request.query.get("before") or None
    )
    older = ""
    if len(messages) == PAGE:
        kept = "unfinished=1&" if unfinished else ""
        older = f"{LIST}/{endpoint.id}?{kept}before={messages[-1].id}"
    return request.app[RENDERER].page(
        request,
        "admin/webhook.html",
        title_key="webhooks.one.title",
        status=status,
        staff=staff_of(request),
        here="webhook",
        endpoint=endpoint,
        secret=webhooks.secret(endpoint) if show_secret else "",
        problem=problem,
        messages=messages,
        unfinished=unfinished,
        older=older,
    )


def _by(request: web.Request) -> str:
    return f"staff:{staff_of(request).id}"
