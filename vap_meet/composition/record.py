"""The record's use cases: appointments, outcomes, the catalogue, times to book, what people said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vap_meet.services.api_keys import ApiKeys
from vap_meet.services.assigning import Assigning
from vap_meet.services.attachments import Attachments
from vap_meet.services.availability import Availability
from vap_meet.services.board import Board
from vap_meet.services.booking import Booking
from vap_meet.services.callers import Callers
from vap_meet.services.catalogue import Catalogue
from vap_meet.services.demand import Demand
from vap_meet.services.demo import Demo
from vap_meet.services.feedback import Feedback
from vap_meet.services.hours import Hours
from vap_meet.services.opening_notices import OpeningPromises
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.own_appointments import OwnAppointments
from vap_meet.services.phone_codes import PhoneCodes
from vap_meet.services.retention import Retention
from vap_meet.services.sealing import Sealer
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.composition.base import Base
    from vap_meet.composition.telling import Telling


def put_record(app: web.Application, base: Base, telling: Telling) -> None:
    """Make the use cases; the rooms are there already."""
    settings, clock, db = base.settings, base.clock, base.db

    def changed() -> None:
        """Follow the commit of what boards show and others are told of."""
        telling.wake()
        app[key.BOARD_NEWS].changed()

    app[key.HOURS] = Hours(db=db, clock=clock)
    app[key.CATALOGUE] = catalogue = Catalogue(
        db=db, clock=clock, opened=OpeningPromises(telling.channels), wake=telling.wake
    )
    app[key.DEMAND] = Demand(db=db, clock=clock)
    app[key.API_KEYS] = ApiKeys(db=db, clock=clock)
    app[key.BOARD] = Board(db=db, clock=clock, settings=settings)
    app[key.BOOKING] = booking = Booking(db=db, clock=clock, wake=changed, announce=telling.announce)
    app[key.OUTCOMES] = outcomes = Outcomes(
        db=db,
        clock=clock,
        room_over=app[key.HUB].end_room,
        wake=changed,
        announce=telling.announce,
    )
    app[key.ATTACHMENTS] = Attachments(
        db=db, clock=clock, withdrawn=telling.promises.file_withdrawn, wake=telling.wake
    )
    app[key.FEEDBACK] = Feedback(db=db, clock=clock, zone=ZoneInfo(settings.time_zone), wake=telling.wake)
    app[key.AVAILABILITY] = Availability(
        db=db,
        clock=clock,
        booking=booking,
        services=catalogue,
        cut_off=timedelta(minutes=settings.change_cut_off_minutes),
    )
    app[key.ASSIGNING] = Assigning(db=db, clock=clock, changed=app[key.BOARD_NEWS].changed)
    app[key.CALLERS] = Callers(db=db, clock=clock, booking=booking, promises=telling.promises)
    app[key.OWN] = OwnAppointments(db=db, joining=app[key.JOINING], outcomes=outcomes)
    app[key.PHONE_CODES] = PhoneCodes(
        db=db, clock=clock, keys=base.keys, limits=app[key.LIMITS], wake=telling.wake
    )
    app[key.SEALER] = sealer = Sealer(db=db, clock=clock)
    base.runs["sealer"] = sealer.run
    base.runs["retention"] = Retention(db=db, clock=clock, keep_months=settings.keep_months).run


def put_demo(app: web.Application, base: Base, telling: Telling) -> None:
    """Make what fills and empties the demonstration."""
    app[key.DEMO] = Demo(
        db=base.db,
        clock=base.clock,
        hub=app[key.HUB],
        sessions=app[key.SESSIONS],
        joining=app[key.JOINING],
        staffing=app[key.STAFFING],
        api_keys=app[key.API_KEYS],
        catalogue=app[key.CATALOGUE],
        hours=app[key.HOURS],
        invitations=app[key.BOOKING_INVITATIONS],
        announce=telling.announce,
        seal=app[key.SEALER].run_once,
        notebook=base.settings.secret_dir.parent / "demo-links.json",
    )
