"""REST: the appointment's record.

GET  /api/v1/appointments               ?day=2026-12-01&state=booked&service=...&q=number&limit=50&cursor=...
                                        ?phone=&name=&reference=&request_number= find somebody's; audited
PUT  /api/v1/appointments/{id}          book; with If-Match, edit
GET  /api/v1/appointments/{id}          the record; its revision is the ETag
POST /api/v1/appointments/{id}/move     another time: links of the old one say so
POST /api/v1/appointments/{id}/cancel   with a reason
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads these annotations
from typing import TYPE_CHECKING, Annotated

from aiohttp import web
from msgspec import Meta, field

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.appointment import AppointmentState  # noqa: TC001 - as above
from vap_meet.domain.contact import read_phone
from vap_meet.domain.errors import ErrorCode, InvalidRequest, NotFound
from vap_meet.domain.naming import MAX_QUERY_CHARS, sought_parts
from vap_meet.domain.reference import read_reference
from vap_meet.services.published_lists import AppointmentsAsked
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import Page, PageQuery, check_days, encode_cursor, unknown_cursor
from vap_meet.web.api_promise import SLOT_REFUSALS, IfMatch
from vap_meet.web.api_types import AppointmentOut, BookingIn, CancelIn, MoveIn, in_utc
from vap_meet.web.appkeys import BOOKING, PUBLISHED_LISTS

if TYPE_CHECKING:
    from collections.abc import Callable

routes = web.RouteTableDef()


MAX_TEXT_CHARS = 120


class AppointmentsQuery(PageQuery, frozen=True, kw_only=True):
    """Which appointments: of a local day, or from one to another; `q` is part of a number of theirs.

    `phone` and `reference` are whole, however they are written, `request_number` as it was booked; `name` is
    one or more beginnings of the customer's names.
    """

    day: date | None = None
    first: date | None = field(name="from", default=None)
    last: date | None = field(name="to", default=None)
    state: AppointmentState | None = None
    service: str | None = None
    q: str | None = None
    phone: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | None = None
    reference: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | None = None
    request_number: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | None = None
    name: Annotated[str, Meta(max_length=MAX_QUERY_CHARS)] | None = None

    def asked(self) -> AppointmentsAsked:
        """Return it as it is looked for. Raises `InvalidRequest` naming what can't be."""
        first, last = self._days()
        return AppointmentsAsked(
            first=first,
            last=last,
            state=self.state,
            service_id=self.service,
            number=self.q,
            phone=_read("phone", self.phone, _phone, "A phone number such as +971500000001."),
            reference=_read("reference", self.reference, read_reference, "A reference such as VM-7K3M-2Q9D."),
            request_number=self.request_number,
            name=() if self.name is None else sought_parts(self.name),
        )

    def _days(self) -> tuple[date | None, date | None]:
        check_days({"day": self.day, "from": self.first, "to": self.last})
        if self.day is None:
            return self.first, self.last
        if self.first is None and self.last is None:
            return self.day, self.day
        raise InvalidRequest("The list can't be given.", fields={"day": "Either this, or from and to."})


@routes.get("/api/v1/appointments")
@door(answer=Page[AppointmentOut], scope=Scope.APPOINTMENTS_READ, query=AppointmentsQuery)
async def listing(call: Call) -> Reply[Page[AppointmentOut]]:
    """Answer a page of the appointments that match, the earliest start first; looking people up is noted."""
    query = call.asked(AppointmentsQuery)
    try:
        page = await call.request.app[PUBLISHED_LISTS].appointments(
            query.asked(), by=call.by, after=query.after(), at_most=query.limit
        )
    except NotFound as error:
        raise unknown_cursor() from error
    items = tuple(AppointmentOut.of(one) for one in page.appointments)
    following = encode_cursor(items[-1].id) if page.goes_on else None
    return Reply(content=Page(items=items, next_cursor=following))


@routes.put("/api/v1/appointments/{id}")
@door(
    answer=AppointmentOut,
    scope=Scope.APPOINTMENTS_WRITE,
    body=BookingIn,
    statuses=(200, 201),
    refusals=(ErrorCode.APPOINTMENT_EXISTS, ErrorCode.WRONG_STATE, *SLOT_REFUSALS),
    if_match=IfMatch.ALLOWED,
    etag=True,
)
async def put(call: Call) -> Reply[AppointmentOut]:
    """Book, or edit what is booked; the same booking again changes nothing."""
    appointment, created = await call.request.app[BOOKING].put(
        call.appointment_id, call.read(BookingIn).request(), by=call.by, if_match=call.if_match()
    )
    return Reply(
        content=AppointmentOut.of(appointment),
        status=201 if created else 200,
        version=appointment.revision,
        location=f"/api/v1/appointments/{appointment.id}" if created else None,
    )


@routes.get("/api/v1/appointments/{id}")
@door(answer=AppointmentOut, scope=Scope.APPOINTMENTS_READ, etag=True)
async def get(call: Call) -> Reply[AppointmentOut]:
    """Answer the record."""
    appointment = await call.request.app[BOOKING].get(call.appointment_id)
    return Reply(content=AppointmentOut.of(appointment), version=appointment.revision)


@routes.post("/api/v1/appointments/{id}/move")
@door(
    answer=AppointmentOut,
    scope=Scope.APPOINTMENTS_WRITE,
    body=MoveIn,
    refusals=(ErrorCode.WRONG_STATE, *SLOT_REFUSALS),
    if_match=IfMatch.NEEDED,
    etag=True,
)
async def move(call: Call) -> Reply[AppointmentOut]:
    """Give the appointment another time."""
    body = call.read(MoveIn)
    appointment = await call.request.app[BOOKING].move(
        call.appointment_id,
        starts_at=in_utc(body.starts_at),
        duration_minutes=body.duration_minutes,
        by=call.by,
        if_match=call.needed_if_match(),
    )
    return Reply(content=AppointmentOut.of(appointment), version=appointment.revision)


@routes.post("/api/v1/appointments/{id}/cancel")
@door(
    answer=AppointmentOut,
    scope=Scope.APPOINTMENTS_WRITE,
    body=CancelIn,
    refusals=(ErrorCode.WRONG_STATE,),
    if_match=IfMatch.NEEDED,
    etag=True,
)
async def cancel(call: Call) -> Reply[AppointmentOut]:
    """Cancel the appointment."""
    body = call.read(CancelIn)
    appointment = await call.request.app[BOOKING].cancel(
        call.appointment_id, reason=body.reason, by=call.by, if_match=call.needed_if_match()
    )
    return Reply(content=AppointmentOut.of(appointment), version=appointment.revision)


def _read(name: str, text: str | None, read: Callable[[str], str | None], such_as: str) -> str | None:
    if text is None:
        return None
    found = read(text)
    if found is None:
        raise InvalidRequest("The list can't be given.", fields={name: such_as})
    return found


def _phone(text: str) -> str | None:
    """Return a phone number; a "+" that was not escaped has come as a space."""
    return read_phone(f"+{text[1:]}" if text.startswith(" ") else text)
