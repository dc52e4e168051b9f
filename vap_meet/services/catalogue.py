"""The catalogue's use cases: reading, finding, editing, and taking or giving it as a file."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from importlib import resources
from typing import TYPE_CHECKING, Protocol

from vap_meet.domain import catalogue_csv
from vap_meet.domain.catalogue import Fault, Faulty, FaultyService, Service, check
from vap_meet.domain.errors import VersionConflict
from vap_meet.domain.finding import Found, find
from vap_meet.services.announcing import no_one
from vap_meet.store import audit
from vap_meet.store import catalogue as store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

SHIPPED = "shipped"
"""Who brought the services that the package ships with, as the audit log names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a file changed, in services."""

    added: int
    changed: int
    unchanged: int
    removed: int


def shipped_file() -> bytes:
    """Return the catalogue that the package ships with."""
    return (resources.files("vap_meet") / "data" / "services.csv").read_bytes()


class Opened(Protocol):
    """Is told of a service that opens, in the transaction that opens it."""

    async def __call__(self, tx: AsyncConnection, service: Service, *, at: datetime, by: str) -> None:
        """Promise what follows from it."""


async def nobody_waits(tx: AsyncConnection, service: Service, *, at: datetime, by: str) -> None:
    """Tell nobody of a service that opens."""


class Catalogue:
    """Reads and changes the services; a change is one transaction, audited."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        opened: Opened = nobody_waits,
        wake: Callable[[], None] = no_one,
    ) -> None:
        """`opened` is told of each service that can be booked from now on; `wake` follows the commit."""
        self._db = db
        self._clock = clock
        self._opened = opened
        self._wake = wake

    async def every(self) -> tuple[Service, ...]:
        """Return all services in their order."""
        async with self._db.read() as tx:
            return await store.every(tx)

    async def get(self, service_id: str) -> Service:
        """Return one service. Raises `NotFound`."""
        async with self._db.read() as tx:
            return await store.get(tx, service_id)

    async def find(self, query: str) -> Found:
        """Return the services that somebody's words mean."""
        return find(await self.every(), query)

    async def add(self, service: Service, *, by: str) -> Service:
        """Add a service and return it. Raises `FaultyService`, also if its id is taken."""
        check(service)
        now, added = self._clock(), replace(service, revision=1)
        async with self._db.write() as tx:
            if not await store.add(tx, added, at=now):
                raise FaultyService("The service can't be added.", (Faulty("id", Fault.TAKEN),))
            await audit.record(
                tx,
                at=now,
                action="service.added",
                appointment_id=None,
                public={"service_id": added.id, "by": by},
            )
        return added

    async def change(self, service: Service, *, by: str) -> Service:
        """Write over the service of the same id and revision; return it with its new revision.

        Raises `FaultyService`, `NotFound`, and `VersionConflict` if it has changed since it was read.
        What changes nothing is no change.
        """
        check(service)
        now = self._clock()
        async with self._db.write() as tx:
            before = await store.get(tx, service.id)
            names = changed_fields(before, service)
            if before.revision == service.revision and not names:
                return before
            after = replace(service, revision=service.revision + 1)
            if not await store.change(tx, after, from_revision=service.revision, at=now):
                raise VersionConflict("The service has changed since it was read.")
            if after.is_open and not before.is_open:
                await self._opened(tx, after, at=now, by=by)
            await audit.record(
                tx,
                at=now,
                action="service.changed",
                appointment_id=None,
                public={
                    "service_id": service.id,
                    "fields": list(names),
                    "revision": after.revision,
                    "by": by,
                },
            )
        self._wake()
        return after

    async def export(self) -> bytes:
        """Return the catalogue as a file."""
        return catalogue_csv.write(await self.every())

    async def take(self, data: bytes, *, by: str, whole: bool = False) -> Taken:
        """Take every service of a file, or none of them.

        Services that the file lacks stay, behind those it has; with `whole` they are taken out.
        Raises `UnreadableFile` and `FaultyService`, which says where.
        """
        services = catalogue_csv.read(data)
        async with self._db.write() as tx:
            taken = await self._take(tx, services, by=by, whole=whole)
        self._wake()
        return taken

    async def fill(self) -> bool:
        """Take the services that the package ships with if there are none yet; whether that was so."""
        async with self._db.write() as tx:
            if not await store.is_empty(tx):
                return False
            await self._take(tx, catalogue_csv.read(shipped_file()), by=SHIPPED, whole=True)
        return True

    async def start_over(self) -> None:
        """Have the services that the package ships with, and no others."""
        await self.take(shipped_file(), by=SHIPPED, whole=True)

    async def _take(self, tx: AsyncConnection, services: Sequence[Service], *, by: str, whole: bool) -> Taken:
        now = self._clock()
        before = {service.id: service for service in await store.every(tx, hold=True)}
        written = [
            replace(service, revision=before[service.id].revision + 1 if service.id in before else 1)
            for service in services
            if service.id not in before or changed_fields(before[service.id], service)
        ]
        absent = [service_id for service_id in before if service_id not in {each.id for each in services}]
        if written:
            await store.write(tx, written, at=now)
        if whole and absent:
            await store.remove(tx, absent)
        await store.put_in_order(tx, [*(each.id for each in services), *([] if whole else absent)])
        for service in written:
            was_open = service.id in before and before[service.id].is_open
            if service.is_open and not was_open:
                await self._opened(tx, service, at=now, by=by)
        added = sum(1 for service in written if service.id not in before)
        taken = Taken(
            added=added,
            changed=len(written) - added,
            unchanged=len(services) - len(written),
            removed=len(absent) if whole else 0,
        )
        await audit.record(
            tx,
            at=now,
            action="catalogue.taken",
            appointment_id=None,
            public={
                "added": taken.added,
                "changed": taken.changed,
                "removed": taken.removed,
                "services": sorted(each.id for each in written),
                "by": by,
            },
        )
        return taken


def changed_fields(before: Service, after: Service) -> tuple[str, ...]:
    """Return the names of what differs, the revision apart."""
    return tuple(
        field.name
        for field in fields(Service)
        if field.name != "revision" and getattr(before, field.name) != getattr(after, field.name)
    )
