"""The page of an appointment that will not take place any more at its time, and the way to another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.domain.errors import NotFound
from vap_meet.web.appkeys import CATALOGUE
from vap_meet.web.customer_pages import stop_page
from vap_meet.web.services import booking_url

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.domain.access import LinkStatus
    from vap_meet.domain.appointment import Appointment


async def past_page(
    request: web.Request, link: LinkStatus, appointment: Appointment, *, status: int = 200
) -> web.Response:
    """Return the page of a link or visit that is moved, cancelled or over, with the way to another time."""
    return stop_page(
        request,
        link.value,
        appointment=appointment,
        status=status,
        again_url=await book_again_url(request, appointment),
    )


async def book_again_url(request: web.Request, appointment: Appointment) -> str | None:
    """Return where the same service is booked anew; None if that can't be done here."""
    try:
        service = await request.app[CATALOGUE].get(appointment.service.id)
    except NotFound:  # a booking system's own
        return None
    return booking_url(request, service)
