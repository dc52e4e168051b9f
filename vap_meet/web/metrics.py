"""Figures for the operator's monitoring, in Prometheus' text format.

GET /metrics    with `Authorization: Bearer` and the token of VAP_METRICS_TOKEN; 404 where none is set

Requests are counted by the route's template, never by a path: no code, no id, nothing personal is a label.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from vap_meet.web.appkeys import HEALTH, HUB, METRICS, SETTINGS

if TYPE_CHECKING:
    from vap_meet.services.health import BacklogHealth, HealthReport

routes = web.RouteTableDef()

_STREAMS = frozenset({"/signal", "/agent/board/news"})
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The figures of one process: requests are counted as they happen, the rest is read when asked."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Histogram(
            "vap_request_seconds",
            "Requests by route and status class",
            ("method", "route", "status"),
            registry=registry,
            buckets=_SECONDS,
        )
        self._ready = Gauge("vap_record_ready", "1 while the record can be used", registry=registry)
        self._turn = Gauge("vap_turn_up", "1 while a TURN server allocates", ("url",), registry=registry)
        self._sockets = Gauge("vap_sockets", "Places taken by connections here", registry=registry)
        self._rooms = Gauge("vap_rooms", "Rooms with somebody connected here", registry=registry)
        self._waiting = Gauge("vap_waiting", "People connected here who wait", registry=registry)
        self._backlog = Gauge("vap_backlog", "Entries that wait", ("work",), registry=registry)
        self._age = Gauge("vap_backlog_oldest_seconds", "Age of the oldest", ("work",), registry=registry)
        self._parked = Gauge("vap_parked", "Promises given up, for a person to look at", registry=registry)

    def request(self, *, method: str, route: str, status: int, took_s: float) -> None:
        """Count a request that was answered. One that stays open, as a call's line does, has no duration."""
        if route in _STREAMS:
            return
        self._requests.labels(method, route, f"{status // 100}xx").observe(took_s)

    async def text(self, app: web.Application) -> bytes:
        """Return every figure as it is now; never raises because something is down."""
        report, hub = await app[HEALTH].report(), app[HUB]
        places = hub.places()
        self._sockets.set(len(places))
        self._rooms.set(len({place.room for place in places}))
        self._waiting.set(len(hub.waiting()))
        self._record(report)
        return generate_latest(self._registry)

    def _record(self, report: HealthReport) -> None:
        self._ready.set(not report.database.problems)
        for state in report.turn:
            if state.checked_at is not None:
                self._turn.labels(state.url).set(not state.is_broken)
        self._parked.set(report.parked)
        works: dict[str, BacklogHealth | None] = {"outbox": report.outbox, "sealing": report.sealer}
        for work, backlog in works.items():
            if backlog is not None:
                self._backlog.labels(work).set(backlog.waiting)
                self._age.labels(work).set(backlog.oldest_s)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Answer the figures to whoever has the token."""
    token = request.app[SETTINGS].metrics_token
    if token is None:
        raise web.HTTPNotFound
    given = request.headers.get(hdrs.AUTHORIZATION, "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.get_secret_value().encode()):
        raise web.HTTPUnauthorized(headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
    return web.Response(
        body=await request.app[METRICS].text(request.app),
        headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST, hdrs.CACHE_CONTROL: "no-store"},
    )
