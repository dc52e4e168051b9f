"""The demonstration's outbox: messages as customers would get them. Served only in a demo."""

from __future__ import annotations

from aiohttp import web

from vap_meet.web.appkeys import RENDERER, SHELF

routes = web.RouteTableDef()


@routes.get("/dev/outbox")
async def show(request: web.Request) -> web.StreamResponse:
    """Show what would have been sent, the newest first."""
    return request.app[RENDERER].page(
        request, "demo/outbox.html", title_key="outbox.title", shelved=request.app[SHELF].newest()
    )
