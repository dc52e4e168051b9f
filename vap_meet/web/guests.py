"""Who else joins, as JSON for the pages of the call; refusals are problem documents.

GET    /v/{visit}/guests.json                        whom the customer has invited: `{guests, most}`
POST   /v/{visit}/guests                             `{name}`: a companion, with the link to give them
DELETE /v/{visit}/guests/{guest}                     take it back
GET    /agent/appointments/{id}/guests.json          everybody who is invited or asked: `{guests, asked, ...}`
POST   /agent/appointments/{id}/guests               `{name, part, contact, language}`
DELETE /agent/appointments/{id}/guests/{guest}
PUT    /agent/appointments/{id}/colleagues/{staff}   `{part}`: ask a colleague to join
DELETE /agent/appointments/{id}/colleagues/{staff}   no more; or oneself: "I can't"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from aiohttp import web
from msgspec import Meta, Struct

from vap_meet.domain.access import CUSTOMER, LinkStatus, Role, refusal, staff_participant
from vap_meet.domain.appointment import Language
from vap_meet.domain.errors import NotFound, UnsupportedMediaType
from vap_meet.domain.guests import MAX_INVITED, GuestPart, StaffPart
from vap_meet.services.limits import Bucket
from vap_meet.web.agent_board import texts_of
from vap_meet.web.api_door import decode, read_body
from vap_meet.web.appkeys import BOOKING, COLLEAGUES, GUESTS, JOINING, LIMITS
from vap_meet.web.guards import browser_cookie, staff_of, staff_required

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vap_meet.domain.access import StaffMember
    from vap_meet.services.guests import Invited
    from vap_meet.services.joining import VisitView

routes = web.RouteTableDef()

T = TypeVar("T")

MAX_BODY_BYTES = 2_000
_NO_STORE = {"Cache-Control": "no-store"}
_CAN_INVITE = frozenset({LinkStatus.OPEN, LinkStatus.EARLY})

Text = Annotated[str, Meta(max_length=254)]


class CompanionIn(Struct, forbid_unknown_fields=True):
    """Whom the customer invites."""

    name: Text


class GuestIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom an official invites; with a `contact`, the link is sent there."""

    name: Text
    part: GuestPart
    contact: Text = ""
    language: Language | None = None


class AskIn(Struct, forbid_unknown_fields=True):
    """As what a colleague is asked to join."""

    part: StaffPart


# --- the customer -----------------------------------------------------------------------------------


@routes.get("/v/{visit}/guests.json")
async def of_customer(request: web.Request) -> web.StreamResponse:
    """Return the companions whom the customer has invited."""
    view = await _customer(request)
    invited = await request.app[GUESTS].of_appointment(view.appointment.id, by=CUSTOMER)
    return web.json_response({"guests": _guests(invited), "most": MAX_INVITED}, headers=_NO_STORE)


@routes.post("/v/{visit}/guests")
async def invite_companion(request: web.Request) -> web.StreamResponse:
    """Invite a companion."""
    view = await _customer(request)
    request.app[LIMITS].hit(Bucket.GUEST, view.visit_id)
    body = await _read(request, CompanionIn)
    invited = await request.app[GUESTS].invite(
        view.appointment.id,
        part=GuestPart.COMPANION,
        name=body.name,
        by=CUSTOMER,
        language=view.appointment.customer.language,
    )
    return web.json_response(_guests([invited])[0], status=201, headers=_NO_STORE)


@routes.delete("/v/{visit}/guests/{guest}")
async def withdraw_companion(request: web.Request) -> web.StreamResponse:
    """Take an invitation of the customer's back."""
    view = await _customer(request)
    await request.app[GUESTS].withdraw(view.appointment.id, request.match_info["guest"], by=CUSTOMER)
    return web.Response(status=204)


