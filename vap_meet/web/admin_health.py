"""The admin's page of how the service itself is: GET /admin/health."""

from __future__ import annotations

from aiohttp import web

from vap_meet.web.appkeys import CLOCK, HEALTH, RENDERER
from vap_meet.web.guards import staff_of, staff_required

routes = web.RouteTableDef()


@routes.get("/admin/health")
@staff_required("admin")
async def health_page(request: web.Request) -> web.StreamResponse:
    """Show every part with its verdict in words, as it is now."""
    return request.app[RENDERER].page(
        request,
        "admin/health.html",
        title_key="health.title",
        staff=staff_of(request),
        here="health",
        report=await request.app[HEALTH].report(),
        now=request.app[CLOCK](),
    )
