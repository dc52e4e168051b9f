"""Health for whoever runs this: alive, ready with the reasons why not, and what is degraded meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from vap_meet.services.readiness import reasons, reasons_of_backlogs, reasons_of_rooms
from vap_meet.web.appkeys import CLOCK, DB, HEALTH, ROOMS

if TYPE_CHECKING:
    from vap_meet.services.health import Health

routes = web.RouteTableDef()


@routes.get("/health/live")
async def live(_request: web.Request) -> web.Response:
    """Answer as long as the event loop turns."""
    return web.json_response({"live": True}, headers={"Cache-Control": "no-store"})


@routes.get("/health/ready")
async def ready(request: web.Request) -> web.Response:
    """Answer 200 when people may be sent here, else 503 with the reasons as stable names.

    ``{ready, reasons, degraded, turn: [{url, ok, fault}]}``: a broken TURN server takes nobody out of
    service, since most calls need none, but it is there to be alerted on.
    """
    db = request.app[DB]
    found = await reasons(db) or await reasons_of_backlogs(db, request.app[CLOCK])
    found += await reasons_of_rooms(request.app[ROOMS])
    return web.json_response(
        {"ready": not found, "reasons": found, **_degraded(request.app[HEALTH])},
        status=503 if found else 200,
        headers={"Cache-Control": "no-store"},
    )


def _degraded(health: Health) -> dict[str, Any]:
    return {
        "degraded": health.degraded,
        "turn": [
            {
                "url": state.url,
                "ok": None if state.checked_at is None else not state.is_broken,
                "fault": state.fault,
            }
            for state in health.turn
        ],
    }
