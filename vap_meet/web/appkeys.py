"""Where the doors find the parts that `vap_meet.app` has put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from signaling.backing import Backing
    from signaling.hub import Hub
    from vap_meet.clock import Clock
    from vap_meet.services.api_keys import ApiKeys
    from vap_meet.services.availability import Availability
    from vap_meet.services.board import Board
    from vap_meet.services.board_news import BoardNews
    from vap_meet.services.booking import Booking
    from vap_meet.services.call_backs import CallBacks
    from vap_meet.services.callers import Callers
    from vap_meet.services.catalogue import Catalogue
    from vap_meet.services.demand import Demand
    from vap_meet.services.demo import Demo
    from vap_meet.services.device_checks import DeviceChecks
    from vap_meet.services.earlier import EarlierTimes
    from vap_meet.services.echo import Echo
    from vap_meet.services.feedback import Feedback
    from vap_meet.services.health import Health
    from vap_meet.services.hours import Hours
    from vap_meet.services.joining import Joining
    from vap_meet.services.limits import RateLimiter
    from vap_meet.services.message_shelf import MessageShelf
    from vap_meet.services.outcomes import Outcomes
    from vap_meet.services.own_appointments import OwnAppointments
    from vap_meet.services.phone_codes import PhoneCodes
    from vap_meet.services.quality import Quality
    from vap_meet.services.requests import Requests
    from vap_meet.services.sessions import Sessions
    from vap_meet.services.staffing import Staffing
    from vap_meet.services.webhooks import Webhooks
    from vap_meet.settings import Settings
    from vap_meet.store.engine import Database
    from vap_meet.web.assets import Assets
    from vap_meet.web.render import Renderer

SETTINGS: web.AppKey[Settings] = web.AppKey("settings")
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
DB: web.AppKey[Database] = web.AppKey("db")
BOOKING: web.AppKey[Booking] = web.AppKey("booking")
OUTCOMES: web.AppKey[Outcomes] = web.AppKey("outcomes")
SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions")
AVAILABILITY: web.AppKey[Availability] = web.AppKey("availability")
HOURS: web.AppKey[Hours] = web.AppKey("hours")
CALLERS: web.AppKey[Callers] = web.AppKey("callers")
EARLIER: web.AppKey[EarlierTimes] = web.AppKey("earlier")
OWN: web.AppKey[OwnAppointments] = web.AppKey("own")
PHONE_CODES: web.AppKey[PhoneCodes] = web.AppKey("phone_codes")
BOARD: web.AppKey[Board] = web.AppKey("board")
BOARD_NEWS: web.AppKey[BoardNews] = web.AppKey("board_news")
JOINING: web.AppKey[Joining] = web.AppKey("joining")
STAFFING: web.AppKey[Staffing] = web.AppKey("staffing")
API_KEYS: web.AppKey[ApiKeys] = web.AppKey("api_keys")
LIMITS: web.AppKey[RateLimiter] = web.AppKey("limits")
HUB: web.AppKey[Hub] = web.AppKey("hub")
ROOMS: web.AppKey[Backing] = web.AppKey("rooms")
RENDERER: web.AppKey[Renderer] = web.AppKey("renderer")
ASSETS: web.AppKey[Assets] = web.AppKey("assets")
CALL_BACKS: web.AppKey[CallBacks] = web.AppKey("call_backs")
CATALOGUE: web.AppKey[Catalogue] = web.AppKey("catalogue")
DEMAND: web.AppKey[Demand] = web.AppKey("demand")
WEBHOOKS: web.AppKey[Webhooks] = web.AppKey("webhooks")
DEMO: web.AppKey[Demo] = web.AppKey("demo")
SHELF: web.AppKey[MessageShelf] = web.AppKey("shelf")
HEALTH: web.AppKey[Health] = web.AppKey("health")
DEVICE_CHECKS: web.AppKey[DeviceChecks] = web.AppKey("device_checks")
ECHO: web.AppKey[Echo] = web.AppKey("echo")
FEEDBACK: web.AppKey[Feedback] = web.AppKey("feedback")
QUALITY: web.AppKey[Quality] = web.AppKey("quality")
REQUESTS: web.AppKey[Requests] = web.AppKey("requests")
