"""REST `/api/v1`, the booking system's side: every door, with an API key as `Authorization: Bearer vapk_...`.

Answers are JSON, refusals `application/problem+json` (`vap_meet.web.problems`). An edit of what exists names
the version it was made from (`If-Match` with the `ETag`); `Idempotency-Key` makes a PUT or POST repeatable.
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.web import (
    api_agents,
    api_appointments,
    api_assigning,
    api_feedback,
    api_invitations,
    api_joining,
    api_outcomes,
    api_services,
    api_slots,
    api_webhooks,
    openapi,
)

DOORS: tuple[web.RouteDef, ...] = tuple(
    route
    for doors in (
        api_agents.routes,
        api_appointments.routes,
        api_assigning.routes,
        api_feedback.routes,
        api_invitations.routes,
        api_joining.routes,
        api_outcomes.routes,
        api_services.routes,
        api_slots.routes,
        api_webhooks.routes,
    )
    for route in doors
    if isinstance(route, web.RouteDef)
)

routes = (*DOORS, openapi.route_of(DOORS))
