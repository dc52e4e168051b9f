"""Pools and services for tests of slots: officials who are in from ten to noon on workdays in Dubai."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.support.record import TurnedClock, fresh_database
from vap_meet.domain.appointment import Customer, Mode
from vap_meet.domain.errors import DomainError, NotFound
from vap_meet.domain.opening import Opening
from vap_meet.domain.pools import PoolSettings
from vap_meet.services import reserving
from vap_meet.services.availability import Availability, SlotRequest
from vap_meet.services.booking import Booking
from vap_meet.services.hours import Hours
from vap_meet.services.reserving import Wish

SUNDAY_NOON = datetime(2026, 9, 27, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)  # Monday, ten in Dubai
TEN_TO_NOON = tuple(Opening(day, 600, 720) for day in range(5))


@dataclass(frozen=True)
class Named:
    id: str
    name_ar: str
    name_en: str
    minutes: int | None = None
    is_open: bool = True


class FewServices:
    """Some services, as the catalogue would find them."""

    def __init__(self, *services):
        self._services = {service.id: service for service in services}

    async def get(self, service_id):
        if service_id not in self._services:
            raise NotFound("There is no such service.")
        return self._services[service_id]


SERVICES = FewServices(
    Named("trees", "تقليم الأشجار", "Tree trimming"),
    Named("later", "خدمة لاحقة", "A later service", is_open=False),
    Named("long", "خدمة طويلة", "A long service", minutes=60),
)


class Desk:
    """Everything that books slots, on one database."""

    def __init__(self, db, clock):
        self.db, self.clock = db, clock
        self.units = []
        self.booking = Booking(db=db, clock=clock)
        self.hours = Hours(db=db, clock=clock)
        self.availability = Availability(
            db=db, clock=clock, booking=self.booking, services=SERVICES, cut_off=timedelta(hours=1)
        )

    async def open(self, *, officials=1, interpreters=0, **settings):
        """Make the pool that takes everything, and perhaps one of interpreters."""
        week = settings.pop("week", TEN_TO_NOON)
        pools = [("general", "officials", officials)]
        if interpreters:
            pools.append(("interpreters", "sign_language", interpreters))
        for pool_id, kind, people in pools:
            fields = {"id": pool_id, "kind": kind, "name_ar": "قسم", "name_en": "Section", "week": week}
            await self.hours.save_pool(PoolSettings(**fields, **settings), by="test")
            for _ in range(people):
                self.units.append(await self.hours.add_person(pool_id, by="test"))
        return self

    def request(self, starts_at=TEN, *, service="trees", need=None, name="متعامل 1"):
        return SlotRequest(
            service_id=service,
            customer=Customer(name=name, phone="+971500000001"),
            starts_at=starts_at,
            mode=Mode.VIDEO,
            wish=Wish(need=need),
        )

    async def book(self, appointment_id, starts_at=TEN, **changes):
        appointment, _ = await self.availability.book(
            appointment_id, self.request(starts_at, **changes), by="test"
        )
        return appointment

    async def reassign(self, appointment_id, unit_id):
        async with self.db.write() as tx:
            await reserving.reassign(tx, appointment_id, unit_id, by="staff:1", now=self.clock())

    async def starts(self, service="trees", **options):
        """Return Monday's starts as minutes after ten."""
        found = await self.availability.slots(service, TEN.date(), TEN.date(), **options)
        return [round((start - TEN) / timedelta(minutes=1)) for start in found.starts]


@asynccontextmanager
async def a_desk(folder, **options):
    async with fresh_database(folder, **options) as db:
        yield Desk(db, TurnedClock(SUNDAY_NOON))


async def race(attempts):
    """Run attempts at once; return how many won, and the codes of those that were refused."""

    async def outcome(attempt):
        try:
            await attempt
        except DomainError as error:
            return error.code.value
        return None

    outcomes = await asyncio.gather(*(outcome(attempt) for attempt in attempts))
    return outcomes.count(None), [code for code in outcomes if code is not None]
