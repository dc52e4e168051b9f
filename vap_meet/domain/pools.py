"""Pools as they are kept: what an administrator sees and changes of hours and people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vap_meet.domain.availability import Need
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.opening import check_week

if TYPE_CHECKING:
    from datetime import date

    from vap_meet.domain.opening import Week

OFFICIALS = "officials"
"""The kind of pools that take appointments; other kinds are named after the need they meet."""

KINDS = (OFFICIALS, *(need.value for need in Need))
MAX_NAME_CHARS = 120
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_ID_CHARS = 64
_BOUNDS = {"buffer_minutes": (0, 60), "lead_minutes": (0, 30 * 24 * 60), "horizon_days": (1, 365)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """A pool without its people: its usual week, and how bookings are taken."""

    id: str
    kind: str = OFFICIALS
    name_ar: str
    name_en: str
    time_zone: str = "Asia/Dubai"
    week: Week
    buffer_minutes: int = 5
    lead_minutes: int = 120
    horizon_days: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of a pool. Without an account they are known by their number; without a week, the pool's."""

    id: int
    position: int
    staff_id: str | None
    name_ar: str | None
    name_en: str | None
    week: Week | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursException:
    """Other hours on some days, of a whole pool or of one person; closed if the week is empty."""

    id: int
    unit_id: int | None
    first_day: date
    last_day: date
    name_ar: str
    name_en: str
    week: Week


def check_pool(pool: PoolSettings) -> None:
    """Raise `InvalidRequest` naming every faulty field."""
    faults: dict[str, str] = {}
    if len(pool.id) > _MAX_ID_CHARS or not _ID.fullmatch(pool.id):
        faults["id"] = f"Small letters, digits and hyphens; at most {_MAX_ID_CHARS}."
    if pool.kind not in KINDS:
        faults["kind"] = f"One of: {', '.join(KINDS)}."
    faults |= name_faults(name_ar=pool.name_ar, name_en=pool.name_en)
    try:
        ZoneInfo(pool.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults["time_zone"] = "A name such as Asia/Dubai."
    for field, (least, most) in _BOUNDS.items():
        if not least <= getattr(pool, field) <= most:
            faults[field] = f"From {least} to {most}."
    try:
        check_week(pool.week)
    except InvalidRequest as error:
        faults |= error.fields
    if faults:
        raise InvalidRequest("The hours can't be taken as they are.", fields=faults)


def name_faults(**names: str) -> dict[str, str]:
    """Return which names say nothing, too much, or no line."""
    return {
        field: f"Between 1 and {MAX_NAME_CHARS} characters."
        for field, name in names.items()
        if not 0 < len(name.strip()) <= MAX_NAME_CHARS or not name.isprintable()
    }
