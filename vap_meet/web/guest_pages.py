"""What a guest is shown before and after the call: who asks them to join, and why it does not go on.

A guest learns the service and the time, and whose appointment it is not: reference, request and question are
the customer's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.domain.access import CUSTOMER, LinkStatus
from vap_meet.web.appkeys import RENDERER
from vap_meet.web.customer_pages import stop_page

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.services.joining import LinkView


def guest_link_page(request: web.Request, view: LinkView, *, action: str) -> web.Response:
    """Explain what a guest is asked to join; its one button accepts the notice and enters."""
    guest = view.guest
    if guest is None or not view.may_enter:
        return guest_over(request)
    return request.app[RENDERER].page(
        request,
        "customer/guest.html",
        title_key="guest.title",
        language=guest.language,
        action=action,
        guest=guest,
        by_customer=guest.invited_by == CUSTOMER,
        appointment=view.appointment,
        early=view.status is LinkStatus.EARLY,
    )


def guest_closed(request: web.Request) -> web.Response:
    """Say to whom an official has removed, or whose invitation was withdrawn, that this was it."""
    return stop_page(request, "guest_closed", status=410)


def guest_over(request: web.Request) -> web.Response:
    """Say that an invitation leads nowhere (any more), and whom to ask."""
    return stop_page(request, "guest", status=410)
