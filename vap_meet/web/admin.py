"""The admin's pages: the list of appointments, one appointment with all that is recorded of it.

GET  /admin/                                -> the list
GET  /admin/appointments                    ?day=2026-09-28&state=waiting&q=...&page=2
GET  /admin/appointments/{id}               record (contacts masked), session, timeline, outcome, audit
POST /admin/appointments/{id}/reveal        a reason -> the same page with contacts, audited
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from vap_meet.domain.access import staff_participant
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.errors import InvalidRequest
from vap_meet.services import disclosure
from vap_meet.web.admin_quality import quality_view
from vap_meet.web.appkeys import ATTACHMENTS, BOARD, BOOKING, CLOCK, DB, OUTCOMES, QUALITY, RENDERER, SESSIONS
from vap_meet.web.assignments import assignment_fault, assignment_of
from vap_meet.web.audit_words import AuditWords
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.staff_words import StaffWords, participants_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.services.disclosure import Contact

routes = web.RouteTableDef()

LIST = "/admin/appointments"
MAX_QUERY_CHARS = 100
MAX_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the list is narrowed to. `faulty` is true if something could not be read and was left out."""

    day: date | None = None
    state: AppointmentState | None = None
    query: str | None = None
    page: int = 1
    faulty: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filter:
        """Return the filter in an address's query; never raises."""
        faulty = False
        day, state, page = None, None, 1
        try:
            day = date.fromisoformat(query["day"]) if query.get("day") else None
        except ValueError:
            faulty = True
        try:
            state = AppointmentState(query["state"]) if query.get("state") else None
        except ValueError:
            faulty = True
        number = query.get("page", "1")
        if number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= MAX_PAGE:
            page = int(number[:6])
        text = query.get("q", "").replace("\0", "").strip()[:MAX_QUERY_CHARS]
        return cls(day=day, state=state, query=text or None, page=page, faulty=faulty)

    def url(self, page: int) -> str:
        """Return the address of another page of the same list."""
        parts = {
            "day": self.day.isoformat() if self.day else "",
            "state": self.state or "",
            "q": self.query or "",
            "page": str(page) if page > 1 else "",
        }
        query = urlencode({name: value for name, value in parts.items() if value})
        return f"{LIST}?{query}" if query else LIST


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where in a long list the reader is."""

    page: int
    pages: int
    previous: str | None
    next: str | None


@routes.get("/admin/")
@staff_required("admin")
async def first_page(_request: web.Request) -> web.StreamResponse:
    """Lead to the list."""
    raise web.HTTPSeeOther(LIST)


@routes.get(LIST)
@staff_required("admin")
async def appointments_page(request: web.Request) -> web.StreamResponse:
    """Show the appointments that match."""
    chosen = Filter.read(request.query)
    page = await request.app[BOARD].admin(
        day=chosen.day, state=chosen.state, query=chosen.query, page=chosen.page
    )
    return request.app[RENDERER].page(
        request,
        "admin/appointments.html",
        title_key="admin.list.title",
        staff=staff_of(request),
        here="appointments",
        filter=chosen,
        states=tuple(AppointmentState),
        page=page,
        pager=Pager(
            page=page.page,
            pages=page.pages,
            previous=chosen.url(page.page - 1) if page.page > 1 else None,
            next=chosen.url(page.page + 1) if page.page < page.pages else None,
        ),
    )


@routes.get(LIST + "/{id}")
@staff_required("admin")
async def appointment_page(request: web.Request) -> web.StreamResponse:
    """Show everything recorded of one appointment, contacts masked."""
    return await _detail(request)


@routes.post(LIST + "/{id}/reveal")
@staff_required("admin")
async def reveal(request: web.Request) -> web.StreamResponse:
    """Show the contacts once, for a reason; the audit entry is committed before anything is shown."""
    form = await request.post()
    reason = form.get("reason")
    app = request.app
    try:
        contact = await disclosure.reveal(
            app[DB],
            app[CLOCK],
            request.match_info["id"],
            by=f"staff:{staff_of(request).id}",
            reason=reason if isinstance(reason, str) else "",
        )
    except InvalidRequest:
        return await _detail(request, reveal_problem=True, status=422)
    return await _detail(request, contact=contact)


async def _detail(
    request: web.Request,
    *,
    contact: Contact | None = None,
    reveal_problem: bool = False,
    status: int = 200,
) -> web.Response:
    app, appointment_id = request.app, request.match_info["id"]
    appointment = await app[BOOKING].get(appointment_id)
    session = await app[SESSIONS].session(appointment_id)
    items = await app[SESSIONS].timeline(appointment_id)
    versions = await app[OUTCOMES].versions(appointment_id)
    samples = await app[QUALITY].samples(appointment_id)
    entries = await disclosure.entries(app[DB], appointment_id)
    agent = staff_participant(session.agent_id) if session and session.agent_id else None
    authors = {version.author for version in versions}
    people = (
        participants_in(items, entries, authors)
        | {sample.reporter for sample in samples}
        | ({agent} if agent else set())
    )
    renderer = app[RENDERER]
    language = renderer.language(request)
    texts = renderer.catalogues[language]
    words = StaffWords(texts, await disclosure.named(app[DB], people))
    places = await disclosure.given_to(app[DB], entries)
    audit = AuditWords(texts, renderer.formats[language], words, places)
    customer = appointment.customer
    return renderer.page(
        request,
        "admin/appointment.html",
        title_key="admin.detail.title",
        title_params={"reference": appointment.reference},
        status=status,
        staff=staff_of(request),
        here="appointment",
        appointment=appointment,
        assignment=await assignment_of(request, appointment),
        assignment_fault=assignment_fault(request),
        contact=contact or disclosure.masked(phone=customer.phone, email=customer.email),
        reveal_problem=reveal_problem,
        session=session,
        waited_s=await app[SESSIONS].waited_s(appointment_id) if session else None,
        session_agent=words.participant(agent) if agent else "",
        steps=words.steps(items),
        versions=versions[::-1],
        authors={author: words.author(author) for author in authors},
        attachments=await app[ATTACHMENTS].of(appointment_id),
        quality=quality_view(samples, words),
        entries=tuple(audit.line(entry) for entry in entries),
    )
