"""REST: which agent has an appointment.

GET /api/v1/appointments/{id}/agent    who has it, whether that may change, and who else could have it
PUT /api/v1/appointments/{id}/agent    {"agent": "..."}: give it to another agent, until the call-in
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aiohttp import web
from msgspec import Struct

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import ErrorCode, NotFound
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_promise import IfMatch
from vap_meet.web.api_types import shown
from vap_meet.web.appkeys import ASSIGNING, BOOKING

if TYPE_CHECKING:
    from vap_meet.services.assigning import Assignment

routes = web.RouteTableDef()


class AgentIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `PUT .../agent`: an agent's id, as their list names it."""

    agent: Annotated[str, shown(minLength=1)]


class AssignedOut(Struct, frozen=True, kw_only=True):
    """An agent who has an appointment or could have it."""

    id: str
    name_ar: str
    name_en: str


class AssignmentOut(Struct, frozen=True, kw_only=True):
    """Who has an appointment; `agent` is null for somebody of the pool who has no account.

    `provisional` says that it may be given away still, `others` who is free then and could have it.
    """

    agent: AssignedOut | None
    provisional: bool
    others: tuple[AssignedOut, ...]

    @classmethod
    def of(cls, assignment: Assignment) -> AssignmentOut:
        """Return the answer. Raises `NotFound` where nobody's time is reserved."""
        if assignment.official is None:
            raise NotFound("Nobody's time is reserved for it.")
        known = {
            one.unit_id: AssignedOut(id=one.staff_id, name_ar=one.name_ar or "", name_en=one.name_en or "")
            for one in (assignment.official, *assignment.others)
            if one.staff_id is not None
        }
        return cls(
            agent=known.get(assignment.official.unit_id),
            provisional=assignment.provisional,
            others=tuple(known[one.unit_id] for one in assignment.others if one.unit_id in known),
        )


@routes.get("/api/v1/appointments/{id}/agent")
@door(answer=AssignmentOut, scope=Scope.APPOINTMENTS_READ)
async def get(call: Call) -> Reply[AssignmentOut]:
    """Answer who has the appointment."""
    appointment = await call.request.app[BOOKING].get(call.appointment_id)
    return Reply(content=AssignmentOut.of(await call.request.app[ASSIGNING].of(appointment, None)))


@routes.put("/api/v1/appointments/{id}/agent")
@door(
    answer=AssignmentOut,
    scope=Scope.APPOINTMENTS_WRITE,
    body=AgentIn,
    refusals=(ErrorCode.WRONG_STATE, ErrorCode.SLOT_TAKEN),
    if_match=IfMatch.ALLOWED,
)
async def put(call: Call) -> Reply[AssignmentOut]:
    """Give the appointment to another agent; who has it already keeps it."""
    given = await call.request.app[ASSIGNING].give_to_agent(
        call.appointment_id, call.read(AgentIn).agent, by=call.by, if_match=call.if_match()
    )
    return Reply(content=AssignmentOut.of(given))
