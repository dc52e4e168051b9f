"""Reservations in SQL: a person's time is taken tick by tick, and no tick twice.

What keeps it so is the key of `reserved_tick`, whoever asks and however many at once: an insert that meets a
tick of somebody else's changes nothing, and waits first for a transaction that may yet give it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, false, func, not_, or_, select
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.store.schema_availability import reservation, reserved_tick
from vap_meet.store.schema_earlier import slot_hold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


async def busy(tx: AsyncConnection, unit_ids: Sequence[int], ticks: range, *, besides: str) -> frozenset[int]:
    """Return who of these has some of the ticks taken by another appointment than `besides`."""
    query = (
        select(reserved_tick.c.unit_id)
        .where(
            reserved_tick.c.unit_id.in_(unit_ids),
            reserved_tick.c.tick >= ticks.start,
            reserved_tick.c.tick < ticks.stop,
            reserved_tick.c.appointment_id != besides,
        )
        .distinct()
    )
    return frozenset((await tx.execute(query)).scalars())


async def load(tx: AsyncConnection, unit_ids: Sequence[int], ticks: range) -> dict[int, int]:
    """Return how many appointments each has among the ticks."""
    query = (
        select(reservation.c.unit_id, func.count())
        .where(
            reservation.c.unit_id.in_(unit_ids),
            reservation.c.first_tick >= ticks.start,
            reservation.c.first_tick < ticks.stop,
        )
        .group_by(reservation.c.unit_id)
    )
    return {row[0]: row[1] for row in await tx.execute(query)}


async def reserve(tx: AsyncConnection, appointment_id: str, unit_id: int, ticks: range) -> bool:
    """Take the ticks of one person for an appointment; false, with nothing taken, if some are another's.

    Ticks that the appointment has already are no hindrance.
    """
    if not await hold(tx, appointment_id, unit_id, ticks):
        return False
    values = {"first_tick": ticks.start, "ticks": len(ticks)}
    await tx.execute(
        new_row(reservation)
        .values(appointment_id=appointment_id, unit_id=unit_id, **values)
        .on_conflict_do_update(index_elements=["appointment_id", "unit_id"], set_=values)
    )
    return True


async def hold(tx: AsyncConnection, appointment_id: str, unit_id: int, ticks: range) -> bool:
    """Take ticks for an appointment beside its reservation; false, with nothing taken, if some are another's.

    Ticks are taken in order, so that two who want some of the same wait for one another one way round only.
    """
    own = frozenset(
        (
            await tx.execute(
                select(reserved_tick.c.tick).where(
                    reserved_tick.c.unit_id == unit_id, reserved_tick.c.appointment_id == appointment_id
                )
            )
        ).scalars()
    )
    rows = [{"unit_id": unit_id, "tick": t, "appointment_id": appointment_id} for t in ticks if t not in own]
    if not rows:
        return True
    async with tx.begin_nested() as attempt:
        taken = await tx.execute(new_row(reserved_tick).values(rows).on_conflict_do_nothing())
        if taken.rowcount != len(rows):
            await attempt.rollback()
            return False
    return True


async def of_appointment(tx: AsyncConnection, appointment_id: str) -> dict[int, range]:
    """Return which ticks of whom an appointment has."""
    query = select(reservation).where(reservation.c.appointment_id == appointment_id)
    return {row.unit_id: range(row.first_tick, row.first_tick + row.ticks) for row in await tx.execute(query)}


async def keep_only(tx: AsyncConnection, appointment_id: str, kept: Mapping[int, range]) -> None:
    """Give back what an appointment has besides `kept` and what is held for it; all, if both are empty."""
    held = select(slot_hold).where(slot_hold.c.appointment_id == appointment_id)
    runs = [(row.unit_id, row.first_tick, row.first_tick + row.ticks) for row in await tx.execute(held)]
    runs += [(unit_id, ticks.start, ticks.stop) for unit_id, ticks in kept.items()]
    still = or_(
        false(),
        *(
            and_(
                reserved_tick.c.unit_id == unit_id,
                reserved_tick.c.tick >= start,
                reserved_tick.c.tick < stop,
            )
            for unit_id, start, stop in runs
        ),
    )
    await tx.execute(
        delete(reserved_tick).where(reserved_tick.c.appointment_id == appointment_id, not_(still))
    )
    await tx.execute(
        delete(reservation).where(
            reservation.c.appointment_id == appointment_id, reservation.c.unit_id.not_in(kept)
        )
    )
