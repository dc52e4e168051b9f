"""Who is asking: cookies, staff, the client's address, and whether the request comes from our own pages."""

from __future__ import annotations

import ipaddress
from functools import lru_cache, wraps
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web

from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.domain.errors import Forbidden, NotSignedIn
from vap_meet.web.appkeys import SETTINGS, STAFFING
from vap_meet.web.problems import wants_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vap_meet.settings import Settings

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

BROWSER_COOKIE_S = 180 * 86_400  # a written answer can be read again for half a year
STAFF_COOKIE_S = 24 * 3_600  # the sign-in behind it ends sooner unless it is used
STAFF: web.RequestKey[StaffMember] = web.RequestKey("staff", StaffMember)


def is_https(settings: Settings) -> bool:
    """Whether people reach us over TLS, here or at a proxy."""
    return settings.public_url.startswith("https:")


def public_origin(settings: Settings) -> str:
    """Return the one origin that is ours, as browsers write it."""
    parts = urlsplit(settings.public_url)
    return f"{parts.scheme}://{parts.netloc}".lower()


# --- Cookies ----------------------------------------------------------------------------------------


def browser_cookie_name(settings: Settings) -> str:
    """Return the name of the cookie that names a customer's browser."""
    return "__Host-vap" if is_https(settings) else "vap"


def staff_cookie_name(settings: Settings) -> str:
    """Return the name of the staff's cookie; no door reads both."""
    return "__Host-vap-staff" if is_https(settings) else "vap-staff"


def browser_cookie(request: web.Request) -> str | None:
    """Return what the customer's browser is known by, if it has been here."""
    return request.cookies.get(browser_cookie_name(request.app[SETTINGS]))


def staff_cookie(request: web.Request) -> str | None:
    """Return the staff cookie, if there is one."""
    return request.cookies.get(staff_cookie_name(request.app[SETTINGS]))


def set_browser_cookie(request: web.Request, response: web.StreamResponse, value: str) -> None:
    """Let the browser be known by `value` from now on."""
    settings = request.app[SETTINGS]
    _set_cookie(settings, response, browser_cookie_name(settings), value, BROWSER_COOKIE_S)


def set_staff_cookie(request: web.Request, response: web.StreamResponse, value: str) -> None:
    """Sign a staff member's browser in."""
    settings = request.app[SETTINGS]
    _set_cookie(settings, response, staff_cookie_name(settings), value, STAFF_COOKIE_S)


def forget_staff_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Take the staff cookie away."""
    settings = request.app[SETTINGS]
    _set_cookie(settings, response, staff_cookie_name(settings), "", 0)


def _set_cookie(
    settings: Settings, response: web.StreamResponse, name: str, value: str, max_age: int
) -> None:
    response.set_cookie(
        name, value, max_age=max_age, path="/", httponly=True, samesite="Lax", secure=is_https(settings)
    )


# --- Staff ------------------------------------------------------------------------------------------


def staff_required(role: StaffRole | str | None = None) -> Callable[[Handler], Handler]:
    """Let a handler be reached by staff of this role only (any role if None); see `staff_of`.

    A page asked for without a sign-in leads to the sign-in and back; anything else raises `NotSignedIn`.
    Another role raises `Forbidden`.
    """
    needed = StaffRole(role) if role is not None else None

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            member = await request.app[STAFFING].who(staff_cookie(request))
            if member is None:
                if request.method == hdrs.METH_GET and not wants_json(request):
                    raise web.HTTPSeeOther(f"/staff/sign-in?next={quote(request.path_qs, safe='/')}")
                raise NotSignedIn("Sign in first.")
            if needed is not None and member.role is not needed:
                raise Forbidden(f"This needs the role {needed}.")
            request[STAFF] = member
            return await handler(request)

        return guarded

    return decorate


def staff_of(request: web.Request) -> StaffMember:
    """Return who `staff_required` has let in."""
    return request[STAFF]


def local_path(value: str | None, *, otherwise: str) -> str:
    """Return `value` if it is a path on this very site, else `otherwise`; nobody is sent elsewhere."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")):
        return otherwise
    return otherwise if any(ord(letter) < 0x21 for letter in value) else value  # noqa: PLR2004 - controls


# --- The request ------------------------------------------------------------------------------------


def is_same_origin(request: web.Request) -> bool:
    """Whether a browser says that one of our own pages sent this.

    A page with ``Referrer-Policy: no-referrer`` sends its forms with ``Origin: null`` (Fetch, 3.1), so then
    and when there is none, ``Sec-Fetch-Site`` decides; no page can write that header.
    """
    origin = request.headers.get(hdrs.ORIGIN, "null")
    if origin != "null":
        return origin.lower() == public_origin(request.app[SETTINGS])
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def client_address(request: web.Request) -> str:
    """Return the address of whoever asks: the peer's, or what trusted proxies say about it.

    ``X-Forwarded-For`` is read from the right, past our own proxies; what stands further left is hearsay.
    """
    peer = request.remote or "unknown"
    trusted = _networks(request.app[SETTINGS].trusted_proxies)
    if not _within(peer, trusted):
        return peer
    hops = [hop.strip() for hop in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    for hop in reversed(hops):
        if not _is_address(hop):
            break
        peer = hop
        if not _within(hop, trusted):
            break
    return peer


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(text) and any(ipaddress.ip_address(text) in network for network in networks)
