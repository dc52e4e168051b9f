"""The catalogue of services in SQL."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from vap_meet.domain.catalogue import LONG_LISTS, SHORT_LISTS, NameOrigin, Phase, Service
from vap_meet.domain.errors import NotFound
from vap_meet.store.schema_catalogue import service as table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_LISTS = frozenset((*SHORT_LISTS, *LONG_LISTS))
_FIELDS = tuple(field.name for field in fields(Service))
# Built once: building a statement and naming it for the cache costs as much as running it.
_FIND = select(table).where(table.c.id == bindparam("which"))


async def every(tx: AsyncConnection, *, hold: bool = False) -> tuple[Service, ...]:
    """Return all services in the catalogue's order; with `hold`, nobody changes them before this one ends."""
    query = select(table).order_by(table.c.position, table.c.id)
    rows = await tx.execute(query.with_for_update() if hold else query)
    return tuple(_read(row) for row in rows)


async def get(tx: AsyncConnection, service_id: str) -> Service:
    """Return one service. Raises `NotFound`."""
    if "\0" not in service_id:  # PostgreSQL refuses such a text even in a comparison
        row = (await tx.execute(_FIND, {"which": service_id})).one_or_none()
        if row is not None:
            return _read(row)
    raise NotFound("There is no such service.")


async def is_empty(tx: AsyncConnection) -> bool:
    """Whether there is no service at all."""
    return (await tx.execute(select(table.c.id).limit(1))).first() is None


async def add(tx: AsyncConnection, service: Service, *, at: datetime) -> bool:
    """Add a service behind the others; false if its id is there already."""
    last = (await tx.execute(select(func.max(table.c.position)))).scalar_one_or_none()
    position = 0 if last is None else last + 1
    new = insert(table).values(**_columns(service), position=position, updated_at=at)
    return (await tx.execute(new.on_conflict_do_nothing())).rowcount == 1


async def change(tx: AsyncConnection, service: Service, *, from_revision: int, at: datetime) -> bool:
    """Write a service over the one of its id; false if that has another revision, or is gone."""
    done = await tx.execute(
        table.update()
        .where(table.c.id == service.id, table.c.revision == from_revision)
        .values(**_columns(service), updated_at=at)
    )
    return done.rowcount == 1


async def write(tx: AsyncConnection, services: Sequence[Service], *, at: datetime) -> None:
    """Add services or write them over those of the same id. At least one."""
    row = insert(table)
    written = {column: row.excluded[column] for column in (*_FIELDS, "updated_at")}
    await tx.execute(
        row.on_conflict_do_update(index_elements=[table.c.id], set_=written),
        [{**_columns(service), "position": 0, "updated_at": at} for service in services],
    )


async def put_in_order(tx: AsyncConnection, ids: Sequence[str]) -> None:
    """Give the services this order. At least one."""
    await tx.execute(
        table.update().where(table.c.id == bindparam("service_id")).values(position=bindparam("place")),
        [{"service_id": service_id, "place": place} for place, service_id in enumerate(ids)],
    )


async def remove(tx: AsyncConnection, ids: Collection[str]) -> None:
    """Take services out."""
    await tx.execute(table.delete().where(table.c.id.in_(ids)))


def read_joined(row: Row[Any], prefix: str) -> Service | None:
    """Return the service in a row of an outer join whose columns are the table's, each behind `prefix`."""
    return None if getattr(row, prefix + "id") is None else _read(row, prefix)


def _read(row: Row[Any], prefix: str = "") -> Service:
    values = {name: getattr(row, prefix + name) for name in _FIELDS}
    values |= {name: tuple(filter(None, values[name].split("\n"))) for name in _LISTS}
    values["phase"] = Phase(values["phase"])
    values["arabic_name"] = values["arabic_name"] and NameOrigin(values["arabic_name"])
    return Service(**values)


def _columns(service: Service) -> dict[str, Any]:
    values = {name: getattr(service, name) for name in _FIELDS}
    return values | {name: "\n".join(values[name]) for name in _LISTS}
