"""Quality samples in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from vap_meet.domain.device_check import DeviceKind, Level, Way
from vap_meet.domain.quality import Measured, QualityVerdict, Trouble
from vap_meet.store.schema_quality import quality_sample as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one participant measured at a moment, and what it meant."""

    at: datetime
    reporter: str
    measured: Measured
    verdict: QualityVerdict


async def add(tx: AsyncConnection, appointment_id: str, sample: Sample) -> None:
    """Keep a sample."""
    found, reached = sample.measured, sample.verdict
    await tx.execute(
        table.insert().values(
            appointment_id=appointment_id,
            at=sample.at,
            reporter=sample.reporter,
            level=reached.level,
            reason=reached.reason,
            **{name: getattr(found, name) for name in _MEASURED},
        )
    )


async def count(tx: AsyncConnection, appointment_id: str, reporter: str) -> int:
    """Return how many samples a participant has told."""
    query = select(func.count()).where(table.c.appointment_id == appointment_id, table.c.reporter == reporter)
    return (await tx.execute(query)).scalar_one()


async def of(
    tx: AsyncConnection, appointment_id: str, *, since: datetime | None = None
) -> tuple[Sample, ...]:
    """Return an appointment's samples in the order of time."""
    query = select(table).where(table.c.appointment_id == appointment_id)
    if since is not None:
        query = query.where(table.c.at >= since)
    return tuple(map(_sample, await tx.execute(query.order_by(table.c.at, table.c.id))))


_MEASURED = (
    "device",
    "path",
    "codec",
    "rtt_ms",
    "jitter_ms",
    "loss_percent",
    "in_kbps",
    "out_kbps",
    "frames_per_second",
    "freezes",
)


def _sample(row: Row[tuple[object, ...]]) -> Sample:
    values = {name: getattr(row, name) for name in _MEASURED}
    values |= {"device": DeviceKind(values["device"]), "path": Way(values["path"])}
    return Sample(
        at=row.at,
        reporter=row.reporter,
        measured=Measured(**values),
        verdict=QualityVerdict(level=Level(row.level), reason=Trouble(row.reason)),
    )
