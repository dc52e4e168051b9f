"""The page of the written answer, and how the customer found the appointment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.domain.access import LinkStatus
from vap_meet.domain.feedback import NOT_ASKED, Face, Topic
from vap_meet.web.appkeys import ATTACHMENTS, CLOCK, FEEDBACK, OUTCOMES, RENDERER
from vap_meet.web.feedback_form import FeedbackForm
from vap_meet.web.past_pages import past_page

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.domain.outcome import OutcomeVersion
    from vap_meet.services.joining import LinkView, VisitView


async def answer_page(
    request: web.Request,
    view: VisitView,
    *,
    typed: FeedbackForm | None = None,
    faults: tuple[str, ...] = (),
    status: int = 200,
) -> web.Response:
    """Return the latest answer, or that it is still being written.

    `typed` is feedback that could not be taken, `faults` why: names of fields, or "late".
    """
    if view.status in {LinkStatus.MOVED, LinkStatus.CANCELLED}:
        return await past_page(request, view.status, view.appointment, status=status)
    first, latest = await answers(request, view.appointment.id)
    given = await request.app[FEEDBACK].of(view.appointment.id)
    asked = latest is not None and latest.content.code not in NOT_ASKED
    changeable = given is None or given.is_changeable(request.app[CLOCK]())
    if typed is None or not changeable:
        typed = FeedbackForm() if given is None else FeedbackForm.of(given.opinion)
    return request.app[RENDERER].page(
        request,
        "customer/answer.html",
        title_key="answer.title",
        language=view.appointment.customer.language,
        status=status,
        page_data={} if latest else {"statusUrl": f"/v/{view.visit_id}/status.json"},
        appointment=view.appointment,
        visit_id=view.visit_id,
        outcome=latest,
        is_over=is_over(view),
        corrected=latest is not first,
        attachments=await request.app[ATTACHMENTS].of(view.appointment.id),
        asked=asked,
        given=given,
        changeable=changeable,
        form=typed,
        faults=faults,
        all_faces=tuple(Face),
        all_topics=tuple(Topic),
    )


async def answers(
    request: web.Request, appointment_id: str
) -> tuple[OutcomeVersion | None, OutcomeVersion | None]:
    """Return the first complete outcome and the latest; None while the answer is still owed."""
    versions = await request.app[OUTCOMES].versions(appointment_id)
    complete = [version for version in versions if not version.answer_pending]
    return (complete[0], complete[-1]) if complete else (None, None)


def is_over(view: LinkView | VisitView) -> bool:
    """Whether nobody meets any more: the record says so, or the call has ended and its outcome is to come."""
    ended = view.session is not None and view.session.ended_at is not None
    return ended or not view.appointment.is_open
