"""A small application with the whole web frame around it, and the real parts that the frame asks for."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.serving import runner_of
from vap_meet.settings import Settings
from vap_meet.web import appkeys as key
from vap_meet.web import assets, pages
from vap_meet.web.assets import Assets
from vap_meet.web.middleware import middlewares
from vap_meet.web.render import Renderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aiohttp.typedefs import Handler

NOON = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)
"""Monday noon in Dubai."""

ORIGIN = "https://meet.example.test"


def settings_for_tests(**changes: object) -> Settings:
    """Settings as of a deployment behind TLS; nothing is read from or written to the disk."""
    return Settings(**{"public_url": ORIGIN, **changes})


def renderer_for_tests(**changes: object) -> Renderer:
    """A renderer that stops at any missing text, its clock standing at `NOON`."""
    return Renderer(settings_for_tests(**changes), Assets.load(), clock=lambda: NOON)


def framed_app(
    routes: Iterable[tuple[str, str, Handler]] = (),
    *,
    tree: dict[str, bytes] | None = None,
    **changes: object,
) -> web.Application:
    """An application with the frame's own pages, the static files and some routes: (method, path, handler).

    `tree` takes the place of the static files for `/static` alone; pages need the real ones.
    """
    settings = settings_for_tests(**changes)
    app = web.Application(middlewares=middlewares(settings), client_max_size=64 * 1024)
    files = Assets.load()
    app[key.SETTINGS] = settings
    app[key.CLOCK] = lambda: NOON
    app[key.ASSETS] = Assets(tree) if tree is not None else files
    app[key.RENDERER] = Renderer(settings, files, clock=lambda: NOON)
    app.add_routes(pages.routes)
    app.add_routes(assets.routes)
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    return app


@asynccontextmanager
async def served(app: web.Application, *, shutdown_s: float = 1.0) -> AsyncIterator[str]:
    """Serve an application as `vap-meet serve` does, which aiohttp's own test server does not; give its URL.

    That one would cancel a handler whose client has gone.
    """
    runner = runner_of(app, shutdown_s=shutdown_s)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
