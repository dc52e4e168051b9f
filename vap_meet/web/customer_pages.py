"""What the customer's doors have in common: their small pages, and the way from a click to a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.access import NOTICE_VERSION, LinkStatus
from vap_meet.services.limits import Bucket, address_key
from vap_meet.web.appkeys import LIMITS, RENDERER
from vap_meet.web.guards import client_address, set_browser_cookie

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.availability import Changes
    from vap_meet.services.joining import Entry


def notice_page(
    request: web.Request,
    *,
    action: str,
    token: str | None = None,
    appointment: Appointment | None = None,
    status: LinkStatus = LinkStatus.OPEN,
    answered: bool = False,
    changes: Changes | None = None,
    again_url: str | None = None,
) -> web.Response:
    """Return the page whose one button accepts the notice and enters; `token` travels in its form.

    `answered` says of an appointment that is over that its written answer is there already, `again_url` where
    another is booked; `changes` what the customer may still do with it besides coming.
    """
    return request.app[RENDERER].page(
        request,
        "customer/link.html",
        title_key="link.over_title" if status is LinkStatus.OVER else "link.title",
        language=appointment.customer.language if appointment else None,
        action=action,
        token=token,
        appointment=appointment,
        link_status=status.value,
        answered=answered,
        changes=changes,
        again_url=again_url,
    )


def stop_page(
    request: web.Request,
    kind: str,
    *,
    appointment: Appointment | None = None,
    status: int = 200,
    again_url: str | None = None,
) -> web.Response:
    """Return the page that says why it doesn't go on here, and what to do now."""
    return request.app[RENDERER].page(
        request,
        "customer/stop.html",
        title_key=f"stop.{kind}.title",
        language=appointment.customer.language if appointment else None,
        status=status,
        kind=kind,
        appointment=appointment,
        again_url=again_url,
    )


def accepted(field: object) -> str | None:
    """Return the version of the notice that the form accepts: the one we show, or none."""
    return NOTICE_VERSION if field == "1" else None


def count_try(request: web.Request, bucket: Bucket) -> None:
    """Count a try to open or use a link. Raises `RateLimited`."""
    request.app[LIMITS].hit(bucket, address_key(client_address(request)))


def to_visit(request: web.Request, entry: Entry) -> web.Response:
    """Return the way to a visit's page, with the cookie that proves it."""
    response = see_other(f"/v/{entry.visit_id}/")
    if entry.set_cookie:
        set_browser_cookie(request, response, entry.browser)
    return response


def see_other(path: str) -> web.Response:
    """Return the way to another page, to be fetched with GET (RFC 9110, 15.4.4)."""
    return web.Response(status=303, headers={"Location": path})
