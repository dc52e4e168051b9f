"""Earlier times: a slot that was given back is offered to those who are booked later and asked for it.

One after the other, who booked first before who booked later; the time is held for whoever it is offered to,
until the offer is taken, lapses, or the appointment changes in another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

HELD_FOR = timedelta(minutes=15)
"""How long somebody may think about an earlier time before it goes to the next."""

NEAREST = timedelta(minutes=30)
"""An earlier time is not given away any nearer to its start: nobody is hurried."""

SHORTEST_THINKING = timedelta(minutes=5)
"""With less time than this to think, nothing is offered."""

WORTH_IT = timedelta(minutes=30)
"""An offer brings an appointment forward by at least as much."""

_FIRST_HOUR, _LAST_HOUR = 8, 21
"""Between these hours of the day people are asked; at night a free time waits for the morning."""


class OfferState(StrEnum):
    """What has become of an offer."""

    OPEN = "open"
    TAKEN = "taken"
    LAPSED = "lapsed"  # nobody answered in time
    WITHDRAWN = "withdrawn"  # the appointment changed in another way


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierOffer:
    """An earlier time, held for one appointment until `expires_at`."""

    id: str
    appointment_id: str
    service_id: str
    starts_at: datetime
    state: OfferState
    offered_at: datetime
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be taken."""
        return self.state is OfferState.OPEN and now <= self.expires_at


def expires_at(starts_at: datetime, *, now: datetime) -> datetime | None:
    """Return until when an offer made now is held, None if the time is too near to be offered."""
    until = min(now + HELD_FOR, starts_at - NEAREST)
    return until if until - now >= SHORTEST_THINKING else None


def people_may_be_asked(local: datetime) -> bool:
    """Whether it is an hour of the day at which a message disturbs nobody."""
    return _FIRST_HOUR <= local.hour < _LAST_HOUR
