"""Device checks in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from vap_meet.domain.device_check import Level, Reason, Verdict, Way
from vap_meet.store.schema_device_check import device_check as table

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCheck:
    """A verdict and when it was reached."""

    at: datetime
    verdict: Verdict


async def put(
    tx: AsyncConnection, appointment_id: str, verdict: Verdict, *, findings: str, at: datetime
) -> None:
    """Keep this check in the place of the one before; the caller holds the appointment."""
    values = {
        "at": at,
        "level": verdict.level,
        "reason": verdict.reason,
        "way": verdict.way,
        "findings": findings,
    }
    written = await tx.execute(
        table.update().where(table.c.appointment_id == appointment_id).values(**values)
    )
    if not written.rowcount:
        await tx.execute(table.insert().values(appointment_id=appointment_id, **values))


async def of(tx: AsyncConnection, appointment_ids: Collection[str]) -> dict[str, DeviceCheck]:
    """Return the last check of each of these appointments that has one."""
    if not appointment_ids:
        return {}
    columns = (table.c.appointment_id, table.c.at, table.c.level, table.c.reason, table.c.way)
    rows = await tx.execute(select(*columns).where(table.c.appointment_id.in_(appointment_ids)))
    return {
        row.appointment_id: DeviceCheck(
            at=row.at,
            verdict=Verdict(
                level=Level(row.level), reason=Reason(row.reason), way=Way(row.way) if row.way else None
            ),
        )
        for row in rows
    }
