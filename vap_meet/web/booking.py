"""Booking by the customer: a time, who it is for, the phone's code, and done. No script is needed.

    GET  /book           service, day, need       choose a time
    GET  /book/details   service, start, need     who it is for and what it is about
    POST /book/details   the form                 -> a code is sent, or it is booked
    POST /book/confirm   the form and the code    -> booked: 303 /j/{code}/booked

Nothing is kept of who doesn't finish: each page carries on what was typed in its own form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.booking_invitations import InvitationOver
from vap_meet.domain.contact import read_phone
from vap_meet.domain.errors import DomainError, InvalidRequest, NotFound, RateLimited
from vap_meet.domain.slot_errors import CodeExpired, CodeWrong, NotBookable
from vap_meet.services.disclosure import masked
from vap_meet.services.limits import Bucket, address_key
from vap_meet.web.appkeys import AVAILABILITY, CATALOGUE, JOINING, LIMITS, PHONE_CODES, RENDERER, SETTINGS
from vap_meet.web.booking_form import BookingForm, read_need, read_start, start_text
from vap_meet.web.code_page import code_page
from vap_meet.web.customer_pages import see_other, stop_page
from vap_meet.web.guards import client_address
from vap_meet.web.invited import invitation_of, over_page
from vap_meet.web.slot_choice import asked_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.domain.appointment import Language
    from vap_meet.domain.booking_invitations import BookingInvitation
    from vap_meet.domain.catalogue import Service

routes = web.RouteTableDef()


@routes.get("/book", name="book")
async def times_page(request: web.Request) -> web.StreamResponse:
    """Show the days and times that can be had of a service."""
    service = await _service(request, request.query.get("service", ""))
    if service is None:
        return see_other("/services")
    code = request.query.get("invitation", "")
    invitation = await _invited(request, code)
    if isinstance(invitation, web.Response):
        return invitation
    need = request.query.get("need", "")
    return await _times(request, service, invitation, need=need, code=code)


@routes.get("/book/details")
async def details_page(request: web.Request) -> web.StreamResponse:
    """Show the form for a time that was chosen."""
    service = await _service(request, request.query.get("service", ""))
    if service is None:
        return see_other("/services")
    start = read_start(request.query.get("start", ""))
    if start is None:
        return see_other(f"/book?service={service.id}")
    carried = {name: request.query.get(name, "") for name in ("need", "invitation")}
    invitation = await _invited(request, carried["invitation"])
    if isinstance(invitation, web.Response):
        return invitation
    customer = invitation.customer if invitation else None
    language = request.app[RENDERER].language(request, _language_of(invitation)).value
    typed = {"service": service.id, "start": start_text(start), "language": language} | carried
    typed["name"] = customer.name if customer else ""
    return _details(request, service, BookingForm.read(typed), invitation)


@routes.post("/book/details")
async def details(request: web.Request) -> web.StreamResponse:
    """Take the form: send a code to the phone, or book at once where phones need not be proved."""
    form = BookingForm.read(await request.post())
    invitation = await _invited(request, form.invitation)
    if isinstance(invitation, web.Response):
        return invitation
    whole = form.filled(invitation)
    service = await _service(request, whole.service)
    if service is None or form.starts_at is None:
        return see_other("/services")
    if faults := whole.faults():
        return _details(request, service, form, invitation, faults=faults, status=422)
    request.app[LIMITS].hit(Bucket.BOOK, address_key(client_address(request)))
    if not request.app[SETTINGS].phone_code:
        return await _book(request, service, form, invitation, phone_proved=False)
    phone = read_phone(whole.phone)
    assert phone is not None
    try:
        sent = await request.app[PHONE_CODES].send(
            phone,
            subject=form.id,
            language=request.app[RENDERER].language(request, _language_of(invitation)),
            address=client_address(request),
        )
    except RateLimited:
        return _details(request, service, form, invitation, faults=("too_many",), status=429)
    return _code(request, form, invitation, code_id=sent.id)


@routes.get("/book/confirm")
async def begin_again(_request: web.Request) -> web.StreamResponse:
    """Lead whoever comes back without a form (another language, a reload) to where it begins."""
    return see_other("/services")


@routes.post("/book/confirm")
async def confirm(request: web.Request) -> web.StreamResponse:
    """Take the code, then book."""
    typed = await request.post()
    form = BookingForm.read(typed)
    invitation = await _invited(request, form.invitation)
    if isinstance(invitation, web.Response):
        return invitation
    whole = form.filled(invitation)
    service = await _service(request, whole.service)
    if service is None or form.starts_at is None or whole.faults():
        return see_other("/services")
    code_id, digits = _text(typed, "code_id"), _text(typed, "code")
    if not request.app[SETTINGS].phone_code:
        return await _book(request, service, form, invitation, phone_proved=False)
    phone = read_phone(whole.phone)
    assert phone is not None
    try:
        await request.app[PHONE_CODES].check(code_id, digits, phone=phone, subject=form.id, repeatable=True)
    except CodeWrong:
        return _code(request, form, invitation, code_id=code_id, fault="wrong", status=422)
    except CodeExpired:
        return _code(request, form, invitation, code_id="", fault="expired", status=422)
    carried = {**form.hidden(), "code_id": code_id, "code": digits}
    return await _book(request, service, form, invitation, phone_proved=True, carried=carried)


async def _book(
    request: web.Request,
    service: Service,
    form: BookingForm,
    invitation: BookingInvitation | None,
    *,
    phone_proved: bool,
    carried: dict[str, str] | None = None,
) -> web.Response:
    app = request.app
    asked = form.filled(invitation).request(
        language=app[RENDERER].language(request), phone_proved=phone_proved
    )
    if invitation is not None:
        asked = replace(asked, wish=replace(asked.wish, invitation_id=invitation.id))
    try:
        booked, _ = await app[AVAILABILITY].book(form.id, asked, by="customer")
    except InvalidRequest:
        return _details(request, service, form, invitation, faults=("name",), status=422)
    except InvitationOver as refusal:
        return over_page(request, refusal)
    except NotBookable:
        return stop_page(request, "unbookable", status=404)
    except DomainError as error:
        # Gone, past, closed ...: another time is chosen, and nothing has to be typed again.
        if error.code.value not in TIME_FAULTS:
            raise
        return await _times(
            request,
            service,
            invitation,
            need=form.need,
            code=form.invitation,
            fault=error.code.value,
            carried=carried or form.hidden(),
        )
    link = await app[JOINING].issue_link(booked.id, by="customer")
    return see_other(f"/j/{link.url.rpartition('/')[2]}/booked")


TIME_FAULTS = frozenset(
    {
        "slot_taken",
        "interpreter_taken",
        "slot_past",
        "slot_too_soon",
        "slot_too_far",
        "slot_closed",
        "outside_hours",
        "off_grid",
    }
)
"""Codes that mean: choose another time."""


# --- pages ------------------------------------------------------------------------------------------


async def _times(
    request: web.Request,
    service: Service,
    invitation: BookingInvitation | None,
    *,
    need: str,
    code: str,
    fault: str = "",
    carried: dict[str, str] | None = None,
) -> web.Response:
    try:
        slots = await request.app[AVAILABILITY].slots(
            service.id,
            need=read_need(need),
            at_once=invitation is not None and invitation.at_once,
        )
    except NotBookable:
        return stop_page(request, "unbookable", status=404)
    return request.app[RENDERER].page(
        request,
        "customer/book-times.html",
        title_key="book.times_title",
        language=_language_of(invitation),
        status=409 if fault else 200,
        service=service,
        slots=slots,
        need=need if read_need(need) else "",
        invitation=code,
        choice=asked_for(request, slots),
        fault=fault,
        # With what was typed, a time is a button that books; without, a link that leads on.
        carried={name: text for name, text in (carried or {}).items() if name != "start"},
        carry_to="/book/confirm" if carried and "code" in carried else "/book/details",
        start_text=start_text,
    )


def _details(
    request: web.Request,
    service: Service,
    form: BookingForm,
    invitation: BookingInvitation | None,
    *,
    faults: tuple[str, ...] = (),
    status: int = 200,
) -> web.Response:
    customer = invitation.customer if invitation else None
    return request.app[RENDERER].page(
        request,
        "customer/book-details.html",
        title_key="book.details_title",
        language=_language_of(invitation),
        status=status,
        service=service,
        form=form,
        faults=faults,
        starts_at=form.starts_at,
        phone_code=request.app[SETTINGS].phone_code,
        known=masked(phone=customer.phone, email=customer.email) if customer else None,
        known_number=invitation.request_number if invitation else None,
    )


def _code(
    request: web.Request,
    form: BookingForm,
    invitation: BookingInvitation | None,
    *,
    code_id: str,
    fault: str = "",
    status: int = 200,
) -> web.Response:
    known = masked(phone=invitation.customer.phone, email=None).phone if invitation else None
    return code_page(
        request,
        action="/book/confirm",
        again="/book/details",
        carried=form.hidden(),
        phone=known or read_phone(form.phone) or "",
        language=_language_of(invitation),
        code_id=code_id,
        fault=fault,
        status=status,
    )


def _language_of(invitation: BookingInvitation | None) -> Language | None:
    """Return the language of who is invited, for who has chosen none here."""
    return invitation.customer.language if invitation else None


async def _invited(request: web.Request, code: str) -> BookingInvitation | web.Response | None:
    """Return the invitation that somebody books by, None without one, or the page that says why not."""
    return await invitation_of(request, code) if code else None


async def _service(request: web.Request, service_id: str) -> Service | None:
    """Return the service, None if none of this name takes appointments."""
    try:
        service = await request.app[CATALOGUE].get(service_id)
    except NotFound:
        return None
    return service if service.is_open else None


def _text(form: Mapping[str, object], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
