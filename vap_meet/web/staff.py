"""The staff's doors: signing in and out.

GET  /staff/sign-in     the form; whoever is signed in goes on to their first page
POST /staff/sign-in     username, password, next -> cookie -> 303 to `next` or the first page
POST /staff/sign-out    -> 303 to the form
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.errors import BadCredentials, RateLimited, Unavailable
from vap_meet.web.appkeys import RENDERER, STAFFING
from vap_meet.web.guards import (
    client_address,
    forget_staff_cookie,
    local_path,
    set_staff_cookie,
    staff_cookie,
)

if TYPE_CHECKING:
    from vap_meet.domain.access import StaffRole
    from vap_meet.web.i18n import Catalogue

routes = web.RouteTableDef()

SIGN_IN = "/staff/sign-in"


def first_page(role: StaffRole) -> str:
    """Return where somebody of this role begins."""
    return f"/{role}/"


def safe_next(wanted: str, role: StaffRole) -> str:
    """Return `wanted` if it is a path of this role's own pages, else the role's first page.

    Anything else could lead to another site, or to a page that the role can't open.
    """
    home = first_page(role)
    return local_path(wanted, otherwise=home) if wanted.startswith(home) else home


@routes.get(SIGN_IN)
async def sign_in_page(request: web.Request) -> web.StreamResponse:
    """Show the form."""
    wanted = request.query.get("next", "")
    member = await request.app[STAFFING].who(staff_cookie(request))
    if member is not None:
        raise web.HTTPSeeOther(safe_next(wanted, member.role))
    return _form(request, wanted=wanted)


@routes.post(SIGN_IN)
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Sign in; a refusal shows the form again and says no more than it must."""
    form = await request.post()
    username, password, wanted = (_text(form.get(name)) for name in ("username", "password", "next"))
    if not username or not password:
        return _form(request, wanted=wanted, username=username, problem="signin.missing", status=422)
    try:
        cookie, member = await request.app[STAFFING].sign_in(
            username, password, address=client_address(request)
        )
    except BadCredentials:
        return _form(request, wanted=wanted, username=username, problem="signin.wrong", status=401)
    except RateLimited as refusal:
        response = _form(
            request,
            wanted=wanted,
            username=username,
            problem="signin.wait",
            status=429,
            minutes=math.ceil(refusal.retry_after_s / 60),
        )
        response.headers["Retry-After"] = str(refusal.retry_after_s)
        return response
    except Unavailable:
        return _form(request, wanted=wanted, username=username, problem="signin.unavailable", status=503)
    response = web.HTTPSeeOther(safe_next(wanted, member.role))
    set_staff_cookie(request, response, cookie)
    raise response


@routes.post("/staff/sign-out")
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this browser's sign-in; doing it again changes nothing."""
    await request.app[STAFFING].sign_out(staff_cookie(request))
    response = web.HTTPSeeOther(SIGN_IN)
    forget_staff_cookie(request, response)
    raise response


def _form(
    request: web.Request,
    *,
    wanted: str,
    username: str = "",
    problem: str = "",
    status: int = 200,
    minutes: int | None = None,
) -> web.Response:
    renderer = request.app[RENDERER]
    texts = renderer.catalogues[renderer.language(request)]
    return renderer.page(
        request,
        "staff/sign-in.html",
        title_key="signin.title",
        status=status,
        next=wanted,
        username=username,
        problem=_said(texts, problem, minutes) if problem else "",
    )


def _said(texts: Catalogue, problem: str, minutes: int | None) -> str:
    return texts.t(problem) if minutes is None else texts.tn(problem, minutes)


def _text(value: object) -> str:
    """Return a form's value; a file in a text field is no text."""
    return value if isinstance(value, str) else ""
