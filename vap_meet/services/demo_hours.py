"""The demonstration's hours: who takes appointments, who interprets, and one day off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.availability import Need
from vap_meet.domain.opening import default_week
from vap_meet.domain.pools import PoolSettings

if TYPE_CHECKING:
    from datetime import date

    from vap_meet.services.hours import Hours

OFFICIALS, INTERPRETERS = 6, 2
_HOLIDAY_IN_DAYS = 10


async def seed_hours(hours: Hours, *, agent_id: str | None, today: date, by: str) -> None:
    """Open two pools: the agent whose account it is and some others, and interpreters."""
    week = default_week()
    await hours.save_pool(
        PoolSettings(id="general", name_ar="موظفو الخدمة", name_en="Service officials", week=week),
        by=by,
    )
    await hours.save_pool(
        PoolSettings(
            id="interpreters",
            kind=Need.SIGN_LANGUAGE,
            name_ar="مترجمو لغة الإشارة",
            name_en="Sign-language interpreters",
            week=week,
        ),
        by=by,
    )
    await hours.add_person("general", staff_id=agent_id, by=by)
    for pool_id, people in (("general", OFFICIALS - 1), ("interpreters", INTERPRETERS)):
        for _ in range(people):
            await hours.add_person(pool_id, by=by)
    holiday = today + timedelta(days=_HOLIDAY_IN_DAYS)
    await hours.add_exception(
        "general",
        unit_id=None,
        first_day=holiday,
        last_day=holiday,
        name_ar="عطلة رسمية",
        name_en="Public holiday",
        week=(),
        by=by,
    )
