"""Where a customer's request stands at the back office that keeps it, and who may be told.

A request number is no secret and can be guessed: what it is about is told to a customer only when the back
office says that the request belongs to the very phone that the customer has proved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Found(StrEnum):
    """What came of looking a request up."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"  # the back office can't be asked now; nothing is known


class NextActor(StrEnum):
    """Who has to do something before a request goes on."""

    CUSTOMER = "customer"
    AUTHORITY = "authority"
    NOBODY = "nobody"  # it is finished


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages, never empty."""

    ar: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStatus:
    """Where a request stands.

    `phone_matches` is what the back office says of the phone it was asked with, None if it says nothing.
    """

    status: Words
    missing: tuple[Words, ...] = ()
    next_actor: NextActor
    next_step: Words | None = None
    updated_at: datetime
    phone_matches: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to a look-up; `status` is there if and only if it was found."""

    found: Found
    status: RequestStatus | None = None

    @classmethod
    def of(cls, status: RequestStatus) -> Finding:
        """Return the answer that holds a status."""
        return cls(found=Found.FOUND, status=status)

    def told_to_customer(self, *, phone_proved: bool) -> Finding:
        """Return what the customer may read: of somebody else's request, the same as of none."""
        if self.status is None or (phone_proved and self.status.phone_matches is True):
            return self
        return NOT_FOUND


NOT_FOUND = Finding(found=Found.NOT_FOUND)
UNAVAILABLE = Finding(found=Found.UNAVAILABLE)
