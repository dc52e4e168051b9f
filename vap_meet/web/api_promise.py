"""What a door of the API promises: what it reads, what it answers, and how it refuses.

The door keeps to its promise and `vap_meet.web.openapi` writes it down, so that the two can't part.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from vap_meet.domain.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from vap_meet.domain.api_scopes import Scope

T = TypeVar("T", bound="Callable[..., object]")

READING = frozenset({"GET", "HEAD"})

SLOT_REFUSALS = (
    ErrorCode.SLOT_TAKEN,
    ErrorCode.INTERPRETER_TAKEN,
    ErrorCode.SLOT_PAST,
    ErrorCode.SLOT_TOO_SOON,
    ErrorCode.SLOT_TOO_FAR,
    ErrorCode.SLOT_CLOSED,
    ErrorCode.OUTSIDE_HOURS,
    ErrorCode.OFF_GRID,
    ErrorCode.TIME_MISSING,
    ErrorCode.TIME_DOUBLED,
    ErrorCode.NOT_BOOKABLE,
)
"""Why a time can't be had."""

_EVERY_DOOR = (
    ErrorCode.INVALID_API_KEY,
    ErrorCode.SCOPE_MISSING,
    ErrorCode.TOO_LARGE,
    ErrorCode.RATE_LIMITED,
    ErrorCode.UNAVAILABLE,
    ErrorCode.INTERNAL,
)


class IfMatch(StrEnum):
    """Whether a door looks at `If-Match`."""

    IGNORED = "ignored"
    ALLOWED = "allowed"
    NEEDED = "needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A door's promise, to keys that have its scope.

    `refusals` are those of its use case; `codes` adds those of its frame.
    With `etag` every answer names its version. With `secret` the answer may not be stored in the clear.
    """

    answer: Any
    scope: Scope
    body: type | None = None
    query: type | None = None
    statuses: tuple[int, ...] = (200,)
    refusals: tuple[ErrorCode, ...] = ()
    if_match: IfMatch = IfMatch.IGNORED
    etag: bool = False
    secret: bool = False

    def codes(self, method: str, path: str) -> tuple[ErrorCode, ...]:
        """Return every code that a request to the door may be refused with."""
        codes = {*_EVERY_DOOR, *self.refusals}
        if "{" in path:
            codes.add(ErrorCode.NOT_FOUND)
        if self.body is not None:
            codes |= {ErrorCode.INVALID_REQUEST, ErrorCode.UNSUPPORTED_MEDIA_TYPE}
        if self.query is not None:
            codes.add(ErrorCode.INVALID_REQUEST)
        if self.if_match is not IfMatch.IGNORED:
            codes |= {ErrorCode.INVALID_REQUEST, ErrorCode.VERSION_CONFLICT}
        if self.if_match is IfMatch.NEEDED:
            codes.add(ErrorCode.VERSION_REQUIRED)
        if method not in READING:
            codes |= {ErrorCode.INVALID_REQUEST, ErrorCode.IDEMPOTENCY_CONFLICT}
        return tuple(code for code in ErrorCode if code in codes)


def promising(handler: T, promise: Promise) -> T:
    """Return the handler with its promise on it."""
    handler.promise = promise  # type: ignore[attr-defined]
    return handler


def promise_of(handler: object) -> Promise:
    """Return what a handler promises. Raises `TypeError` if it is no door."""
    promise = getattr(handler, "promise", None)
    if not isinstance(promise, Promise):
        raise TypeError(f"{handler} is a route of the API without a promise.")
    return promise
