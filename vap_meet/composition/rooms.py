"""The live side: room logs, the hub, who may enter, and what is measured of the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.backing import choose
from signaling.hub import Hub
from signaling.turn import ice_servers
from vap_meet.clock import milliseconds
from vap_meet.services.board_news import BoardNews
from vap_meet.services.device_checks import DeviceChecks
from vap_meet.services.echo import Echo
from vap_meet.services.health import Health
from vap_meet.services.joining import Joining
from vap_meet.services.limits import RateLimiter
from vap_meet.services.quality import Quality
from vap_meet.services.revoking import Revoking
from vap_meet.services.sessions import Sessions
from vap_meet.services.staffing import Staffing
from vap_meet.services.sweeping import Sweeper
from vap_meet.services.turn_check import TurnCheck
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from signaling.backing import Backing
    from signaling.shapes import IceServer
    from vap_meet.clock import Clock
    from vap_meet.composition.base import Base
    from vap_meet.composition.telling import Telling
    from vap_meet.settings import Settings


def put_rooms(app: web.Application, base: Base, telling: Telling) -> None:
    """Make the hub and the way into its rooms."""
    settings, clock, db = base.settings, base.clock, base.db
    redis_url = settings.redis.get_secret_value() if settings.redis else None
    rooms = app[key.ROOMS] = choose(redis_url, clock_ms=milliseconds(clock))
    base.closing.push_async_callback(rooms.close)
    app[key.LIMITS] = limits = _limits(clock, rooms)
    for_participant = _ice_servers(settings, clock)
    app[key.BOARD_NEWS] = news = BoardNews(rooms.nudges)
    app[key.SESSIONS] = sessions = Sessions(
        db=db,
        clock=clock,
        recorded=news.changed,
        wake=telling.wake,
        host_came=telling.promises.host_came,
        summoned=telling.promises.summoned,
    )
    app[key.HUB] = hub = Hub(
        log=rooms.log,
        presence=rooms.presence,
        facts=sessions,
        ice_servers=for_participant,
        relay_only=settings.ice_policy == "relay",
        clock_ms=milliseconds(clock),
    )
    app[key.JOINING] = Joining(
        db=db, clock=clock, keys=base.keys, settings=settings, hub=hub, sessions=sessions
    )
    revoking = Revoking(db=db, hub=hub)
    app[key.STAFFING] = Staffing(db=db, clock=clock, access_ended=revoking.wake, limits=limits)
    # The demonstration's waiting customers have no browser: nobody sweeps them away.
    sweeper = Sweeper(db=db, clock=clock, online=hub.online, occupied=hub.occupied, repairs=not settings.demo)
    base.runs.update(rooms=rooms.run, hub=hub.run, revoking=revoking.run, sweeper=sweeper.run)
    _put_measuring(app, base, for_participant)


def _limits(clock: Clock, rooms: Backing) -> RateLimiter:
    if rooms.line is None:
        return RateLimiter(clock)
    from vap_meet.services.shared_limits import SharedLimits  # noqa: PLC0415 - Redis' library costs a start

    return SharedLimits(clock, rooms.line)


def _put_measuring(
    app: web.Application, base: Base, for_participant: Callable[[str], tuple[IceServer, ...]]
) -> None:
    """Make what tells how good the way to us is, before a call and in it."""
    settings, clock, db = base.settings, base.clock, base.db
    app[key.ECHO] = echo = Echo(capacity=settings.echo_capacity, stun_urls=settings.stun_urls)
    base.closing.push_async_callback(echo.close)
    app[key.DEVICE_CHECKS] = DeviceChecks(
        db=db,
        clock=clock,
        ice_servers=for_participant,
        relay_only=settings.ice_policy == "relay",
    )
    app[key.QUALITY] = Quality(db=db, clock=clock)
    turn_check = TurnCheck(urls=settings.turn_urls, secret=_turn_secret(settings), clock=clock)
    app[key.HEALTH] = Health(db=db, clock=clock, turn=turn_check, redis=app[key.ROOMS].line)
    base.runs["turn_check"] = turn_check.run


def _ice_servers(settings: Settings, clock: Clock) -> Callable[[str], tuple[IceServer, ...]]:
    secret = _turn_secret(settings)

    def for_participant(participant: str) -> tuple[IceServer, ...]:
        return ice_servers(
            participant,
            stun_urls=settings.stun_urls,
            turn_urls=settings.turn_urls,
            turn_secret=secret,
            now=clock(),
        )

    return for_participant


def _turn_secret(settings: Settings) -> str | None:
    return settings.turn_secret.get_secret_value() if settings.turn_secret else None
