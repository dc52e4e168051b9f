"""Why a time can't be had: each reason has a code of its own, so that a caller knows what to do next."""

# ruff: noqa: N818 - each name says what happened

from __future__ import annotations

from vap_meet.domain.errors import DomainError, ErrorCode


class SlotTaken(DomainError):
    """Everybody who could take the appointment is busy then, or starts at other times."""

    code = ErrorCode.SLOT_TAKEN


class InterpreterTaken(DomainError):
    """An official is free then, an interpreter is not."""

    code = ErrorCode.INTERPRETER_TAKEN


class SlotPast(DomainError):
    """The time is over."""

    code = ErrorCode.SLOT_PAST


class SlotTooSoon(DomainError):
    """The time is nearer than the service needs to prepare."""

    code = ErrorCode.SLOT_TOO_SOON


class SlotTooFar(DomainError):
    """The time is further away than the service takes bookings."""

    code = ErrorCode.SLOT_TOO_FAR


class SlotClosed(DomainError):
    """There are no hours at all on that day."""

    code = ErrorCode.SLOT_CLOSED


class OutsideHours(DomainError):
    """The day has hours, but the appointment would not fit into them."""

    code = ErrorCode.OUTSIDE_HOURS


class OffGrid(DomainError):
    """Appointments start at every fifth minute only."""

    code = ErrorCode.OFF_GRID


class TimeMissing(DomainError):
    """The clock jumps over this local time."""

    code = ErrorCode.TIME_MISSING


class TimeDoubled(DomainError):
    """The local time comes twice, and no offset says which one is meant."""

    code = ErrorCode.TIME_DOUBLED


class NotBookable(DomainError):
    """Nobody takes appointments for this service."""

    code = ErrorCode.NOT_BOOKABLE


class ChangeTooLate(DomainError):
    """It is too near to the start for the customer to move or cancel it."""

    code = ErrorCode.CHANGE_TOO_LATE


class CodeWrong(DomainError):
    """The one-time code is not the one that was sent."""

    code = ErrorCode.CODE_WRONG


class CodeExpired(DomainError):
    """The one-time code is too old, used, or was tried too often: ask for a new one."""

    code = ErrorCode.CODE_EXPIRED
