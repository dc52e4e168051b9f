"""The clock that use cases are given, so that tests can turn it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import time_ns

Clock = Callable[[], datetime]
"""Answers the time now, aware, in UTC."""


def utc_now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def milliseconds(clock: Clock) -> Callable[[], int]:
    """Return the clock as milliseconds since 1970, as signalling counts them.

    It is read for every message, so the real one is read without making a `datetime`.
    """
    if clock is utc_now:
        return lambda: time_ns() // 1_000_000
    return lambda: int(clock().timestamp() * 1000)
