"""The demonstration's door: three tiles, every other situation, and "start over". Served only in a demo."""

from __future__ import annotations

from io import BytesIO

from aiohttp import web

from vap_meet.services.demo import STAFF
from vap_meet.web.appkeys import DEMO, RENDERER, SETTINGS, SHELF, STAFFING
from vap_meet.web.guards import client_address, set_staff_cookie

routes = web.RouteTableDef()

TILES = frozenset({"now"})


@routes.get("/demo")
async def show(request: web.Request) -> web.StreamResponse:
    """Show the tiles: customer, agent, admin, and the other situations of the day."""
    links = await request.app[DEMO].links()
    return request.app[RENDERER].page(
        request,
        "demo/index.html",
        title_key="demo.title",
        customer_url=links.url("now"),
        situations=tuple(link for link in links.links if link.key not in TILES),
        staff=STAFF,
        api_key=links.api_key,
        lan=request.app[SETTINGS].public_url.startswith("https:"),
    )


@routes.post("/demo/start-over")
async def start_over(request: web.Request) -> web.StreamResponse:
    """Seed the day anew, relative to now."""
    request.app[SHELF].clear()
    await request.app[DEMO].start_over()
    raise web.HTTPSeeOther("/demo")


@routes.post("/demo/enter/{who}")
async def enter(request: web.Request) -> web.StreamResponse:
    """Sign a demonstration account in and go to its first page."""
    person = next((person for person in STAFF if person.username == request.match_info["who"]), None)
    if person is None:
        raise web.HTTPNotFound
    await request.app[DEMO].links()
    cookie, member = await request.app[STAFFING].sign_in(
        person.username, person.password, address=client_address(request)
    )
    response = web.HTTPSeeOther(f"/{member.role}/")
    set_staff_cookie(request, response, cookie)
    raise response


@routes.get("/demo/customer.svg")
async def customer_qr(request: web.Request) -> web.StreamResponse:
    """Answer the customer's link as a QR code, for a real phone on the same network."""
    import segno  # noqa: PLC0415 - every server would load it at start-up, for a demonstration's one picture

    links = await request.app[DEMO].links()
    image = BytesIO()
    segno.make(links.url("now"), error="m").save(image, kind="svg", scale=4, border=2, xmldecl=False)
    return web.Response(body=image.getvalue(), content_type="image/svg+xml")
