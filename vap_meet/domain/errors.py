"""Every way a use case says no: a stable code and a sentence. The web layer maps codes to statuses."""

# ruff: noqa: N818 - each name says what happened

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names of refusals; part of the API's contract."""

    INVALID_REQUEST = "invalid_request"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    NOT_SIGNED_IN = "not_signed_in"
    FORBIDDEN = "forbidden"
    FOREIGN_ORIGIN = "foreign_origin"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    RATE_LIMITED = "rate_limited"
    BAD_CREDENTIALS = "bad_credentials"
    INVALID_API_KEY = "invalid_api_key"
    SCOPE_MISSING = "scope_missing"
    APPOINTMENT_EXISTS = "appointment_exists"
    VERSION_REQUIRED = "version_required"
    VERSION_CONFLICT = "version_conflict"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    WRONG_STATE = "wrong_state"
    REASON_REQUIRED = "reason_required"
    LINK_UNKNOWN = "link_unknown"
    LINK_MOVED = "link_moved"
    LINK_CANCELLED = "link_cancelled"
    LINK_OVER = "link_over"
    NOTICE_NOT_ACCEPTED = "notice_not_accepted"
    TOO_EARLY = "too_early"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - a name
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a name
    TOKEN_EARLY = "token_early"  # noqa: S105 - a name
    SLOT_TAKEN = "slot_taken"
    INTERPRETER_TAKEN = "interpreter_taken"
    SLOT_PAST = "slot_past"
    SLOT_TOO_SOON = "slot_too_soon"
    SLOT_TOO_FAR = "slot_too_far"
    SLOT_CLOSED = "slot_closed"
    OUTSIDE_HOURS = "outside_hours"
    OFF_GRID = "off_grid"
    TIME_MISSING = "time_missing"
    TIME_DOUBLED = "time_doubled"
    NOT_BOOKABLE = "not_bookable"
    CHANGE_TOO_LATE = "change_too_late"
    INVITATION_EXISTS = "invitation_exists"
    INVITATION_OVER = "invitation_over"
    ROOM_FULL = "room_full"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class DomainError(Exception):
    """Base of all refusals. `sentence` is safe to show; `fields` names faulty fields, a sentence each."""

    code: ErrorCode = ErrorCode.INTERNAL

    def __init__(self, sentence: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fields = fields or {}


class InvalidRequest(DomainError):
    """The request's content can't be accepted; `fields` says where."""

    code = ErrorCode.INVALID_REQUEST


class TooLarge(DomainError):
    """The request's body is larger than the door takes."""

    code = ErrorCode.TOO_LARGE


class UnsupportedMediaType(DomainError):
    """The request's body is not of a type the door reads."""

    code = ErrorCode.UNSUPPORTED_MEDIA_TYPE


class NotSignedIn(DomainError):
    """No valid cookie or key."""

    code = ErrorCode.NOT_SIGNED_IN


class Forbidden(DomainError):
    """Known, but not allowed."""

    code = ErrorCode.FORBIDDEN


class NotFound(DomainError):
    """No such thing, or not for this caller."""

    code = ErrorCode.NOT_FOUND


class GuestVisitClosed(NotFound):
    """The visit of a guest whose place is closed: they were removed, or the invitation was withdrawn."""


class RateLimited(DomainError):
    """Too many tries; `retry_after_s` says when to come back."""

    code = ErrorCode.RATE_LIMITED

    def __init__(self, sentence: str, *, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class BadCredentials(DomainError):
    """Wrong user name or password; never says which."""

    code = ErrorCode.BAD_CREDENTIALS


class InvalidApiKey(DomainError):
    """Unknown or revoked API key."""

    code = ErrorCode.INVALID_API_KEY


class ScopeMissing(DomainError):
    """The API key may not do this; the sentence names the scope that it lacks."""

    code = ErrorCode.SCOPE_MISSING


class AppointmentExists(DomainError):
    """The id is booked already with other content."""

    code = ErrorCode.APPOINTMENT_EXISTS


class VersionRequired(DomainError):
    """An edit of something that exists needs If-Match."""

    code = ErrorCode.VERSION_REQUIRED


class VersionConflict(DomainError):
    """The record has changed since the caller read it."""

    code = ErrorCode.VERSION_CONFLICT


class IdempotencyConflict(DomainError):
    """The Idempotency-Key was used with another request."""

    code = ErrorCode.IDEMPOTENCY_CONFLICT


class WrongState(DomainError):
    """The appointment's state does not allow this."""

    code = ErrorCode.WRONG_STATE


class ReasonRequired(DomainError):
    """A change of a final outcome needs a reason."""

    code = ErrorCode.REASON_REQUIRED


class LinkUnknown(DomainError):
    """No such link; says nothing more to strangers."""

    code = ErrorCode.LINK_UNKNOWN


class GuestLinkClosed(LinkUnknown):
    """The link of a guest whose place is closed: they were removed, or the invitation was withdrawn."""


class LinkMoved(DomainError):
    """The link was for an earlier time of the appointment."""

    code = ErrorCode.LINK_MOVED


class LinkCancelled(DomainError):
    """The appointment was cancelled."""

    code = ErrorCode.LINK_CANCELLED


class LinkOver(DomainError):
    """The appointment is over."""

    code = ErrorCode.LINK_OVER


class RoomFull(DomainError):
    """As many are invited to an appointment as may be."""

    code = ErrorCode.ROOM_FULL


class NoticeNotAccepted(DomainError):
    """The notice has to be accepted to enter."""

    code = ErrorCode.NOTICE_NOT_ACCEPTED


class TooEarly(DomainError):
    """The waiting room is not open yet."""

    code = ErrorCode.TOO_EARLY


class TokenInvalid(DomainError):
    """Forged, of another algorithm, for something else, or unreadable."""

    code = ErrorCode.TOKEN_INVALID


class TokenExpired(DomainError):
    """Was good once."""

    code = ErrorCode.TOKEN_EXPIRED


class TokenEarly(DomainError):
    """Not valid yet."""

    code = ErrorCode.TOKEN_EARLY


class Unavailable(DomainError):
    """The database can't take it now; nothing was changed, try again."""

    code = ErrorCode.UNAVAILABLE
