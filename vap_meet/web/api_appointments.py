"""REST: the appointment's record.

PUT  /api/v1/appointments/{id}          book; with If-Match, edit
GET  /api/v1/appointments/{id}          the record; its revision is the ETag
POST /api/v1/appointments/{id}/move     another time: links of the old one say so
POST /api/v1/appointments/{id}/cancel   with a reason
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_types import AppointmentOut, BookingIn, CancelIn, MoveIn, in_utc
from vap_meet.web.appkeys import BOOKING

routes = web.RouteTableDef()


@routes.put("/api/v1/appointments/{id}")
@door()
async def put(call: Call) -> Reply:
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
@door()
async def get(call: Call) -> Reply:
    """Answer the record."""
    appointment = await call.request.app[BOOKING].get(call.appointment_id)
    return Reply(content=AppointmentOut.of(appointment), version=appointment.revision)


@routes.post("/api/v1/appointments/{id}/move")
@door()
async def move(call: Call) -> Reply:
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
@door()
async def cancel(call: Call) -> Reply:
    """Cancel the appointment."""
    body = call.read(CancelIn)
    appointment = await call.request.app[BOOKING].cancel(
        call.appointment_id, reason=body.reason, by=call.by, if_match=call.needed_if_match()
    )
    return Reply(content=AppointmentOut.of(appointment), version=appointment.revision)
