"""The public keys of join tokens, for whoever wants to verify one."""

from __future__ import annotations

import msgspec
from aiohttp import web

from vap_meet.web.appkeys import JOINING

routes = web.RouteTableDef()


@routes.get("/.well-known/jwks.json")
async def jwks(request: web.Request) -> web.StreamResponse:
    """Answer the JSON Web Key Set (RFC 7517)."""
    return web.Response(
        body=msgspec.json.encode(request.app[JOINING].jwks()),
        content_type="application/jwk-set+json",
        headers={"Cache-Control": "public, max-age=300"},
    )
