"""How the customer found it: a form on the page of the written answer, without a script.

GET  /v/{visit}/feedback   leads to the answer, whose page holds the form
POST /v/{visit}/feedback   face, topic*, comment, would_have_come, must_still_come
                           -> 303 to the answer with thanks, or its page with what is at fault (409, 422)
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.domain.errors import NotFound, WrongState
from vap_meet.services.limits import Bucket
from vap_meet.web.appkeys import FEEDBACK, JOINING, LIMITS
from vap_meet.web.customer_answer import answer_page
from vap_meet.web.customer_pages import see_other, stop_page
from vap_meet.web.feedback_form import FeedbackForm
from vap_meet.web.guards import browser_cookie

routes = web.RouteTableDef()


@routes.get("/v/{visit}/feedback")
async def form_page(request: web.Request) -> web.StreamResponse:
    """Lead whoever comes back without a form (another language, a reload) to the answer."""
    return see_other(_answer_of(request))


@routes.post("/v/{visit}/feedback")
async def give(request: web.Request) -> web.StreamResponse:
    """Take the form."""
    visit_id = request.match_info["visit"]
    try:
        view = await request.app[JOINING].visit(visit_id, browser=browser_cookie(request))
    except NotFound:
        return stop_page(request, "visit", status=404)
    request.app[LIMITS].hit(Bucket.FEEDBACK, view.visit_id)
    form = FeedbackForm.read(await request.post())
    if faults := form.faults():
        return await answer_page(request, view, typed=form, faults=faults, status=422)
    try:
        await request.app[FEEDBACK].give(view.appointment.id, form.opinion())
    except WrongState:
        return await answer_page(request, view, typed=form, faults=("late",), status=409)
    return see_other(f"{_answer_of(request)}#feedback")


def _answer_of(request: web.Request) -> str:
    return f"/v/{request.match_info['visit']}/answer"
