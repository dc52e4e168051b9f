"""REST: a back office invites somebody who has not asked to choose a time.

POST /api/v1/invitations               invite; the customer is told, in their language, by SMS and email
GET  /api/v1/invitations               ?state=open&service=...&request_number=...&limit=50&cursor=...
GET  /api/v1/invitations/{id}          one, with its link
POST /api/v1/invitations/{id}/cancel   call it off
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import NAMESPACE_URL, uuid4, uuid5

from aiohttp import web
from msgspec import Meta, Struct

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.appointment import Customer, ServiceName
from vap_meet.domain.booking import MAX_REASON_CHARS
from vap_meet.domain.booking_invitations import InvitationRequest, InvitationState
from vap_meet.domain.errors import ErrorCode, NotFound
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import Page, PageQuery, encode_cursor, unknown_cursor
from vap_meet.web.api_types import AppointmentId, CustomerIn, Moment, ShortLine, in_utc, shown
from vap_meet.web.appkeys import BOOKING_INVITATIONS, CLOCK

if TYPE_CHECKING:
    from vap_meet.services.booking_invitations import Invited

routes = web.RouteTableDef()

ALL = "/api/v1/invitations"

_Reason = Annotated[str, shown(maxLength=MAX_REASON_CHARS)]


class InvitationIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /api/v1/invitations`. A reason in one language at least; two weeks unless it says."""

    service: Annotated[str, Meta(min_length=1)]
    customer: CustomerIn
    id: AppointmentId | None = None
    request_number: ShortLine | None = None
    reason_ar: _Reason | None = None
    reason_en: _Reason | None = None
    expires_at: Moment | None = None

    def request(self) -> InvitationRequest:
        """Return what is asked for."""
        customer = self.customer
        return InvitationRequest(
            service_id=self.service,
            customer=Customer(
                name=customer.name, phone=customer.phone, email=customer.email, language=customer.language
            ),
            request_number=self.request_number,
            reason_ar=self.reason_ar,
            reason_en=self.reason_en,
            expires_at=None if self.expires_at is None else in_utc(self.expires_at),
        )


class InvitationOut(Struct, frozen=True, kw_only=True):
    """An invitation as the API shows it. `appointment_id` is what was booked by it."""

    id: str
    state: InvitationState
    url: str
    service: ServiceName
    customer: Customer
    request_number: str | None
    reason_ar: str | None
    reason_en: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    appointment_id: str | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, invited: Invited, now: datetime) -> InvitationOut:
        """Return the answer as it stands now."""
        one = invited.invitation
        return cls(
            id=one.id,
            state=one.state(now),
            url=invited.url,
            service=one.service,
            customer=one.customer,
            request_number=one.request_number,
            reason_ar=one.reason_ar,
            reason_en=one.reason_en,
            created_at=one.created_at,
            expires_at=one.expires_at,
            used_at=one.used_at,
            appointment_id=one.appointment_id,
            cancelled_at=one.cancelled_at,
        )


class InvitationsQuery(PageQuery, frozen=True, kw_only=True):
    """Which invitations."""

    state: InvitationState | None = None
    service: str | None = None
    request_number: str | None = None


@routes.post(ALL)
@door(
    answer=InvitationOut,
    scope=Scope.INVITATIONS_WRITE,
    body=InvitationIn,
    statuses=(200, 201),
    refusals=(ErrorCode.NOT_BOOKABLE, ErrorCode.INVITATION_EXISTS),
    secret=True,
)
async def invite(call: Call) -> Reply[InvitationOut]:
    """Invite somebody; the same again, under the same id or Idempotency-Key, invites nobody twice."""
    body, now = call.read(InvitationIn), call.request.app[CLOCK]()
    invited, created = await call.request.app[BOOKING_INVITATIONS].invite(
        body.id or _id_of(call), body.request(), by=call.by
    )
    return Reply(
        content=InvitationOut.of(invited, now),
        status=201 if created else 200,
        location=f"{ALL}/{invited.invitation.id}" if created else None,
    )


@routes.get(ALL)
@door(answer=Page[InvitationOut], scope=Scope.INVITATIONS_READ, query=InvitationsQuery)
async def listing(call: Call) -> Reply[Page[InvitationOut]]:
    """Answer a page of the invitations that match, the newest first."""
    query, now = call.asked(InvitationsQuery), call.request.app[CLOCK]()
    try:
        found = await call.request.app[BOOKING_INVITATIONS].listing(
            state=query.state,
            service_id=query.service,
            request_number=query.request_number,
            after=query.after(),
            at_most=query.limit + 1,
        )
    except NotFound as error:
        raise unknown_cursor() from error
    items = tuple(InvitationOut.of(one, now) for one in found[: query.limit])
    following = encode_cursor(items[-1].id) if len(found) > query.limit else None
    return Reply(content=Page(items=items, next_cursor=following))


@routes.get(ALL + "/{id}")
@door(answer=InvitationOut, scope=Scope.INVITATIONS_READ)
async def get(call: Call) -> Reply[InvitationOut]:
    """Answer one invitation."""
    found = await call.request.app[BOOKING_INVITATIONS].get(call.request.match_info["id"])
    return Reply(content=InvitationOut.of(found, call.request.app[CLOCK]()))


@routes.post(ALL + "/{id}/cancel")
@door(answer=InvitationOut, scope=Scope.INVITATIONS_WRITE, refusals=(ErrorCode.INVITATION_OVER,), secret=True)
async def cancel(call: Call) -> Reply[InvitationOut]:
    """Call an invitation off: its link says so from then on."""
    found = await call.request.app[BOOKING_INVITATIONS].cancel(call.request.match_info["id"], by=call.by)
    return Reply(content=InvitationOut.of(found, call.request.app[CLOCK]()))


def _id_of(call: Call) -> str:
    """Return an id that a repeat of the request comes to again."""
    key = call.idempotency_key
    return str(uuid4() if key is None else uuid5(NAMESPACE_URL, f"{ALL}/{call.api_key_id}/{key}"))
