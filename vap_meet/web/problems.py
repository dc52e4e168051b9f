"""Refusals over HTTP: the one table from code to status, and `application/problem+json` (RFC 9457).

    {"type": "urn:vap-meet:problem:version_conflict", "title": "...", "status": 412,
     "code": "version_conflict", "detail": "...", "fields": {"customer.name": "..."}}

Requests that `wants_json` knows for a program's are answered so; people get pages.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import structlog
from aiohttp import ClientPayloadError, web

from vap_meet.domain.errors import DomainError, ErrorCode, RateLimited

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Handler

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_UNAVAILABLE_S = 2
ABANDONED = 499
"""The status, as proxies write it, of a request whose client went before it could be answered."""

STATUS: dict[ErrorCode, int] = {
    ErrorCode.INVALID_REQUEST: 422,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.NOT_SIGNED_IN: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.FOREIGN_ORIGIN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.BAD_CREDENTIALS: 401,
    ErrorCode.INVALID_API_KEY: 401,
    ErrorCode.SCOPE_MISSING: 403,
    ErrorCode.APPOINTMENT_EXISTS: 409,
    ErrorCode.VERSION_REQUIRED: 428,
    ErrorCode.VERSION_CONFLICT: 412,
    ErrorCode.IDEMPOTENCY_CONFLICT: 422,
    ErrorCode.WRONG_STATE: 409,
    ErrorCode.REASON_REQUIRED: 422,
    ErrorCode.LINK_UNKNOWN: 404,
    ErrorCode.LINK_MOVED: 410,
    ErrorCode.LINK_CANCELLED: 410,
    ErrorCode.LINK_OVER: 410,
    ErrorCode.NOTICE_NOT_ACCEPTED: 422,
    ErrorCode.TOO_EARLY: 403,
    ErrorCode.TOKEN_INVALID: 403,
    ErrorCode.TOKEN_EXPIRED: 403,
    ErrorCode.TOKEN_EARLY: 403,
    ErrorCode.SLOT_TAKEN: 409,
    ErrorCode.INTERPRETER_TAKEN: 409,
    ErrorCode.SLOT_PAST: 422,
    ErrorCode.SLOT_TOO_SOON: 422,
    ErrorCode.SLOT_TOO_FAR: 422,
    ErrorCode.SLOT_CLOSED: 422,
    ErrorCode.OUTSIDE_HOURS: 422,
    ErrorCode.OFF_GRID: 422,
    ErrorCode.TIME_MISSING: 422,
    ErrorCode.TIME_DOUBLED: 422,
    ErrorCode.NOT_BOOKABLE: 404,
    ErrorCode.CHANGE_TOO_LATE: 409,
    ErrorCode.INVITATION_EXISTS: 409,
    ErrorCode.INVITATION_OVER: 409,
    ErrorCode.ROOM_FULL: 409,
    ErrorCode.CODE_WRONG: 403,
    ErrorCode.CODE_EXPIRED: 403,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.INTERNAL: 500,
}
"""The status of every code; a test proves that none is missing."""

_VAGUE: dict[ErrorCode, str] = {
    ErrorCode.INTERNAL: "Something went wrong here; it has been noted.",
    ErrorCode.BAD_CREDENTIALS: "The user name or the password is wrong.",
    ErrorCode.INVALID_API_KEY: "A valid API key is needed.",
    ErrorCode.TOKEN_INVALID: "This invitation is not valid.",
    ErrorCode.TOKEN_EXPIRED: "This invitation is not valid.",
    ErrorCode.LINK_UNKNOWN: "This link is not known.",
    ErrorCode.UNAVAILABLE: "This can't be done right now. Nothing was changed; please try again.",
}
"""What strangers are told instead of the error's own sentence, which goes to the log."""

_OF_HTTP: dict[int, ErrorCode] = {
    401: ErrorCode.NOT_SIGNED_IN,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    429: ErrorCode.RATE_LIMITED,
    503: ErrorCode.UNAVAILABLE,
}


class Problem(msgspec.Struct, omit_defaults=True):
    """A refusal (RFC 9457). `code` is stable; `fields` names what is at fault, a sentence each."""

    type: str
    title: str
    status: int
    code: ErrorCode
    detail: str
    fields: dict[str, str] = {}


def wants_json(request: web.Request) -> bool:
    """Whether an error on this request is answered as problem+json rather than as a page."""
    path = request.rel_url.path
    return (
        path.startswith(("/api/", "/health/", "/.well-known/"))
        or path.endswith(".json")
        or request.content_type == "application/json"
        or request.headers.get("Accept") == "application/json"  # our own scripts; browsers ask for more
    )


def problem(error: DomainError) -> web.Response:
    """Return a refusal as problem+json, with what a client needs to try again."""
    status = STATUS[error.code]
    headers: dict[str, str] = {"Cache-Control": "no-store"}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_s)
    elif error.code is ErrorCode.UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_UNAVAILABLE_S)
    elif error.code is ErrorCode.INVALID_API_KEY:
        headers["WWW-Authenticate"] = 'Bearer realm="vap-meet"'
    return _answer(status, error.code, _VAGUE.get(error.code, error.sentence), error.fields, headers)


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever goes wrong on a JSON route as problem+json; other routes pass through."""
    if not wants_json(request):
        return await handler(request)
    return await answer_or_problem(request, lambda: handler(request))


async def answer_or_problem(
    request: web.Request, answer: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Return the answer, or whatever goes wrong with it as problem+json."""
    try:
        return await answer()
    except DomainError as error:
        if STATUS[error.code] >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code in _VAGUE:
            log.warning("request_refused", code=error.code.value, reason=error.sentence)
        return problem(error)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _of_http(error)
    except Exception as error:  # the root of a request's task
        if is_abandoned(request, error):
            return web.Response(status=ABANDONED)
        log.exception("request_failed")
        return problem(DomainError("The request failed."))


def is_abandoned(request: web.Request, error: Exception) -> bool:
    """Whether it failed because the client has gone: nothing is wrong here, and nobody reads an answer."""
    return request.transport is None and isinstance(error, (ConnectionError, ClientPayloadError))


def _of_http(error: web.HTTPException) -> web.Response:
    our_fault = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    code = _OF_HTTP.get(error.status, ErrorCode.INTERNAL if our_fault else ErrorCode.INVALID_REQUEST)
    headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    return _answer(error.status, code, f"{error.reason}.", {}, {"Cache-Control": "no-store", **headers})


def _answer(
    status: int, code: ErrorCode, detail: str, fields: dict[str, str], headers: dict[str, str]
) -> web.Response:
    body = Problem(
        type=f"urn:vap-meet:problem:{code.value}",
        title=code.value.replace("_", " ").capitalize(),
        status=status,
        code=code,
        detail=detail,
        fields=fields,
    )
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type=CONTENT_TYPE, headers=headers
    )
