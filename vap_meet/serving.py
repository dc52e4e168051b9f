"""Running an application on a socket until a signal says stop."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import signal
import ssl
from typing import TYPE_CHECKING

import uvloop
from aiohttp import http_exceptions, web, web_response
from aiohttp.log import server_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vap_meet.settings import Settings

PRODUCT = "VAP-Meet"
SHUTDOWN_S = 5.0
BACKLOG = 4096  # appointments begin at round times: many arrive in one second
GARBAGE_AFTER = (10_000, 20)
"""How many objects are made before the young are searched for garbage, and how often before the older are.

Nearly everything that is served is freed at once, without. What thousands of connections wait with would be
taken for new again and again, and then all there is be looked through, while every call stands still.
"""


class UnsafeBind(Exception):  # noqa: N818 - says what happened
    """The address would carry cookies and links in the clear over a network."""


def refuse_unsafe_bind(settings: Settings) -> None:
    """Raise `UnsafeBind` for an address others can reach without TLS here or at a trusted proxy."""
    if not (is_loopback(settings.host) or settings.tls_certificate or settings.trusted_proxies):
        raise UnsafeBind(
            f"Listening on {settings.host} needs TLS (VAP_TLS_CERTIFICATE and VAP_TLS_KEY) "
            "or a proxy that speaks it (VAP_TRUSTED_PROXIES)."
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host, an address or a name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
    runner = runner_of(app, shutdown_s=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, ssl_context=tls, backlog=BACKLOG)
        await site.start()
        await on_ready(runner.addresses[0][1])
        await stop.wait()
    finally:
        await runner.cleanup()


def runner_of(app: web.Application, *, shutdown_s: float) -> web.AppRunner:
    """Return what serves an application, in answers that name the product alone.

    Some answers never reach the application: those to requests that can't be read. The framework has no
    setting for the name in them, which is its own, with its version and Python's.
    """
    web_response.SERVER_SOFTWARE = PRODUCT  # type: ignore[attr-defined]
    server_logger.addFilter(_unreadable_is_no_error)
    return web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_s)


def _unreadable_is_no_error(record: logging.LogRecord) -> bool:
    """Let a request that can't be read be a line of the log: anybody may send one, and many."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, http_exceptions.HttpProcessingError):
        record.msg, record.args, record.exc_info = "request_unreadable", (), None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


def in_event_loop(main: Awaitable[None]) -> None:
    """Run a coroutine to its end in uvloop, with garbage looked for seldom."""
    gc.set_threshold(*GARBAGE_AFTER)

    async def whole() -> None:
        await main

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())