async def _customer(request: web.Request) -> VisitView:
    """Return the customer's visit while there is a call to come. Raises `NotFound` for everybody else."""
    view = await request.app[JOINING].visit(request.match_info["visit"], browser=browser_cookie(request))
    if view.role is not Role.CUSTOMER:
        raise NotFound("There is no such visit for this browser.")
    if view.status not in _CAN_INVITE:
        raise refusal(view.status)
    return view


# --- the official -----------------------------------------------------------------------------------


@routes.get("/agent/appointments/{id}/guests.json")
@staff_required("agent")
async def of_agent(request: web.Request) -> web.StreamResponse:
    """Return who is invited, who is asked, and who could be."""
    appointment_id, me = request.match_info["id"], staff_of(request)
    invited = await request.app[GUESTS].of_appointment(appointment_id, by=staff_participant(me.id))
    asked = {one.staff_id: one for one in await request.app[COLLEAGUES].asked_of(appointment_id)}
    colleagues = await request.app[COLLEAGUES].colleagues(me)
    return web.json_response(
        {
            "guests": _guests(invited),
            "most": MAX_INVITED,
            "colleagues": [
                {
                    "id": one.id,
                    "name": _name(request, one),
                    "asked": asked[one.id].part.value if one.id in asked else None,
                }
                for one in colleagues
            ],
        },
        headers=_NO_STORE,
    )


@routes.post("/agent/appointments/{id}/guests")
@staff_required("agent")
async def invite_guest(request: web.Request) -> web.StreamResponse:
    """Invite a companion or an interpreter."""
    appointment_id, me = request.match_info["id"], staff_of(request)
    request.app[LIMITS].hit(Bucket.GUEST, me.id)
    body = await _read(request, GuestIn)
    appointment = await request.app[BOOKING].get(appointment_id)
    invited = await request.app[GUESTS].invite(
        appointment_id,
        part=body.part,
        name=body.name,
        by=staff_participant(me.id),
        language=body.language or appointment.customer.language,
        contact=body.contact,
    )
    return web.json_response(_guests([invited])[0], status=201, headers=_NO_STORE)


@routes.delete("/agent/appointments/{id}/guests/{guest}")
@staff_required("agent")
async def withdraw_guest(request: web.Request) -> web.StreamResponse:
    """Take anybody's invitation back."""
    by = staff_participant(staff_of(request).id)
    await request.app[GUESTS].withdraw(request.match_info["id"], request.match_info["guest"], by=by)
    return web.Response(status=204)


@routes.put("/agent/appointments/{id}/colleagues/{staff}")
@staff_required("agent")
async def ask_colleague(request: web.Request) -> web.StreamResponse:
    """Ask a colleague or a supervisor to join."""
    request.app[LIMITS].hit(Bucket.GUEST, staff_of(request).id)
    body = await _read(request, AskIn)
    await request.app[COLLEAGUES].ask(
        request.match_info["id"], request.match_info["staff"], part=body.part, by=staff_of(request)
    )
    return web.Response(status=204)


@routes.delete("/agent/appointments/{id}/colleagues/{staff}")
@staff_required("agent")
async def unask_colleague(request: web.Request) -> web.StreamResponse:
    """Ask a colleague no more."""
    await request.app[COLLEAGUES].unask(
        request.match_info["id"], request.match_info["staff"], by=staff_of(request)
    )
    return web.Response(status=204)


def _guests(invited: Iterable[Invited]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.guest.id,
            "participant": one.guest.participant_id,
            "name": one.guest.name,
            "part": one.guest.part.value,
            "url": one.url,
        }
        for one in invited
    ]


def _name(request: web.Request, member: StaffMember) -> str:
    arabic = texts_of(request)[0].language is Language.AR
    return member.name_ar if arabic else member.name_en


async def _read(request: web.Request, kind: type[T]) -> T:
    if request.content_type != "application/json":
        raise UnsupportedMediaType("The body has to be application/json.")
    return decode(await read_body(request, limit=MAX_BODY_BYTES), kind)
