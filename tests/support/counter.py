"""A counter in a database: what is lost of increments shows who wrote over whom."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, Table, select

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vap_meet.store.engine import Database

counter = Table("counter", MetaData(), Column("n", Integer, nullable=False))


@asynccontextmanager
async def counting(db: Database) -> AsyncIterator[None]:
    """Keep a counter, at first 0, for as long as the block runs."""
    async with db.write() as tx:
        await tx.run_sync(counter.create)
        await tx.execute(counter.insert().values(n=0))
    yield
    async with db.write() as tx:
        await tx.run_sync(counter.drop)


async def count(db: Database) -> int:
    """Return the counter."""
    async with db.read() as tx:
        n: int = (await tx.execute(select(counter.c.n))).scalar_one()
        return n


async def increment(db: Database) -> None:
    """Read it, then write it, as use cases do: the row held in between."""
    async with db.write() as tx:
        n = (await tx.execute(select(counter.c.n).with_for_update())).scalar_one()
        await tx.execute(counter.update().values(n=n + 1))
