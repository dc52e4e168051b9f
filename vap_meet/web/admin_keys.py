"""The admin's page of API keys: who may use the API, for what, and since when not any more.

GET  /admin/api-keys                 every key, and the form for a new one
POST /admin/api-keys                 name, scopes -> the page, with the secret, this once
POST /admin/api-keys/{id}/revoke     -> 303 to the list
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.api_scopes import EVERY_SCOPE, Scope
from vap_meet.domain.errors import InvalidRequest
from vap_meet.web.appkeys import API_KEYS, RENDERER
from vap_meet.web.guards import staff_of, staff_required

if TYPE_CHECKING:
    from collections.abc import Collection

routes = web.RouteTableDef()

LIST = "/admin/api-keys"


@routes.get(LIST)
@staff_required("admin")
async def keys_page(request: web.Request) -> web.StreamResponse:
    """Show the keys."""
    return await _page(request)


@routes.post(LIST)
@staff_required("admin")
async def add(request: web.Request) -> web.StreamResponse:
    """Make a key and show its secret; a refusal shows the form again with what was wrong."""
    form = await request.post()
    name = form.get("name", "")
    typed = name.replace("\0", "") if isinstance(name, str) else ""
    scopes = tuple(str(scope) for scope in form.getall("scopes", []))
    try:
        secret = await request.app[API_KEYS].add(typed, scopes, by=_by(request))
    except InvalidRequest as refusal:
        return await _page(request, name=typed, chosen=scopes, faults=frozenset(refusal.fields), status=422)
    return await _page(request, secret=secret)


@routes.post(LIST + "/{id}/revoke")
@staff_required("admin")
async def revoke(request: web.Request) -> web.StreamResponse:
    """Refuse a key from its next request on."""
    await request.app[API_KEYS].revoke(request.match_info["id"], by=_by(request))
    raise web.HTTPSeeOther(LIST)


async def _page(
    request: web.Request,
    *,
    name: str = "",
    chosen: Collection[str] = (),
    secret: str = "",
    faults: frozenset[str] = frozenset(),
    status: int = 200,
) -> web.Response:
    keys = await request.app[API_KEYS].all()
    return request.app[RENDERER].page(
        request,
        "admin/api-keys.html",
        title_key="api_keys.title",
        status=status,
        staff=staff_of(request),
        here="api_keys",
        keys=keys[::-1],
        every_scope=EVERY_SCOPE,
        scopes=tuple(Scope),
        name=name,
        chosen=chosen,
        secret=secret,
        faults=faults,
    )


def _by(request: web.Request) -> str:
    return f"staff:{staff_of(request).id}"
