"""REST: what can be had of a service, and booking it.

GET  /api/v1/slots?service=...         with from, to, need: what can be had; four weeks unless days are given
GET  /api/v1/slots/first?service=...   with need: the first of it, and how many days away
POST /api/v1/bookings                  one slot; somebody's time is reserved, or nothing is booked

`starts_at` of a booking carries its offset from UTC, or none and is the wall clock of where the service is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import web
from msgspec import Struct

from vap_meet.domain.appointment import Customer, Mode, ServiceName
from vap_meet.domain.availability import Need
from vap_meet.domain.errors import InvalidRequest
from vap_meet.services.availability import SlotRequest
from vap_meet.services.reserving import Wish
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_types import AppointmentOut, CustomerIn
from vap_meet.web.appkeys import AVAILABILITY

if TYPE_CHECKING:
    from vap_meet.services.availability import Slots

routes = web.RouteTableDef()


class SlotBookingIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /api/v1/bookings`. Without an `id` the appointment gets one."""

    service: str
    starts_at: datetime
    customer: CustomerIn
    id: str | None = None
    mode: Mode = Mode.VIDEO
    question: str | None = None
    request_number: str | None = None
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
@door()
async def slots(call: Call) -> Reply:
    """Answer what can be had."""
    found = await call.request.app[AVAILABILITY].slots(
        _service(call), _day(call, "from"), _day(call, "to"), need=_need(call)
    )
    return Reply(content=SlotsOut.of(found))


@routes.get("/api/v1/slots/first")
@door()
async def first_slot(call: Call) -> Reply:
    """Answer the first start that can be had."""
    found = await call.request.app[AVAILABILITY].first_free(_service(call), need=_need(call))
    return Reply(
        content=FirstSlotOut(
            starts_at=None if found is None else found.starts_at, days=None if found is None else found.days
        )
    )


@routes.post("/api/v1/bookings")
@door()
async def book(call: Call) -> Reply:
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


def _service(call: Call) -> str:
    service = call.request.query.get("service", "")
    if not service or "\0" in service:
        raise InvalidRequest("A service has to be named.", fields={"service": "It is required."})
    return service


def _day(call: Call, name: str) -> date | None:
    text = call.request.query.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2099:  # noqa: PLR2004 - as appointments may be
        raise InvalidRequest("A day can't be read.", fields={name: "A day such as 2026-12-01."})
    return day


def _need(call: Call) -> Need | None:
    text = call.request.query.get("need")
    if text is None:
        return None
    if text not in set(Need):
        raise InvalidRequest("The need is not known.", fields={"need": f"One of: {', '.join(Need)}."})
    return Need(text)
