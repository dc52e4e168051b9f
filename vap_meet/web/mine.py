"""My appointments and answers: whoever proves a phone sees all that was booked for it.

GET  /mine          asks for the phone
POST /mine          phone                    -> a code is sent
POST /mine/list     phone, code_id, code     the appointments, their links, their written answers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.contact import read_phone
from vap_meet.domain.errors import RateLimited
from vap_meet.domain.slot_errors import CodeExpired, CodeWrong
from vap_meet.web.appkeys import OWN, PHONE_CODES, RENDERER, REQUESTS
from vap_meet.web.code_page import code_page
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import client_address

if TYPE_CHECKING:
    from collections.abc import Mapping

routes = web.RouteTableDef()

_SUBJECT = "mine"


@routes.get("/mine")
async def phone_page(request: web.Request) -> web.StreamResponse:
    """Ask for the phone."""
    return _phone(request)


@routes.post("/mine")
async def send(request: web.Request) -> web.StreamResponse:
    """Send a code. The answer is the same whether anything was ever booked for the phone."""
    typed = _text(await request.post(), "phone")
    phone = read_phone(typed)
    if phone is None:
        return _phone(request, typed=typed, fault="phone", status=422)
    try:
        sent = await request.app[PHONE_CODES].send(
            phone,
            subject=_SUBJECT,
            language=request.app[RENDERER].language(request),
            address=client_address(request),
        )
    except RateLimited:
        return _phone(request, typed=typed, fault="too_many", status=429)
    return _code(request, phone, code_id=sent.id)


@routes.get("/mine/list")
async def begin_again(_request: web.Request) -> web.StreamResponse:
    """Lead whoever comes back without a form to where it begins."""
    return see_other("/mine")


@routes.post("/mine/list")
async def mine(request: web.Request) -> web.StreamResponse:
    """Take the code, which is good once, and show the appointments."""
    form = await request.post()
    phone = read_phone(_text(form, "phone"))
    if phone is None:
        return _phone(request, status=422)
    code_id = _text(form, "code_id")
    try:
        await request.app[PHONE_CODES].check(code_id, _text(form, "code"), phone=phone, subject=_SUBJECT)
    except CodeWrong:
        return _code(request, phone, code_id=code_id, fault="wrong", status=422)
    except CodeExpired:
        return _code(request, phone, code_id="", fault="expired", status=422)
    found = await request.app[OWN].of_phone(phone)
    asked = [own.appointment for own in found if own.link and own.appointment.request_number]
    requests = request.app[REQUESTS]
    tickets = {one.id: requests.ticket(one.id) for one in asked} if requests.is_on else {}
    return request.app[RENDERER].page(
        request,
        "customer/mine-list.html",
        title_key="mine.title",
        found=found,
        tickets=tickets,
    )


def _phone(request: web.Request, *, typed: str = "", fault: str = "", status: int = 200) -> web.Response:
    return request.app[RENDERER].page(
        request, "customer/mine.html", title_key="mine.title", typed=typed, fault=fault, status=status
    )


def _code(
    request: web.Request, phone: str, *, code_id: str, fault: str = "", status: int = 200
) -> web.Response:
    return code_page(
        request,
        action="/mine/list",
        again="/mine",
        carried={"phone": phone},
        phone=phone,
        code_id=code_id,
        fault=fault,
        status=status,
    )


def _text(form: Mapping[str, object], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
