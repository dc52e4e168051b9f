"""Running an application on a socket until a signal says stop."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import ssl
from typing import TYPE_CHECKING

import uvloop
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vap_meet.settings import Settings

SHUTDOWN_S = 5.0
BACKLOG = 4096  # appointments begin at round times: many arrive in one second


class UnsafeBind(Exception):  # noqa: N818 - says what happened
    """The address would carry cookies and links in the clear over a network."""


def refuse_unsafe_bind(settings: Settings) -> None:
    """Raise `UnsafeBind` for an address others can reach without TLS here or at a trusted proxy."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    if not (loopback or settings.tls_certificate or settings.trusted_proxies):
        raise UnsafeBind(
            f"Listening on {settings.host} needs TLS (VAP_TLS_CERTIFICATE and VAP_TLS_KEY) "
            "or a proxy that speaks it (VAP_TRUSTED_PROXIES)."
        )


async def run(
    app: web.Application, settings: Settings, *, on_ready: Callable[[int], Awaitable[None]]
) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is told the port. Connections get a while to end.

    Raises `OSError` if the address can't be listened on.
    """
    tls = None
    if settings.tls_certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(settings.tls_certificate, settings.tls_key)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, ssl_context=tls, backlog=BACKLOG)
        await site.start()
        await on_ready(runner.addresses[0][1])
        await stop.wait()
    finally:
        await runner.cleanup()


def in_event_loop(main: Awaitable[None]) -> None:
    """Run a coroutine to its end in uvloop."""

    async def whole() -> None:
        await main

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())
