"""Files kept with an appointment. They leave as downloads only: nothing of them is ever shown as a page.

PUT  /agent/appointments/{id}/attachments/{attachment}   a file, as it is; see `_described` for its headers
GET  /agent/appointments/{id}/attachments/{attachment}   the file, audited
POST /agent/appointments/{id}/attachments/{attachment}/withdraw   takes it back -> 303, or JSON for a script
GET  /v/{visit}/attachments/{attachment}                 the file for its customer, audited
POST /admin/appointments/{id}/attachments/{attachment}   a reason -> the file, audited
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from aiohttp import web

from vap_meet.domain.access import CUSTOMER, LinkStatus
from vap_meet.domain.attachment import MAX_BYTES
from vap_meet.domain.errors import InvalidRequest, NotFound
from vap_meet.services.limits import Bucket
from vap_meet.web.api_door import read_body
from vap_meet.web.appkeys import ATTACHMENTS, JOINING, LIMITS
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import browser_cookie, staff_of, staff_required
from vap_meet.web.problems import wants_json

if TYPE_CHECKING:
    from vap_meet.domain.attachment import Attachment

routes = web.RouteTableDef()

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARTICIPANT = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
MAX_NAME_HEADER_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the headers say of a file."""

    name: str
    sha256: bytes
    sent_by: str


@routes.put("/agent/appointments/{id}/attachments/{attachment}")
@staff_required("agent")
async def attach(request: web.Request) -> web.StreamResponse:
    """Keep a file; who may not is told before its bytes are read."""
    member, app = staff_of(request), request.app
    app[LIMITS].hit(Bucket.ATTACHMENT, member.id)
    attachment_id, described = _id(request), _described(request)
    appointment_id = request.match_info["id"]
    await app[ATTACHMENTS].check(appointment_id, staff_id=member.id)
    kept = await app[ATTACHMENTS].attach(
        appointment_id,
        attachment_id,
        await read_body(request, limit=MAX_BYTES),
        name=described.name,
        sha256=described.sha256,
        sent_by=described.sent_by,
        staff_id=member.id,
    )
    return web.json_response({"id": kept.id, "name": kept.name}, headers={"Cache-Control": "no-store"})


@routes.get("/agent/appointments/{id}/attachments/{attachment}")
@staff_required("agent")
async def download(request: web.Request) -> web.StreamResponse:
    """Hand a file out."""
    by = f"staff:{staff_of(request).id}"
    return _file(*await request.app[ATTACHMENTS].hand_out(request.match_info["id"], _id(request), by=by))


@routes.post("/agent/appointments/{id}/attachments/{attachment}/withdraw")
@staff_required("agent")
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Take a file back: nobody gets it any more, and the customer reads that it was withdrawn."""
    appointment_id = request.match_info["id"]
    await request.app[ATTACHMENTS].withdraw(appointment_id, _id(request), staff_id=staff_of(request).id)
    if wants_json(request):
        return web.json_response({"withdrawn": True}, headers={"Cache-Control": "no-store"})
    return see_other(f"/agent/appointments/{quote(appointment_id, safe='')}#attachments")


@routes.get("/v/{visit}/attachments/{attachment}")
async def download_own(request: web.Request) -> web.StreamResponse:
    """Hand a file out to the customer whose appointment it is kept with."""
    visit = request.match_info["visit"]
    request.app[LIMITS].hit(Bucket.ATTACHMENT, f"visit:{visit}")
    view = await request.app[JOINING].visit(visit, browser=browser_cookie(request))
    if view.participant_id != CUSTOMER or view.status in {LinkStatus.MOVED, LinkStatus.CANCELLED}:
        raise NotFound("There is no such file.")
    return _file(*await request.app[ATTACHMENTS].hand_out(view.appointment.id, _id(request), by=CUSTOMER))


@routes.post("/admin/appointments/{id}/attachments/{attachment}")
@staff_required("admin")
async def reveal(request: web.Request) -> web.StreamResponse:
    """Hand a file out for a reason."""
    reason = (await request.post()).get("reason")
    found = await request.app[ATTACHMENTS].reveal(
        request.match_info["id"],
        _id(request),
        by=f"staff:{staff_of(request).id}",
        reason=reason if isinstance(reason, str) else "",
    )
    return _file(*found)


def _id(request: web.Request) -> str:
    found: str = request.match_info["attachment"]
    if not _ID.fullmatch(found):
        raise InvalidRequest("That is no id of a file.", fields={"id": "A UUID in lower case."})
    return found


def _described(request: web.Request) -> Described:
    """Return what the headers say.

    ``Content-Digest`` as RFC 9530 has it, with SHA-256; ``X-File-Name``, percent-encoded UTF-8;
    ``X-File-Sender``, the participant who sent it. Raises `InvalidRequest` naming the faulty one.
    """
    digest = _DIGEST.fullmatch(request.headers.get("Content-Digest", ""))
    name = request.headers.get("X-File-Name", "")
    sender = request.headers.get("X-File-Sender", "")
    fields = {}
    if digest is None:
        fields["Content-Digest"] = "sha-256=:Base64:"
    if not name or len(name) > MAX_NAME_HEADER_CHARS:
        fields["X-File-Name"] = f"Percent-encoded, {MAX_NAME_HEADER_CHARS} characters at most."
    if not _PARTICIPANT.fullmatch(sender):
        fields["X-File-Sender"] = "A participant's id."
    if digest is None or fields:
        raise InvalidRequest("The file is not described.", fields=fields)
    try:
        sha256 = base64.b64decode(digest[1], validate=True)
    except binascii.Error:
        raise InvalidRequest(
            "The file is not described.", fields={"Content-Digest": "It is no Base64."}
        ) from None
    return Described(name=unquote(name, errors="replace"), sha256=sha256, sent_by=sender)


def _file(found: Attachment, content: bytes) -> web.Response:
    return web.Response(
        body=content,
        content_type=found.kind.value,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "Cache-Control": "no-store",
            # Even where a browser shows it after all, it runs nothing and reaches nothing.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
