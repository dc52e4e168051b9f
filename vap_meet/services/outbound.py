"""Outbound: posts to addresses that others chose, reaching only what the settings let us reach.

A name is resolved here, its addresses are judged, and the connection goes to the very addresses that passed:
a name that changes its mind between the check and the call changes nothing. Redirects are not followed,
answers are read up to a bound, and every step has a deadline.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from vap_meet.domain.webhooks import may_reach

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from vap_meet.domain.webhooks import Network

CONNECT_S = 5.0
TOTAL_S = 15.0
MAX_ANSWER_BYTES = 64 * 1024
_KEPT_ALIVE_S = 30.0


class AddressRefused(OSError):  # noqa: N818 - says what happened
    """None of a name's addresses may be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status with the beginning of its body, or the error that kept it from coming."""

    status: int | None
    body: bytes
    ms: int
    error: str | None

    @property
    def accepted(self) -> bool:
        """Whether the other side has said that it has it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class _Judged(AbstractResolver):
    """Resolves a name to those of its addresses that may be reached."""

    def __init__(self, inner: AbstractResolver, allowed: tuple[Network, ...], *, public: bool) -> None:
        self._inner = inner
        self._allowed = allowed
        self._public = public

    def passes(self, address: str) -> bool:
        """Whether this address may be reached."""
        return may_reach(address, allowed=self._allowed, public=self._public)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = 0,  # type: ignore[assignment]
    ) -> list[ResolveResult]:
        """Return the addresses that passed. Raises `AddressRefused` if none did."""
        found = await self._inner.resolve(host, port, family)
        passed = [one for one in found if self.passes(one["host"])]
        if not passed:
            raise AddressRefused
        return passed

    async def close(self) -> None:
        """Close the resolver within."""
        await self._inner.close()


class Outbound:
    """Posts JSON. Made inside a running loop, ended by `close`.

    Public addresses are reached by https alone; those in `allowed` by http too.
    """

    def __init__(
        self,
        *,
        allowed: tuple[Network, ...] = (),
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        connect_s: float = CONNECT_S,
        total_s: float = TOTAL_S,
    ) -> None:
        inner = resolver or ThreadedResolver()
        self._judges = {
            "https": _Judged(inner, allowed, public=True),
            "http": _Judged(inner, allowed, public=False),
        }
        context = tls or ssl.create_default_context()
        timeout = aiohttp.ClientTimeout(total=total_s, connect=connect_s)
        self._sessions = {
            scheme: aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=judge,
                    ssl=context,
                    use_dns_cache=False,
                    limit=0,  # the dispatcher bounds how many run
                    keepalive_timeout=_KEPT_ALIVE_S,
                ),
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a bounded answer must not grow
                headers={"User-Agent": "VAP-Meet", "Accept-Encoding": "identity"},
            )
            for scheme, judge in self._judges.items()
        }

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Post and return what came of it; never raises for what the other side does."""
        began = time.monotonic()
        status: int | None = None
        answer, error = b"", None
        try:
            target = URL(url)
            self._judge_literal(target)
            async with self._sessions[target.scheme].post(
                target,
                data=body.encode(),
                headers={"Content-Type": "application/json", **headers},
                allow_redirects=False,
            ) as response:
                status = response.status
                try:
                    answer = await _beginning(response)
                finally:
                    if not response.content.at_eof():
                        response.close()
        except (aiohttp.ClientError, OSError, ValueError, KeyError) as failure:
            error = _named(failure)
        if status is not None:
            error = "redirect" if 300 <= status < 400 else None  # noqa: PLR2004 - the status is the answer
        return Answer(status=status, body=answer, ms=round((time.monotonic() - began) * 1000), error=error)

    def _judge_literal(self, target: URL) -> None:
        """Judge an address that is written as such: no resolver is asked for it."""
        if target.host is None or target.scheme not in self._judges:
            raise ValueError("no address")
        literal = target.host.replace(".", "").isdigit() or ":" in target.host
        if literal and not self._judges[target.scheme].passes(target.host):
            raise AddressRefused


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """Return the body's first bytes, the whole of a short one."""
    read = bytearray()
    async for chunk in response.content.iter_any():
        read += chunk
        if len(read) >= MAX_ANSWER_BYTES:
            break
    return bytes(read[:MAX_ANSWER_BYTES])


def _named(failure: Exception) -> str:
    """Return a short name for what went wrong, fit to be shown to an admin."""
    inner = getattr(failure, "os_error", None)
    for kinds, name in _NAMES:
        if isinstance(failure, kinds) or isinstance(inner, kinds):
            return name
    return "failed"


_NAMES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (AddressRefused, "address_refused"),
    ((asyncio.TimeoutError, TimeoutError), "timeout"),
    ((aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError), "bad_certificate"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls"),
    (aiohttp.ClientConnectorDNSError, "unknown_host"),
    (aiohttp.ClientConnectorError, "no_connection"),
    ((aiohttp.ServerDisconnectedError, ConnectionError), "cut_off"),
    (aiohttp.ClientPayloadError, "cut_off"),
    (aiohttp.ClientResponseError, "not_http"),
    ((ValueError, KeyError), "bad_address"),
)
