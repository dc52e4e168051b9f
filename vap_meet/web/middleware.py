"""What happens around every handler, outermost first: `middlewares` gives the order."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from aiohttp import hdrs, web
from structlog.contextvars import bound_contextvars

from vap_meet.domain.appointment import Language
from vap_meet.domain.errors import DomainError, ErrorCode
from vap_meet.web.appkeys import METRICS, SETTINGS
from vap_meet.web.error_pages import error_middleware
from vap_meet.web.guards import is_https, is_same_origin, public_origin
from vap_meet.web.headers import SecurityHeaders
from vap_meet.web.problems import ABANDONED, problem_middleware
from vap_meet.web.render import LANGUAGE_COOKIE

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    from vap_meet.settings import Settings

log = structlog.get_logger(__name__)

HAS_ITS_LINE: web.RequestKey[bool] = web.RequestKey("has_its_line", bool)
"""Set on a request that has become a connection, whose door writes the one line about it."""

LANGUAGE_COOKIE_S = 365 * 86_400
_SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_METHODS = _SAFE_METHODS | {
    hdrs.METH_POST,
    hdrs.METH_PUT,
    hdrs.METH_PATCH,
    hdrs.METH_DELETE,
    hdrs.METH_OPTIONS,
}
_QUIET = ("/static/", "/health/", "/metrics", "/favicon")


class ForeignOrigin(DomainError):  # noqa: N818 - a refusal, named like the others
    """Another site, or nobody knows who, made a browser send this."""

    code = ErrorCode.FOREIGN_ORIGIN


def middlewares(settings: Settings) -> list[Middleware]:
    """Return the middlewares of the application, outermost first."""
    return [
        observe,
        _security_headers(SecurityHeaders(settings)),
        error_middleware,
        problem_middleware,
        require_same_origin,
        choose_language,
    ]


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id and write one line about it: the route's template, never the path.

    The status of one that was given up before it was answered is `ABANDONED`.
    """
    request_id = uuid4().hex[:16]
    started = time.monotonic()
    status = 500
    with bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            error.headers["X-Request-Id"] = request_id
            raise
        except asyncio.CancelledError:
            status = ABANDONED
            raise
        else:
            if not response.prepared:
                response.headers["X-Request-Id"] = request_id
            return response
        finally:
            took_s, route = time.monotonic() - started, route_template(request)
            method = request.method if request.method in _METHODS else "OTHER"
            if (metrics := request.app.get(METRICS)) is not None:
                metrics.request(method=method, route=route, status=status, took_s=took_s)
            if HAS_ITS_LINE not in request:
                write = log.debug if request.path.startswith(_QUIET) else log.info
                write(
                    "request",
                    method=method,
                    route=route,
                    status=status,
                    duration_ms=round(took_s * 1000, 1),
                )


def route_template(request: web.Request) -> str:
    """Return the route as it was declared, such as ``/j/{code}``; "unmatched" if there is none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def _security_headers(policy: SecurityHeaders) -> Middleware:
    @web.middleware
    async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            policy.apply(request, error)
            raise
        policy.apply(request, response)
        return response

    return security_headers


@web.middleware
async def require_same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what changes something unless one of our own pages sent it; the API has keys, no cookies."""
    if request.method in _SAFE_METHODS or request.path.startswith("/api/") or is_same_origin(request):
        return await handler(request)
    raise ForeignOrigin(f"Only pages of {public_origin(request.app[SETTINGS])} may send this.")


@web.middleware
async def choose_language(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the choice of ``?lang=`` in a cookie and lead to the same page without it."""
    chosen = request.query.get("lang")
    if chosen not in set(Language) or request.method not in _SAFE_METHODS or request.path.startswith("/api/"):
        return await handler(request)
    rest = request.rel_url.without_query_params("lang").raw_query_string
    path = "/" + request.rel_url.raw_path.lstrip("/\\")  # "//elsewhere/" would be another site
    response = web.HTTPSeeOther(f"{path}?{rest}" if rest else path)
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=LANGUAGE_COOKIE_S,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_https(request.app[SETTINGS]),
    )
    raise response
