"""REST: what can be had of a service, and booking it.

GET  /api/v1/slots?service=...         with from, to, need: what can be had; four weeks unless days are given
GET  /api/v1/slots/first?service=...   with need: the first of it, and how many days away
POST /api/v1/bookings                  one slot; somebody's time is reserved, or nothing is booked

`starts_at` of a booking carries its offset from UTC, or none and is the wall clock of where the service is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from aiohttp import web
from msgspec import Meta, Struct, field

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.appointment import Customer, Mode, ServiceName
from vap_meet.domain.availability import Need
from vap_meet.domain.errors import ErrorCode
from vap_meet.services.availability import SlotRequest
from vap_meet.services.reserving import Wish
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import check_days
from vap_meet.web.api_promise import SLOT_REFUSALS
from vap_meet.web.api_types import AppointmentId, AppointmentOut, CustomerIn, Question, ShortLine
from vap_meet.web.appkeys import AVAILABILITY

if TYPE_CHECKING:
    from vap_meet.services.availability import Slots

routes = web.RouteTableDef()


class SlotBookingIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /api/v1/bookings`. Without an `id` the appointment gets one."""

    service: str
    starts_at: datetime
    customer: CustomerIn
    id: AppointmentId | None = None
    mode: Mode = Mode.VIDEO
    question: Question | None = None
    request_number: ShortLine | None = None
    need: Need | None = None
    wants_earlier: bool = False

    def request(self) -> SlotRequest:
        """Return the booking as the use case takes it."""
        customer = self.customer
        return SlotRequest(
            service_id=self.service,
            customer=Customer(
                name=customer.name, phone=customer.phone, email=customer.email, language=customer.language
            ),
            starts_at=self.starts_at,
            mode=self.mode,
            question=self.question,
            request_number=self.request_number,
            wish=Wish(need=self.need, wants_earlier=self.wants_earlier),
        )


class FirstSlotQuery(Struct, frozen=True, kw_only=True):
    """Of which service, and what else is needed."""

    service: Annotated[str, Meta(min_length=1)]
    need: Need | None = None


class SlotsQuery(FirstSlotQuery, frozen=True, kw_only=True):
    """The days, both included."""

    first: date | None = field(name="from", default=None)
    last: date | None = field(name="to", default=None)


class SlotsOut(Struct, frozen=True, kw_only=True):
    """What can be had. The starts are in the time zone of where the service is."""

    service: ServiceName
    duration_minutes: int
    time_zone: str
    first_day: date
    last_day: date
    last_bookable_day: date
    starts: tuple[datetime, ...]

    @classmethod
    def of(cls, slots: Slots) -> SlotsOut:
        """Return the answer."""
        return cls(
            service=slots.service,
            duration_minutes=slots.minutes,
            time_zone=slots.zone.key,
            first_day=slots.first,
            last_day=slots.last,
            last_bookable_day=slots.last_bookable,
            starts=tuple(start.astimezone(slots.zone) for start in slots.starts),
        )


class FirstSlotOut(Struct, frozen=True, kw_only=True):
    """The first start that can be had; both are null if there is none."""

    starts_at: datetime | None
    days: int | None


@routes.get("/api/v1/slots")
@door(
    answer=SlotsOut,
    scope=Scope.SERVICES_READ,
    query=SlotsQuery,
    refusals=(ErrorCode.NOT_FOUND, ErrorCode.NOT_BOOKABLE),
)
async def slots(call: Call) -> Reply[SlotsOut]:
    """Answer what can be had."""
    query = call.asked(SlotsQuery)
    check_days({"from": query.first, "to": query.last})
    found = await call.request.app[AVAILABILITY].slots(
        query.service, query.first, query.last, need=query.need
    )
    return Reply(content=SlotsOut.of(found))


@routes.get("/api/v1/slots/first")
@door(
    answer=FirstSlotOut,
    scope=Scope.SERVICES_READ,
    query=FirstSlotQuery,
    refusals=(ErrorCode.NOT_FOUND, ErrorCode.NOT_BOOKABLE),
)
async def first_slot(call: Call) -> Reply[FirstSlotOut]:
    """Answer the first start that can be had."""
    query = call.asked(FirstSlotQuery)
    found = await call.request.app[AVAILABILITY].first_free(query.service, need=query.need)
    return Reply(
        content=FirstSlotOut(
            starts_at=None if found is None else found.starts_at, days=None if found is None else found.days
        )
    )


@routes.post("/api/v1/bookings")
@door(
    answer=AppointmentOut,
    scope=Scope.BOOKINGS_WRITE,
    body=SlotBookingIn,
    statuses=(200, 201),
    refusals=(
        ErrorCode.NOT_FOUND,
        ErrorCode.APPOINTMENT_EXISTS,
        ErrorCode.WRONG_STATE,
        *SLOT_REFUSALS,
    ),
    etag=True,
)
async def book(call: Call) -> Reply[AppointmentOut]:
    """Book a slot; the same booking again, under the same id, changes nothing."""
    body = call.read(SlotBookingIn)
    appointment, created = await call.request.app[AVAILABILITY].book(
        body.id or str(uuid4()), body.request(), by=call.by
    )
    return Reply(
        content=AppointmentOut.of(appointment),
        status=201 if created else 200,
        version=appointment.revision,
        location=f"/api/v1/appointments/{appointment.id}",
    )
