"""Ask a TURN server for an allocation, as a browser would: the proof that it serves, and how long that takes.

A wrong secret, a port that nobody listens on, a name that leads nowhere and an expired certificate all look
alike to a customer: the call never connects. Here each has a name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from signaling.turn import TurnCredentials

WITHIN_S = 5.0
_PORTS = {"turn": 3478, "turns": 5349}


class TurnFault(StrEnum):
    """Why a TURN server gives no allocation."""

    BAD_URL = "bad_url"
    NO_SUCH_HOST = "no_such_host"
    NOT_LISTENING = "not_listening"
    CERTIFICATE = "certificate"
    NO_ANSWER = "no_answer"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a name
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TurnServer:
    """What a TURN URL (RFC 7065) says. `path` is how customers' media would travel: udp, tcp or tls."""

    host: str
    port: int
    transport: str
    tls: bool

    @property
    def path(self) -> str:
        """Return the name of the way there."""
        return "tls" if self.tls else self.transport

    @classmethod
    def read(cls, url: str) -> TurnServer:
        """Parse ``turn:host:port?transport=udp|tcp`` or ``turns:``. Raises `ValueError` for anything else."""
        scheme, colon, rest = url.partition(":")
        where, _, query = rest.partition("?")
        if not colon or scheme not in _PORTS or not where:
            raise ValueError(f"{url!r} is no TURN URL")
        tls = scheme == "turns"
        [transport] = parse_qs(query).get("transport", ["tcp" if tls else "udp"])
        if transport not in {"udp", "tcp"} or (tls and transport != "tcp"):
            raise ValueError(f"{url!r} names a transport that no browser uses")
        host, port = _host_and_port(where)
        return cls(host, port or _PORTS[scheme], transport, tls)


def _host_and_port(where: str) -> tuple[str, int]:
    if where.startswith("["):  # an IPv6 address, RFC 3986, 3.2.2
        host, bracket, rest = where[1:].partition("]")
        if not bracket:
            raise ValueError(f"{where!r} lacks its closing bracket")
        return host, int(rest.removeprefix(":") or 0)
    host, _, port = where.partition(":")
    return host, int(port or 0)


@dataclass(frozen=True, slots=True)
class Allocation:
    """What asking came to: `fault` is None when the server gave an allocation after `took_ms`."""

    fault: TurnFault | None
    took_ms: int


async def allocate(
    url: str, credentials: TurnCredentials, *, tls: ssl.SSLContext | None = None, within_s: float = WITHIN_S
) -> Allocation:
    """Ask for an allocation and give it back. Never raises.

    `tls` says whom to trust; by default it is whom the system trusts.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(within_s):
            await _ask(TurnServer.read(url), credentials, tls or ssl.create_default_context())
        fault = None
    except Exception as error:  # noqa: BLE001 - whatever it is, the server can't be used
        fault = _named(error)
    return Allocation(fault, round((time.monotonic() - began) * 1000))


async def _ask(server: TurnServer, credentials: TurnCredentials, tls: ssl.SSLContext) -> None:
    # Imported here: only a deployment that has TURN servers needs it, and it costs a tenth of the start-up.
    from aioice.turn import create_turn_endpoint  # noqa: PLC0415

    transport, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol,
        server_addr=(server.host, server.port),
        username=credentials.username,
        password=credentials.credential,
        lifetime=60,
        ssl=tls if server.tls else None,
        transport=server.transport,
    )
    transport.close()
    await asyncio.sleep(0)  # so that giving it back is on its way before the loop may end


def _named(error: Exception) -> TurnFault:
    """Name what went wrong; kinds before the kinds they are kinds of."""
    response = getattr(error, "response", None)  # aioice's TransactionFailed has the server's
    if response is not None:
        code, _ = response.attributes.get("ERROR-CODE", (0, ""))
        return TurnFault.WRONG_SECRET if code == UNAUTHORIZED else TurnFault.REFUSED
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), TurnFault.NO_ANSWER)


UNAUTHORIZED = 401  # RFC 8489, 14.8
_FAULTS: tuple[tuple[type[Exception], TurnFault], ...] = (
    (ssl.SSLError, TurnFault.CERTIFICATE),
    (TimeoutError, TurnFault.NO_ANSWER),
    (socket.gaierror, TurnFault.NO_SUCH_HOST),
    (OSError, TurnFault.NOT_LISTENING),
    (ValueError, TurnFault.BAD_URL),
)
