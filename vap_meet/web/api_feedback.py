"""REST: what customers said of their appointments, and how their cases stand.

GET /api/v1/appointments/{id}/feedback    of one appointment
GET /api/v1/feedback                      ?from=&to=&face=&service=&open_case=&limit=50&cursor=...
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads these annotations
from typing import TYPE_CHECKING

from aiohttp import web
from msgspec import Struct, field

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import NotFound
from vap_meet.domain.feedback import Face  # noqa: TC001 - as above
from vap_meet.services.published import FeedbackOut
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import Page, PageQuery, check_days, encode_cursor, unknown_cursor
from vap_meet.web.api_types import CaseOut, FeedbackAndCaseOut
from vap_meet.web.appkeys import CLOCK, FEEDBACK, PUBLISHED_LISTS

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.services.published_lists import FeedbackEntry

routes = web.RouteTableDef()


class FeedbackQuery(PageQuery, frozen=True, kw_only=True):
    """Which feedback: given on local days, both included; with a case that is open, or without."""

    first: date | None = field(name="from", default=None)
    last: date | None = field(name="to", default=None)
    face: Face | None = None
    service: str | None = None
    open_case: bool | None = None


class FeedbackItemOut(Struct, frozen=True, kw_only=True):
    """One customer's feedback in a list."""

    appointment_id: str
    reference: str
    service_id: str
    feedback: FeedbackOut
    case: CaseOut | None

    @classmethod
    def of(cls, entry: FeedbackEntry, now: datetime) -> FeedbackItemOut:
        """Return the item as it stands now."""
        return cls(
            appointment_id=entry.id,
            reference=entry.reference,
            service_id=entry.service_id,
            feedback=FeedbackOut.of(entry.given),
            case=None if entry.case is None else CaseOut.of(entry.case, now),
        )


@routes.get("/api/v1/feedback")
@door(answer=Page[FeedbackItemOut], scope=Scope.FEEDBACK_READ, query=FeedbackQuery)
async def listing(call: Call) -> Reply[Page[FeedbackItemOut]]:
    """Answer a page of the feedback that matches, what was given last first."""
    query, now = call.asked(FeedbackQuery), call.request.app[CLOCK]()
    check_days({"from": query.first, "to": query.last})
    try:
        found = await call.request.app[PUBLISHED_LISTS].feedback(
            first=query.first,
            last=query.last,
            face=query.face,
            service_id=query.service,
            open_case=query.open_case,
            after=query.after(),
            at_most=query.limit + 1,
        )
    except NotFound as error:
        raise unknown_cursor() from error
    items = tuple(FeedbackItemOut.of(entry, now) for entry in found[: query.limit])
    following = encode_cursor(items[-1].appointment_id) if len(found) > query.limit else None
    return Reply(content=Page(items=items, next_cursor=following))


@routes.get("/api/v1/appointments/{id}/feedback")
@door(answer=FeedbackAndCaseOut, scope=Scope.FEEDBACK_READ)
async def get(call: Call) -> Reply[FeedbackAndCaseOut]:
    """Answer the feedback; the case is null unless an unhappy customer has opened one."""
    app = call.request.app
    given = await app[FEEDBACK].of(call.appointment_id)
    if given is None:
        raise NotFound("There is no feedback yet.")
    case = await app[FEEDBACK].case_of(call.appointment_id)
    return Reply(
        content=FeedbackAndCaseOut(
            feedback=FeedbackOut.of(given), case=None if case is None else CaseOut.of(case, app[CLOCK]())
        )
    )
