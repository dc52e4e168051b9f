"""Hours: who takes appointments and when, as administrators see and change it. Every change is audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.errors import InvalidRequest, NotFound
from vap_meet.domain.opening import check_period, check_week
from vap_meet.domain.pools import check_pool, name_faults
from vap_meet.store import audit
from vap_meet.store import hours as store

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.access import StaffMember
    from vap_meet.domain.opening import Week
    from vap_meet.domain.pools import HoursException, Person, PoolSettings
    from vap_meet.store.engine import Database

MAX_PEOPLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """A pool, its people and its coming exceptions."""

    settings: PoolSettings
    people: tuple[Person, ...]
    exceptions: tuple[HoursException, ...]


class Hours:
    """The use cases of opening hours."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def pools(self) -> tuple[PoolView, ...]:
        """Return every pool."""
        yesterday = self._clock().date() - timedelta(days=1)
        async with self._db.read() as tx:
            return tuple(
                [
                    PoolView(
                        settings=settings,
                        people=await store.people(tx, settings.id),
                        exceptions=await store.exceptions(tx, settings.id, since=yesterday),
                    )
                    for settings in await store.pools(tx)
                ]
            )

    async def pool(self, pool_id: str) -> PoolView:
        """Return one pool. Raises `NotFound`."""
        for view in await self.pools():
            if view.settings.id == pool_id:
                return view
        raise NotFound("There is no such pool.")

    async def add_pool(self, settings: PoolSettings, *, by: str) -> None:
        """Make a pool. Raises `InvalidRequest`, also if there is one of this id."""
        check_pool(settings)
        now = self._clock()
        async with self._db.write() as tx:
            if settings.id in {known.id for known in await store.pools(tx)}:
                raise InvalidRequest("There is such a pool already.", fields={"id": "It is taken."})
            await store.save_pool(tx, settings)
            await _note(tx, "hours.pool_added", by, now, pool_id=settings.id)

    async def save_pool(self, settings: PoolSettings, *, by: str) -> None:
        """Make a pool or change it; bookings that were made stay as they are. Raises `InvalidRequest`."""
        check_pool(settings)
        now = self._clock()
        async with self._db.write() as tx:
            await store.save_pool(tx, settings)
            await _note(tx, "hours.pool_saved", by, now, pool_id=settings.id)

    async def add_person(self, pool_id: str, *, by: str, staff_id: str | None = None) -> int:
        """Add somebody to a pool; return their number. Raises `NotFound`, `InvalidRequest`."""
        now = self._clock()
        async with self._db.write() as tx:
            await self._known(tx, pool_id)
            if len(await store.people(tx, pool_id)) >= MAX_PEOPLE:
                raise InvalidRequest("The pool is full.", fields={"staff_id": f"At most {MAX_PEOPLE}."})
            added = await store.add_person(tx, pool_id, staff_id=staff_id)
            if added is None:
                raise InvalidRequest(
                    "They can't be added.", fields={"staff_id": "This account is in a pool already."}
                )
            await _note(tx, "hours.person_added", by, now, pool_id=pool_id, unit_id=added)
        return added

    async def set_person(
        self, pool_id: str, unit_id: int, *, week: Week | None, active: bool, by: str
    ) -> None:
        """Give somebody hours of their own (None: the pool's), or let them take no more appointments."""
        if week is not None:
            check_week(week)
        now = self._clock()
        async with self._db.write() as tx:
            if unit_id not in {person.id for person in await store.people(tx, pool_id)}:
                raise NotFound("There is nobody like that in the pool.")
            await store.set_person(tx, unit_id, week=week, active=active)
            await _note(tx, "hours.person_changed", by, now, pool_id=pool_id, unit_id=unit_id)

    async def add_exception(
        self,
        pool_id: str,
        *,
        unit_id: int | None,
        first_day: date,
        last_day: date,
        name_ar: str,
        name_en: str,
        week: Week,
        by: str,
    ) -> None:
        """Add other hours on some days: closed if `week` is empty. Raises `NotFound`, `InvalidRequest`."""
        check_week(week)
        check_period(first_day, last_day)
        if faults := name_faults(name_ar=name_ar, name_en=name_en):
            raise InvalidRequest("The exception can't be taken as it is.", fields=faults)
        now = self._clock()
        async with self._db.write() as tx:
            await self._known(tx, pool_id)
            if unit_id is not None and unit_id not in {p.id for p in await store.people(tx, pool_id)}:
                raise NotFound("There is nobody like that in the pool.")
            await store.add_exception(
                tx,
                pool_id,
                unit_id=unit_id,
                first_day=first_day,
                last_day=last_day,
                name_ar=name_ar.strip(),
                name_en=name_en.strip(),
                week=week,
            )
            await _note(
                tx, "hours.exception_added", by, now, pool_id=pool_id, first_day=first_day.isoformat()
            )

    async def remove_exception(self, pool_id: str, exception_id: int, *, by: str) -> None:
        """Let the usual hours hold again. Raises `NotFound`."""
        now = self._clock()
        async with self._db.write() as tx:
            if not await store.remove_exception(tx, pool_id, exception_id):
                raise NotFound("There is no such exception.")
            await _note(tx, "hours.exception_removed", by, now, pool_id=pool_id)

    async def free_agents(self) -> tuple[StaffMember, ...]:
        """Return the agents whose accounts are in no pool."""
        async with self._db.read() as tx:
            return await store.free_agents(tx)

    async def offered(self) -> dict[str, str]:
        """Return by service which pool takes its appointments; the others are the general pool's."""
        async with self._db.read() as tx:
            return await store.offered(tx)

    async def offer_by(self, service_id: str, pool_id: str, *, by: str) -> None:
        """Let a pool take a service's appointments. Raises `NotFound`."""
        now = self._clock()
        async with self._db.write() as tx:
            await self._known(tx, pool_id)
            await store.offer_by(tx, service_id, pool_id)
            await _note(tx, "hours.service_assigned", by, now, pool_id=pool_id, service_id=service_id)

    async def _known(self, tx: AsyncConnection, pool_id: str) -> None:
        if pool_id not in {settings.id for settings in await store.pools(tx)}:
            raise NotFound("There is no such pool.")


async def _note(tx: AsyncConnection, action: str, by: str, now: datetime, **public: str | int) -> None:
    await audit.record(tx, at=now, action=action, appointment_id=None, public={"by": by, **public})
