"""Bring a database file to the shape of `vap_meet.store.schema`, and tell cheaply whether it is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from alembic.config import Config

    from vap_meet.store.engine import Database

HEAD = "0001_record"
"""The newest revision: a constant, so that starting up need not import Alembic (a test holds it true)."""

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK_WAIT_S = 30.0


def migrate(path: Path) -> None:
    """Upgrade the file to `HEAD` in one transaction, making it, readable by its owner only, if need be."""
    from alembic import command  # noqa: PLC0415 - costs a third of the start-up time; rarely needed

    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = migration_engine(path)
    try:
        with engine.begin() as connection:
            command.upgrade(alembic_config(connection), "head")
    finally:
        engine.dispose()


async def is_current(db: Database) -> bool:
    """Whether the database stands at `HEAD`; false for an empty one."""
    try:
        async with db.read() as connection:
            versions = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars()
            return list(versions) == [HEAD]
    except OperationalError:  # no such table
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
