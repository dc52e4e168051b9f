"""Health for whoever runs this: alive, and ready with the reasons why not."""

from __future__ import annotations

from aiohttp import web

from vap_meet.services.readiness import reasons
from vap_meet.web.appkeys import DB

routes = web.RouteTableDef()


@routes.get("/health/live")
async def live(_request: web.Request) -> web.Response:
    """Answer as long as the event loop turns."""
    return web.json_response({"live": True}, headers={"Cache-Control": "no-store"})


@routes.get("/health/ready")
async def ready(request: web.Request) -> web.Response:
    """Answer 200 when people may be sent here, else 503 with the reasons as stable names."""
    found = await reasons(request.app[DB])
    return web.json_response(
        {"ready": not found, "reasons": found},
        status=503 if found else 200,
        headers={"Cache-Control": "no-store"},
    )
