"""Measure slots and bookings on both databases.

    python -m tests.load.slots_bench     prints one JSON object of numbers

Four weeks of one service with 50 officials and 20,000 bookings, then ten times as many; 200 at once for the
last place; and how many different places are booked in a second.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from tests.support import postgres, record
from tests.support.slots import SUNDAY_NOON, TEN, a_desk, race
from vap_meet.domain.opening import default_week, tick_of
from vap_meet.store import schema
from vap_meet.store.schema_availability import reservation, reserved_tick

OFFICIALS = 50
BOOKINGS, MORE = 20_000, 200_000
RUN = 4  # ticks: a quarter of an hour and the buffer
ASKS, AT_ONCE, PLACES = 21, 200, 300
BATCH = 500
PATIENCE_S = 60  # to write: on a busy machine 200 take longer than a page would wait


async def main() -> None:
    """Measure everything and print it."""
    numbers: dict[str, float] = {}
    for name in ["sqlite"] + (["postgresql"] if postgres.binaries() else []):
        record.database = name
        with tempfile.TemporaryDirectory() as folder:
            numbers |= await one_database(Path(folder), "" if name == "sqlite" else "_postgresql")
    print(json.dumps(numbers))  # noqa: T201


async def one_database(folder: Path, suffix: str) -> dict[str, float]:
    """Measure one database."""
    async with a_desk(folder, write_deadline_s=PATIENCE_S) as desk:
        won, codes = await last_place(desk)
        assert (won, set(codes), len(codes)) == (1, {"slot_taken"}, AT_ONCE - 1)
        numbers = {f"booking_race{suffix}": float(won), f"bookings_per_s{suffix}": await bookings(desk)}
    async with a_desk(folder) as desk:
        await desk.open(officials=OFFICIALS, week=default_week(480, 960, 960), horizon_days=365)
        await fill(desk, 0, BOOKINGS)
        few, cpu = await four_weeks(desk)
        numbers |= {f"slots_ms_p50{suffix}": few, f"slots_ms_cpu_p50{suffix}": cpu}
        await fill(desk, BOOKINGS, MORE)
        many, _ = await four_weeks(desk)
        numbers[f"slots_ms_p50_200k{suffix}"] = many
        numbers[f"slots_growth_at_10x{suffix}"] = round(many / few, 2)
    return numbers


async def last_place(desk) -> tuple[int, list[str]]:
    """Let many book the only place at once."""
    await desk.open(officials=1)
    return await race(desk.book(f"race{number}") for number in range(AT_ONCE))


async def bookings(desk) -> float:
    """Book different places, as many at once as there are writers; return how many a second."""
    await desk.open(officials=OFFICIALS, week=default_week(480, 960, 960))
    found = await desk.availability.slots("trees", TEN.date() + timedelta(days=1))
    began = time.perf_counter()
    won, _ = await race(desk.book(f"many{number}", found.starts[number]) for number in range(PLACES))
    return round(won / (time.perf_counter() - began), 1)


async def four_weeks(desk) -> tuple[float, float]:
    """Ask for four weeks again and again; return the medians of time and of CPU, in milliseconds.

    On a busy machine the CPU says what the time would be on a quiet one.
    """
    times, cpu = [], []
    for _ in range(ASKS):
        began, worked = time.perf_counter(), time.process_time()
        found = await desk.availability.slots("trees")
        times.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    assert found.starts
    return round(statistics.median(times), 1), round(statistics.median(cpu), 1)


async def fill(desk, first: int, stop: int) -> None:
    """Book places one after another, from the first morning on, past the use case: that would take long."""
    opening = tick_of(SUNDAY_NOON.replace(hour=4))  # eight in Dubai
    a_day = 8 * 12 // RUN
    workdays = [day for day in range(1, 365) if (SUNDAY_NOON + timedelta(days=day)).weekday() < 5]
    for begin in range(first, stop, BATCH):
        appointments, runs, ticks = [], [], []
        for number in range(begin, begin + BATCH):
            # Five of six places, so that something is left to be found.
            place = number * 6 // 5
            unit = desk.units[place % OFFICIALS]
            day, start = divmod(place // OFFICIALS, a_day)
            tick = opening + workdays[day] * 288 + start * RUN + (place % OFFICIALS) % RUN
            appointments.append(_row(number))
            runs.append({"appointment_id": f"f{number}", "unit_id": unit, "first_tick": tick, "ticks": RUN})
            ticks += [
                {"unit_id": unit, "tick": tick + more, "appointment_id": f"f{number}"} for more in range(RUN)
            ]
        async with desk.db.write() as tx:
            await tx.execute(insert(schema.appointment), appointments)
            await tx.execute(insert(reservation), runs)
            await tx.execute(insert(reserved_tick), ticks)


def _row(number: int) -> dict[str, object]:
    return {
        "id": f"f{number}",
        "reference": f"F{number}",
        "service_id": "trees",
        "service_name_ar": "خدمة",
        "service_name_en": "Service",
        "customer_name": "متعامل 1",
        "language": "ar",
        "mode": "video",
        "starts_at": TEN,
        "ends_at": TEN,
        "state": "booked",
        "schedule_version": 1,
        "revision": 1,
        "created_at": TEN,
        "updated_at": TEN,
        "request_hash": "",
    }


if __name__ == "__main__":
    asyncio.run(main())
