"""What the agent's call page writes, as JSON; refusals are problem documents.

PUT /agent/appointments/{id}/outcome          the outcome, or with If-Match the version after it
PUT /agent/appointments/{id}/outcome/draft    what is written so far
PUT /agent/appointments/{id}/identity         "I have checked the identity"
"""

from __future__ import annotations

import re
from datetime import date
from typing import TypeVar

from aiohttp import web
from msgspec import Struct

from vap_meet.domain.errors import UnsupportedMediaType, VersionConflict
from vap_meet.domain.outcome import DraftContent, OutcomeCode
from vap_meet.web.api_door import decode, read_body
from vap_meet.web.api_types import OutcomeIn
from vap_meet.web.appkeys import CLOCK, OUTCOMES, SESSIONS
from vap_meet.web.guards import staff_of, staff_required

routes = web.RouteTableDef()

T = TypeVar("T")

_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')


class DraftIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of a draft: as an outcome's, and the code may still be open."""

    code: OutcomeCode | None = None
    answer: str = ""
    next_steps: str = ""
    internal_notes: str = ""
    follow_up_on: date | None = None


@routes.put("/agent/appointments/{id}/outcome")
@staff_required("agent")
async def put_outcome(request: web.Request) -> web.StreamResponse:
    """Record the outcome, send an answer that was owed, or amend what was sent."""
    body = await _read(request, OutcomeIn)
    version = await request.app[OUTCOMES].put(
        request.match_info["id"],
        body.content(),
        author=_author(request),
        reason=body.reason,
        if_version=_if_match(request),
        answer_pending=body.answer_pending,
    )
    return web.json_response(
        {"version": version.version, "answer_pending": version.answer_pending},
        headers={"ETag": f'"{version.version}"', "Cache-Control": "no-store"},
    )


@routes.put("/agent/appointments/{id}/outcome/draft")
@staff_required("agent")
async def put_draft(request: web.Request) -> web.StreamResponse:
    """Keep what is written so far."""
    body = await _read(request, DraftIn)
    await request.app[OUTCOMES].save_draft(
        request.match_info["id"],
        DraftContent(
            code=body.code,
            answer=body.answer,
            next_steps=body.next_steps,
            internal_notes=body.internal_notes,
            follow_up_on=body.follow_up_on,
        ),
        author=_author(request),
    )
    saved_at = int(request.app[CLOCK]().timestamp() * 1000)
    return web.json_response({"saved_at": saved_at}, headers={"Cache-Control": "no-store"})


@routes.put("/agent/appointments/{id}/identity")
@staff_required("agent")
async def put_identity(request: web.Request) -> web.StreamResponse:
    """Note that the agent has checked who joined; doing it again changes nothing."""
    await request.app[SESSIONS].confirm_identity(request.match_info["id"], by=_author(request))
    return web.json_response({"identity_assurance": "agent_checked"}, headers={"Cache-Control": "no-store"})


async def _read(request: web.Request, kind: type[T]) -> T:
    """Return the body. Raises `UnsupportedMediaType`, `TooLarge`, `InvalidRequest` naming the field."""
    if request.content_type != "application/json":
        raise UnsupportedMediaType("The body has to be application/json.")
    return decode(await read_body(request), kind)


def _author(request: web.Request) -> str:
    return f"staff:{staff_of(request).id}"


def _if_match(request: web.Request) -> int | None:
    """Return the version that the page was made from. Raises `VersionConflict` for a tag not of ours."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    tag = _ETAG.fullmatch(header.strip())
    if tag is None:
        raise VersionConflict("The outcome has another version now.")
    return int(tag[1])
