"""What goes its rounds: earlier times that are free, people whose turn comes or is late."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vap_meet.services.earlier import EarlierTimes
from vap_meet.services.rounds import Rounds
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.composition.base import Base
    from vap_meet.composition.telling import Telling


def put_rounds(app: web.Application, base: Base, telling: Telling) -> None:
    """Make what looks at the record from time to time; the use cases are there already."""
    app[key.EARLIER] = earlier = EarlierTimes(
        db=base.db,
        clock=base.clock,
        booking=app[key.BOOKING],
        promises=telling.promises,
        zone=ZoneInfo(base.settings.time_zone),
        wake=telling.wake,
    )
    rounds = Rounds(db=base.db, clock=base.clock, stops={"earlier": earlier.run_once})
    base.runs["rounds"] = rounds.run
