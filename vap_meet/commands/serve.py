"""`vap-meet serve`, and what a demonstration shares with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from vap_meet.app import build
from vap_meet.commands import CommandFailed
from vap_meet.commands.surroundings import read_settings, refuse_missing_file
from vap_meet.domain.errors import Unavailable
from vap_meet.observability import configure
from vap_meet.serving import UnsafeBind, in_event_loop, is_loopback, refuse_unsafe_bind, run
from vap_meet.store.engine import DatabaseInUse

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from vap_meet.settings import Settings

log = structlog.get_logger(__name__)


def serve(_: Namespace) -> int:
    """Serve with the settings of the environment."""
    settings = read_settings()
    refuse_missing_file(settings)

    async def ready(port: int) -> None:
        print(f"Ready on {settings.host}:{port} for {settings.public_url}", flush=True)

    serve_with(settings, lambda _app: ready)
    return 0


CODES_NOBODY_GETS = (
    "Customers have to prove their phone by a code (VAP_PHONE_CODE), but no SMS provider is set up "
    "(VAP_SMS_URL): nobody could book, or see their appointments, on the pages. Set VAP_SMS_URL, or "
    "VAP_PHONE_CODE=false to let people book without a code."
)


def refuse_codes_nobody_gets(settings: Settings) -> None:
    """Raise `CommandFailed` if customers were to type a code that no provider could send them.

    A server that only this machine can reach is being tried out: it is told, and serves.
    """
    if settings.demo or settings.sms_url or not settings.phone_code:
        return
    if not is_loopback(urlsplit(settings.public_url).hostname or ""):
        raise CommandFailed(CODES_NOBODY_GETS)
    log.warning("phone_codes_cant_be_sent")
    print(f"WARNING: {CODES_NOBODY_GETS}", file=sys.stderr, flush=True)


def serve_with(
    settings: Settings, on_ready: Callable[[web.Application], Callable[[int], Awaitable[None]]]
) -> None:
    """Serve until a signal says stop. Raises `CommandFailed`."""
    configure(settings)
    refuse_codes_nobody_gets(settings)
    try:
        refuse_unsafe_bind(settings)
        app = build(settings)
        in_event_loop(run(app, settings, on_ready=on_ready(app)))
    except (UnsafeBind, DatabaseInUse) as error:
        raise CommandFailed(str(error)) from None
    except Unavailable:
        raise CommandFailed(f"The database at {settings.database} can't be reached.") from None
    except OSError as error:
        raise CommandFailed(f"Can't listen on {settings.host}:{settings.port}: {error.strerror}.") from None
