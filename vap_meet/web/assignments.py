"""Who has an appointment: shown beside the record, changed by who may.

POST /agent/appointments/{id}/assignment     unit: a number of the pool; none: whoever asks takes it
POST /admin/appointments/{id}/assignment     unit                        -> 303 back to the appointment
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.access import StaffRole
from vap_meet.domain.errors import Forbidden, NotFound, WrongState
from vap_meet.domain.slot_errors import SlotTaken
from vap_meet.web.appkeys import ASSIGNING
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.assigning import Assignment

routes = web.RouteTableDef()

_MOST_DIGITS = 9
FAULTS = ("taken", "called_in", "not_yours")
"""Why it was not given away, as the address of the page says it."""


@routes.post("/agent/appointments/{id}/assignment")
@staff_required(StaffRole.AGENT)
async def give_as_agent(request: web.Request) -> web.StreamResponse:
    """Take it, or give it to a colleague."""
    return await _give(request)


@routes.post("/admin/appointments/{id}/assignment")
@staff_required(StaffRole.ADMIN)
async def give_as_admin(request: web.Request) -> web.StreamResponse:
    """Give it to anybody of its pool."""
    return await _give(request)


async def assignment_of(request: web.Request, appointment: Appointment) -> Assignment:
    """Return who has an appointment, for the page of it."""
    return await request.app[ASSIGNING].of(appointment, staff_of(request))


def assignment_fault(request: web.Request) -> str:
    """Return why a change was refused, if the page was led to by that."""
    said = request.query.get("assignment", "")
    return said if said in FAULTS else ""


async def _give(request: web.Request) -> web.Response:
    member, appointment_id = staff_of(request), request.match_info["id"]
    value = (await request.post()).get("unit")
    text = value[:_MOST_DIGITS] if isinstance(value, str) else ""
    unit_id = int(text) if text.isascii() and text.isdigit() else None
    fault = ""
    try:
        await request.app[ASSIGNING].give(appointment_id, unit_id, by=member)
    except SlotTaken:
        fault = "taken"
    except WrongState:
        fault = "called_in"
    except (Forbidden, NotFound):
        fault = "not_yours"
    query = f"?assignment={fault}" if fault else ""
    return see_other(f"/{member.role}/appointments/{appointment_id}{query}#assignment")
