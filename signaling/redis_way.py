"""The way to a Redis: one server by its URL, or whichever of several the Sentinels say is the master now.

    redis://user:password@host:6379/0     rediss://... over TLS, unix://path
    redis+sentinel://user:password@host:26379,host:26379/master-name?db=0
                                          rediss+sentinel://... over TLS, to the Sentinels too

User and password are the server's; `sentinel_username` and `sentinel_password` in the query the Sentinels'.
Over TLS, `ssl_ca_certs` names the PEM file of who vouches for all of them, if it is none of the usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

_SENTINEL_PORT: Final = 26379
_SENTINEL_SHARE: Final = 0.25  # of the deadline of a call: one that is silent must not use all of it up


class RedisWay:
    """Makes connections; each goes to whoever is the master when it is made."""

    def __init__(self, url: str, *, deadline_s: float) -> None:
        options: dict[str, Any] = {
            "protocol": 2,  # what is published comes like any other answer
            "socket_timeout": None,  # the deadlines are ours
            "socket_connect_timeout": deadline_s,
            "retry": Retry(NoBackoff(), 0),
        }
        self._sentinel: Sentinel | None = None
        if "+sentinel://" not in url:
            self._pool = ConnectionPool.from_url(url, **options)
            return
        parts = urlsplit(url)
        asked = {name: told[-1] for name, told in parse_qs(parts.query).items()}
        tls: dict[str, Any] = {}
        if parts.scheme == "rediss+sentinel":
            tls = {"ssl": True, "ssl_ca_certs": asked.get("ssl_ca_certs")}
        within_s = deadline_s * _SENTINEL_SHARE
        self._sentinel = Sentinel(  # type: ignore[no-untyped-call]
            _addresses(parts.netloc.rpartition("@")[2]),
            sentinel_kwargs={
                "username": asked.get("sentinel_username"),
                "password": asked.get("sentinel_password"),
                "socket_timeout": within_s,
                "socket_connect_timeout": within_s,
                "retry": Retry(NoBackoff(), 0),
                **tls,
            },
        )
        self._pool = SentinelConnectionPool(  # type: ignore[no-untyped-call]
            unquote(parts.path.strip("/")),
            self._sentinel,
            db=int(asked.get("db", 0)),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            **tls,
            **options,
        )

    def connection(self) -> AbstractConnection:
        """Return a connection that is not yet made."""
        made: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return made

    async def close(self) -> None:
        """Let the Sentinels go; connections are closed by those who have them."""
        for one in self._sentinel.sentinels if self._sentinel is not None else ():
            await one.aclose()


def _addresses(text: str) -> list[tuple[str, int]]:
    """Return hosts and ports; an IPv6 address stands in brackets."""
    found = []
    for one in text.split(","):
        parts = urlsplit(f"//{one}")
        found.append((parts.hostname or "", parts.port or _SENTINEL_PORT))
    return found
