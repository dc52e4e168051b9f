"""The pages that belong to nobody's task: the first page, the sign in the browser's tab, and robots."""

from __future__ import annotations

from aiohttp import web

from vap_meet.web.appkeys import RENDERER

routes = web.RouteTableDef()

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<rect width="40" height="40" rx="11" fill="#7c5e24"/>'
    '<g fill="none" stroke="#fff" stroke-width="2.5"><circle cx="16" cy="20" r="8"/>'
    '<circle cx="24" cy="20" r="8"/></g></svg>'
)
"""Two people's speech, overlapping: a neutral sign, no emblem of anybody's."""

_DAY = "public, max-age=86400"


@routes.get("/")
async def home(request: web.Request) -> web.Response:
    """Tell a customer to open the link of the message, and staff where to sign in."""
    return request.app[RENDERER].page(request, "home.html", title_key="home.title")


@routes.get("/favicon.svg")
@routes.get("/favicon.ico")
async def favicon(_request: web.Request) -> web.Response:
    """Serve the sign for the browser's tab."""
    return web.Response(
        text=FAVICON, content_type="image/svg+xml", charset="utf-8", headers={"Cache-Control": _DAY}
    )


@routes.get("/robots.txt")
async def robots(_request: web.Request) -> web.Response:
    """Keep search engines out: nothing here is for finding."""
    return web.Response(text="User-agent: *\nDisallow: /\n", headers={"Cache-Control": _DAY})
