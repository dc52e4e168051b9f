"""What customers thought, for administrators: counts, and the cases of those who were unhappy.

GET  /admin/feedback               counts, cases overdue, open and closed
POST /admin/feedback/{id}/take     the case becomes one's own -> 303
POST /admin/feedback/{id}/close    done: what was done -> 303, or the page with what is at fault
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.access import staff_participant
from vap_meet.domain.errors import InvalidRequest, WrongState
from vap_meet.domain.feedback import MAX_DONE_CHARS, WORKING_DAYS, Topic
from vap_meet.services.feedback import COUNTED_DAYS
from vap_meet.web.appkeys import FEEDBACK, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.staff_words import StaffWords

if TYPE_CHECKING:
    from vap_meet.services.feedback import CaseRow

routes = web.RouteTableDef()

PAGE = "/admin/feedback"


@routes.get(PAGE)
@staff_required("admin")
async def feedback_page(request: web.Request) -> web.StreamResponse:
    """Show how customers found it and whom somebody has to see to."""
    return await _page(request)


@routes.post(PAGE + "/{id}/take")
@staff_required("admin")
async def take(request: web.Request) -> web.StreamResponse:
    """Make a case one's own."""
    appointment_id = request.match_info["id"]
    try:
        await request.app[FEEDBACK].take(appointment_id, staff_id=staff_of(request).id)
    except WrongState:
        return await _page(request, closed_already=True, status=409)
    return see_other(f"{PAGE}#case-{appointment_id}")


@routes.post(PAGE + "/{id}/close")
@staff_required("admin")
async def close(request: web.Request) -> web.StreamResponse:
    """Close a case with what was done."""
    appointment_id = request.match_info["id"]
    value = (await request.post()).get("done")
    done = value.replace("\r\n", "\n") if isinstance(value, str) else ""
    try:
        await request.app[FEEDBACK].close(appointment_id, done, staff_id=staff_of(request).id)
    except InvalidRequest:
        return await _page(request, faulty=(appointment_id, done), status=422)
    except WrongState:
        return await _page(request, closed_already=True, status=409)
    return see_other(f"{PAGE}#case-{appointment_id}")


async def _page(
    request: web.Request,
    *,
    faulty: tuple[str, str] | None = None,
    closed_already: bool = False,
    status: int = 200,
) -> web.Response:
    renderer, member = request.app[RENDERER], staff_of(request)
    report = await request.app[FEEDBACK].report()
    words = StaffWords(renderer.catalogues[renderer.language(request)], report.names)

    def owner(row: CaseRow) -> str:
        case = row.case
        return words.participant(staff_participant(case.owner_id)) if case.owner_id else ""

    return renderer.page(
        request,
        "admin/feedback.html",
        title_key="admin.feedback.title",
        status=status,
        staff=member,
        here="feedback",
        report=report,
        owner=owner,
        all_topics=tuple(Topic),
        counted_days=COUNTED_DAYS,
        working_days=WORKING_DAYS,
        max_done=MAX_DONE_CHARS,
        faulty=faulty,
        closed_already=closed_already,
    )
