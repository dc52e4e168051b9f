"""What goes its rounds: free earlier times, whose turn comes or is late, what to expect while waiting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vap_meet.services import presence
from vap_meet.services.earlier import EarlierTimes
from vap_meet.services.outlooks import Outlooks
from vap_meet.services.queueing import Queueing
from vap_meet.services.rounds import Rounds
from vap_meet.services.turns import Turns
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.composition.base import Base
    from vap_meet.composition.telling import Telling


def put_rounds(app: web.Application, base: Base, telling: Telling) -> None:
    """Make what looks at the record from time to time; the rooms and the use cases are there already."""
    db, clock, zone = base.db, base.clock, ZoneInfo(base.settings.time_zone)
    online = partial(presence.online, app[key.HUB])
    app[key.EARLIER] = earlier = EarlierTimes(
        db=db,
        clock=clock,
        booking=app[key.BOOKING],
        promises=telling.promises,
        zone=zone,
        wake=telling.wake,
    )
    app[key.QUEUEING] = queueing = Queueing(zone=zone, online=online)
    nudges = app[key.ROOMS].nudges
    base.runs["outlooks"] = Outlooks(
        db=db, clock=clock, hub=app[key.HUB], queueing=queueing, nudges=nudges
    ).run
    turns = Turns(
        db=db,
        clock=clock,
        queueing=queueing,
        online=online,
        promises=telling.promises,
        wake=telling.wake,
    )
    stops = {"earlier": earlier.run_once, "turns": turns.run_once}
    base.runs["rounds"] = Rounds(db=db, clock=clock, stops=stops).run
