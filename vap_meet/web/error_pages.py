"""Refusals as pages, in the reader's language: what is the matter and the next step, never a detail."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from aiohttp import hdrs, web
from structlog.contextvars import get_contextvars

from vap_meet.domain.errors import DomainError, ErrorCode, RateLimited
from vap_meet.web.appkeys import RENDERER, STAFFING
from vap_meet.web.guards import staff_cookie
from vap_meet.web.problems import ABANDONED, RETRY_UNAVAILABLE_S, STATUS, is_abandoned, problem, wants_json

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from vap_meet.domain.access import StaffMember

log = structlog.get_logger(__name__)

_OF_HTTP = {
    401: ErrorCode.NOT_SIGNED_IN,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.NOT_FOUND,
    410: ErrorCode.NOT_FOUND,
    413: ErrorCode.TOO_LARGE,
    429: ErrorCode.RATE_LIMITED,
    503: ErrorCode.UNAVAILABLE,
}
WORDED = frozenset(
    {
        ErrorCode.INVALID_REQUEST,
        ErrorCode.TOO_LARGE,
        ErrorCode.NOT_SIGNED_IN,
        ErrorCode.FORBIDDEN,
        ErrorCode.FOREIGN_ORIGIN,
        ErrorCode.NOT_FOUND,
        ErrorCode.RATE_LIMITED,
        ErrorCode.LINK_UNKNOWN,
        ErrorCode.LINK_MOVED,
        ErrorCode.LINK_CANCELLED,
        ErrorCode.LINK_OVER,
        ErrorCode.TOO_EARLY,
        ErrorCode.TOKEN_INVALID,
        ErrorCode.TOKEN_EXPIRED,
        ErrorCode.TOKEN_EARLY,
        ErrorCode.UNAVAILABLE,
        ErrorCode.INTERNAL,
    }
)
"""The codes that have words of their own (error.title.*, error.text.*); a test holds this to be true."""

_WITHOUT_PAGES = ("/static/", "/signal", "/health/")
_STAFF_PAGES = ("/agent/", "/admin/")
_HOMES = {"/agent/": "/agent/", "/admin/": "/admin/", "/demo": "/demo"}
_TONES = {ErrorCode.NOT_FOUND: "info", ErrorCode.TOKEN_EARLY: "clock", ErrorCode.TOO_EARLY: "clock"}


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever goes wrong on a page's route with a page. JSON routes have answered before."""
    try:
        return await handler(request)
    except DomainError as error:
        if not _shows_pages(request):
            return problem(error)
        log.info("request_refused", code=error.code)
        return error_page(request, error, staff=await _staff(request))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST or not _shows_pages(request):
            raise
        return error_page(
            request, _refusal(error.status), status=error.status, keep=error, staff=await _staff(request)
        )
    except Exception as error:  # the root of a request's task
        if is_abandoned(request, error):
            return web.Response(status=ABANDONED)
        log.exception("request_failed")
        fault = DomainError("The request failed.")
        return error_page(request, fault) if _shows_pages(request) else problem(fault)


def error_page(
    request: web.Request,
    error: DomainError,
    *,
    status: int | None = None,
    keep: web.HTTPException | None = None,
    staff: StaffMember | None = None,
) -> web.Response:
    """Render the page of a refusal; `keep` is the HTTP error whose Allow and Retry-After it carries on.

    `staff` is who reads it on the staff's own pages: their way around stays, and the words are theirs.
    """
    renderer = request.app[RENDERER]
    status = status or STATUS[error.code]
    code = _worded(error.code, status)
    response = renderer.page(
        request,
        "error.html" if staff is None else "staff/error.html",
        title_key=f"error.title.{code}",
        status=status,
        code=code,
        staff=staff,
        here="error",
        tone=_TONES.get(code, "warning"),
        home=next((home for prefix, home in _HOMES.items() if request.path.startswith(prefix)), "/"),
        request_id=get_contextvars().get("request_id")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else None,
    )
    if isinstance(error, RateLimited):
        response.headers[hdrs.RETRY_AFTER] = str(error.retry_after_s)
    elif code is ErrorCode.UNAVAILABLE:
        response.headers[hdrs.RETRY_AFTER] = str(RETRY_UNAVAILABLE_S)
    for name in (hdrs.ALLOW, hdrs.RETRY_AFTER):
        if keep is not None and name in keep.headers:
            response.headers[name] = keep.headers[name]
    return response


async def _staff(request: web.Request) -> StaffMember | None:
    """Return who is signed in, on a staff page; an error while one is looked up is no second error."""
    if not request.path.startswith(_STAFF_PAGES):
        return None
    try:
        return await request.app[STAFFING].who(staff_cookie(request))
    except DomainError:
        return None


def _worded(code: ErrorCode, status: int) -> ErrorCode:
    """Return the code whose words the page uses; a rare one borrows those of its kind."""
    if code in WORDED:
        return code
    return ErrorCode.INTERNAL if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ErrorCode.INVALID_REQUEST


def _refusal(status: int) -> DomainError:
    error = DomainError(HTTPStatus(status).phrase)
    error.code = _OF_HTTP.get(
        status,
        ErrorCode.INTERNAL if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ErrorCode.INVALID_REQUEST,
    )
    return error


def _shows_pages(request: web.Request) -> bool:
    return not (wants_json(request) or request.path.startswith(_WITHOUT_PAGES))
