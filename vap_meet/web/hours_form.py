"""The forms of opening hours: a week as times typed into a table, and an exception to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.opening import DAY_MINUTES, Opening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.domain.opening import Week
    from vap_meet.domain.pools import PoolSettings

PARTS = (0, 1)
"""A day has at most two openings, with a break between them."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(:00)?")
_FRIDAY = 4
_MAX_DIGITS = 6


@dataclass(frozen=True, slots=True)
class DayRow:
    """A weekday of the table: its openings as times, empty ones too."""

    weekday: int
    times: tuple[tuple[str, str], ...]


def rows_of(week: Week) -> tuple[DayRow, ...]:
    """Return a week as the table shows it."""
    rows = []
    for weekday in range(7):
        openings = [opening for opening in week if opening.weekday == weekday][: len(PARTS)]
        times = [(clock(opening.opens), clock(opening.closes)) for opening in openings]
        rows.append(DayRow(weekday, tuple(times + [("", "")] * (len(PARTS) - len(times)))))
    return tuple(rows)


def read_week(form: Mapping[str, object]) -> Week:
    """Return the week of a table. Raises `InvalidRequest` for half an opening or what is no time."""
    openings = []
    for weekday in range(7):
        for part in PARTS:
            opens, closes = text(form, f"opens-{weekday}-{part}"), text(form, f"closes-{weekday}-{part}")
            if opens or closes:
                openings.append(Opening(weekday, minute(opens), minute(closes) or DAY_MINUTES))
    return tuple(sorted(openings))


def read_exception_week(form: Mapping[str, object], usual: Week) -> Week:
    """Return an exception's week: none of the days, or the usual days with other times."""
    if text(form, "closed") == "1":
        return ()
    opens, closes = minute(text(form, "opens")), minute(text(form, "closes")) or DAY_MINUTES
    friday = minute(text(form, "friday_closes")) if text(form, "friday_closes") else closes
    days = sorted({opening.weekday for opening in usual})
    return tuple(Opening(day, opens, friday if day == _FRIDAY else closes) for day in days)


def read_settings(form: Mapping[str, object], before: PoolSettings) -> PoolSettings:
    """Return a pool's settings as typed. Raises `InvalidRequest`."""
    return replace(
        before,
        name_ar=text(form, "name_ar"),
        name_en=text(form, "name_en"),
        time_zone=text(form, "time_zone"),
        week=read_week(form),
        buffer_minutes=number(form, "buffer_minutes"),
        lead_minutes=number(form, "lead_minutes"),
        horizon_days=number(form, "horizon_days"),
    )


def read_day(form: Mapping[str, object], name: str) -> date:
    """Return a day. Raises `InvalidRequest`."""
    try:
        return date.fromisoformat(text(form, name))
    except ValueError as error:
        raise InvalidRequest("A day can't be read.", fields={name: "A day such as 2026-12-01."}) from error


def clock(minutes: int) -> str:
    """Return 07:30; midnight at the end of a day is 00:00, as inputs of times have no other name for it."""
    hours, rest = divmod(minutes % DAY_MINUTES, 60)
    return f"{hours:02}:{rest:02}"


def minute(typed: str) -> int:
    """Return the minute of the day. Raises `InvalidRequest`."""
    found = _TIME.fullmatch(typed)
    if not found:
        raise InvalidRequest("A time can't be read.", fields={"week": "Times such as 07:30, both of them."})
    return int(found[1]) * 60 + int(found[2])


def number(form: Mapping[str, object], name: str) -> int:
    """Return a number. Raises `InvalidRequest`."""
    typed = text(form, name)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _MAX_DIGITS):
        raise InvalidRequest("A number can't be read.", fields={name: "A whole number."})
    return int(typed)


def text(form: Mapping[str, object], name: str) -> str:
    """Return a text of the form, empty if there is none."""
    value = form.get(name)
    return value.replace("\0", "").strip() if isinstance(value, str) else ""
