"""PostgreSQL by asyncpg: a pool for writers, one for readers, every wait with a deadline."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vap_meet.domain.errors import InvalidRequest, Unavailable
from vap_meet.store.engine import UNAVAILABLE, Database, DatabaseInUse, to_the_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import URL

log = structlog.get_logger(__name__)

WRITERS, READERS = 8, 4
ANSWER_WITHIN_S = 30.0
"""How long one statement may take before the server counts as gone."""
FROZEN_S = 10.0
"""How long a transaction may do nothing before the server ends it."""
CLAIM = 0x5641_504D
"""The advisory lock of who serves the database: held together by those that share a Redis, else by one."""

_UNCERTAIN = "The connection to the record was lost while the change was being kept; doing it again is safe."
# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection; rolled back by the server, such
# as a deadlock; resources; an operator steps in; the system itself; the server's own faults.
_UNAVAILABLE_CLASSES = frozenset({"08", "40", "53", "57", "58", "XX"})
_LOCK_TIMEOUT = "55P03"
_NO_TEXT = "22021"  # PostgreSQL's texts can hold no NUL
_UNAVAILABLE_STATES = frozenset(
    {
        "25006",  # a read-only transaction: a reader, or a server that is a standby
        "25P03",  # idle in the transaction for too long: this process was frozen
        "3D000",  # there is no such database
        _LOCK_TIMEOUT,
        "28000",  # who connects is not let in
        "28P01",
    }
)


class PostgresDatabase(Database):
    """Transactions on one PostgreSQL database, which many processes may serve at once."""

    def __init__(self, writers: AsyncEngine, readers: AsyncEngine) -> None:
        self._writers = writers
        self._claim: AsyncConnection | None = None
        self._closed = False
        self._readers = readers.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @classmethod
    async def of_server(cls, url: URL, *, write_deadline_s: float) -> PostgresDatabase:
        """Connect as `Database.open` says."""
        milliseconds = str(int(write_deadline_s * 1000))
        options: dict[str, Any] = {
            "max_overflow": 0,
            "pool_timeout": write_deadline_s,
            "connect_args": {
                "timeout": write_deadline_s,
                "command_timeout": ANSWER_WITHIN_S,
                "server_settings": {
                    "application_name": "vap-meet",
                    "lock_timeout": milliseconds,
                    # A machine that lost its power must not hold locks for the two hours of the default.
                    "tcp_keepalives_idle": "20",
                    "tcp_keepalives_interval": "5",
                    "tcp_keepalives_count": "3",
                    "statement_timeout": str(int(ANSWER_WITHIN_S * 1000)),
                    # A process frozen in the middle of a transaction must not hold up all others.
                    "idle_in_transaction_session_timeout": str(int(FROZEN_S * 1000)),
                    "jit": "off",  # costs more than it saves in statements as short as these
                },
            },
        }
        database = cls(
            create_async_engine(url, pool_size=WRITERS + 1, **options),  # one keeps the claim
            create_async_engine(url, pool_size=READERS, **options),
        )
        for engine in (database._writers, database._readers):
            event.listen(engine.sync_engine, "checkout", _refuse_closed)
        try:
            async with database.write():
                pass  # so that what is wrong with the URL is said at once
        except BaseException:
            await database.close()
            raise
        return database

    async def claim(self, *, alone: bool) -> None:
        """Serve as `Database.claim` says; who was killed just now is waited for, as for any lock.

        The server gives the lock back when this process or its line has gone. It is not taken again
        afterwards: then whoever starts next is not refused, and nothing worse.
        """
        lock = "pg_advisory_lock" if alone else "pg_advisory_lock_shared"
        with _postgres_errors():
            connection = await self._writers.connect()
            try:
                await connection.execute(text(f"SELECT {lock}({CLAIM})"))
                await connection.commit()  # the lock stays: it is the session's
            except DBAPIError as error:
                await to_the_end(connection.close())
                if getattr(error.orig, "sqlstate", None) != _LOCK_TIMEOUT:
                    raise
                name = self._writers.url.database or ""
                raise DatabaseInUse(name, "several of them need a Redis in common (VAP_REDIS).") from error
        self._claim = connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Begin a writing transaction as `Database.write` says."""
        with _postgres_errors():
            connection = self._writers.connect()
            try:
                await to_the_end(connection.start())
                yield connection
                await to_the_end(_commit(connection))
            finally:
                if connection.sync_connection is not None:
                    await to_the_end(self._give_back(connection))  # rolls back what was not committed

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Read one snapshot as `Database.read` says."""
        with _postgres_errors():
            connection = self._readers.connect()
            try:
                await to_the_end(connection.start())
                yield connection
            finally:
                if connection.sync_connection is not None:
                    await to_the_end(self._give_back(connection))

    def glance(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Read as always: the server's answer is waited for, whatever is asked."""
        return self.read()

    async def close(self) -> None:
        """Close every connection that rests; those at work follow when they are given back."""
        self._closed = True
        if self._claim is not None:
            await to_the_end(self._claim.close())
        await self._readers.dispose()
        await self._writers.dispose()
        await asyncio.sleep(0)  # sockets that a cancellation cut off are closed in the loop's next turn

    async def _give_back(self, connection: AsyncConnection) -> None:
        if self._closed:  # its pool has been let go: no one else would end it
            await connection.invalidate()
        await connection.close()


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except (DBAPIError, OSError) as error:
        if isinstance(error, DBAPIError) and not error.connection_invalidated:
            raise
        log.warning("database_unavailable", error="lost during a commit")
        raise Unavailable(_UNCERTAIN) from error


@contextmanager
def _postgres_errors() -> Iterator[None]:
    """Turn what server, network and locks refuse into `Unavailable`; mistakes in SQL stay what they are.

    Time-outs and errors of sockets can only come from the driver: a transaction waits for nothing else.
    """
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state == _NO_TEXT:
            raise InvalidRequest("A text holds a character that can't be kept.") from error
        refused = state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES
        if not (refused or error.connection_invalidated):
            raise
        log.warning("database_unavailable", error=type(error.orig).__name__, sqlstate=state)
        raise Unavailable(UNAVAILABLE) from error
    except (OSError, TimeoutError, PoolTimeoutError) as error:
        log.warning("database_unavailable", error=type(error).__name__)
        raise Unavailable(UNAVAILABLE) from error


def _refuse_closed(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    """Replace a pooled connection that the server has closed meanwhile, which costs no round trip."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError
