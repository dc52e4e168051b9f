"""What every part stands on: the record, the time, the keys, and how parts are closed and run."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vap_meet.services.keys import Keys
from vap_meet.services.outbound import Outbound
from vap_meet.store.engine import Database
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from aiohttp import web

    from vap_meet.clock import Clock
    from vap_meet.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the rooms are built on.

    `runs`: what runs by itself while the application lives, by name. `closing`: closed in reverse order.
    """

    settings: Settings
    clock: Clock
    db: Database
    keys: Keys
    outbound: Outbound
    closing: AsyncExitStack
    runs: dict[str, Callable[[], Coroutine[None, None, None]]] = field(default_factory=dict)


@asynccontextmanager
async def open_base(app: web.Application) -> AsyncIterator[Base]:
    """Open the record and the keys; at the end everything is closed, in reverse order of its opening."""
    settings = app[key.SETTINGS]
    async with AsyncExitStack() as closing:
        app[key.DB] = db = await Database.open(settings.database)
        closing.push_async_callback(db.close)
        await db.claim(alone=settings.redis is None)
        outbound = Outbound(allowed=settings.webhook_allow_private)
        closing.push_async_callback(outbound.close)
        yield Base(
            settings=settings,
            clock=app[key.CLOCK],
            db=db,
            keys=Keys.open(settings.secret_dir),
            outbound=outbound,
            closing=closing,
        )
