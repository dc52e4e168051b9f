"""Bring a database to the shape of `vap_meet.store.schema`, and tell cheaply whether it is there."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vap_meet.domain.errors import Unavailable
from vap_meet.store.engine import UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config

    from vap_meet.store.engine import Database

HEAD = "0015_attachments_withdrawn"
"""The newest revision: a constant, so that starting up need not import Alembic (a test holds it true)."""

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK_WAIT_S = 30.0
_ONE_AT_A_TIME = 0x564150  # name of the advisory lock under which PostgreSQL is migrated: "VAP"


def migrate(where: Path | URL) -> None:
    """Upgrade to `HEAD` in one transaction; a missing file is made, readable by its owner only.

    Runs an event loop of its own for PostgreSQL. Raises `Unavailable` if the server can't be reached.
    """
    in_transaction(where, _upgrade)


def in_transaction(where: Path | URL, work: Callable[[Connection], None]) -> None:
    """Run `work` on a plain connection, in one transaction that covers DDL and excludes other migrations."""
    if not isinstance(where, Path):
        asyncio.run(_on_server(where, work))
        return
    path = where.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = migration_engine(path)
    try:
        with _alone(path), engine.begin() as connection:
            work(connection)
    finally:
        engine.dispose()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait for other migrations of this file: SQLite doesn't wait where it turns to write-ahead logging."""
    with path.with_name(f"{path.name}.migrating").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - costs a third of the start-up time; rarely needed

    command.upgrade(alembic_config(connection), "head")


async def _on_server(url: URL, work: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": _LOCK_WAIT_S})
    try:
        connection = await engine.connect().start()
    except (OSError, DBAPIError) as error:
        raise Unavailable(UNAVAILABLE) from error
    try:
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        await connection.run_sync(work)
        await connection.commit()
    finally:
        await connection.close()
        await engine.dispose()


async def is_current(db: Database) -> bool:
    """Whether the database stands at `HEAD`; false for an empty one."""
    try:
        async with db.read() as connection:
            return list(
                (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars()
            ) == [HEAD]
    except DBAPIError:  # no such table
        return False


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for the scripts inside this package, on an open connection."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migration_engine(path: Path) -> Engine:
    """Return a plain engine whose transactions cover DDL and exclude other writers."""
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _LOCK_WAIT_S})
    event.listen(engine, "connect", _own_transactions)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _own_transactions(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None
    dbapi_connection.execute("PRAGMA journal_mode=WAL")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
