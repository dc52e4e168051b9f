"""Telling customers of their turn when their page is closed: that it is late, and that it is near."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.queueing import Expected

LATE_MINUTES: Final = 10
"""A start that is later than this is worth a message."""

LATER_AGAIN: Final = timedelta(minutes=15)
"""Once told, a start must be later by this much to be told again."""

NEAR: Final = timedelta(minutes=5)
"""How long before the turn people are called back to their page."""

AHEAD: Final = timedelta(hours=3)
"""How long before its start an appointment is looked at: what is told earlier changes again."""

BEHIND: Final = timedelta(hours=12)
"""How long after its start an appointment that nobody closed is no longer looked at."""


def is_newly_late(expected: Expected, told: datetime | None) -> bool:
    """Whether to tell that an appointment runs late; `told` is the earliest start that was told before."""
    if not expected.begun or expected.late_by_minutes <= LATE_MINUTES:
        return False
    return told is None or expected.earliest >= told + LATER_AGAIN


def is_near(expected: Expected, *, now: datetime) -> bool:
    """Whether somebody may be called in very soon."""
    return expected.begun and expected.earliest <= now + NEAR


def near_until(expected: Expected) -> datetime:
    """Return until when it is true that a turn is near."""
    return expected.latest + NEAR
