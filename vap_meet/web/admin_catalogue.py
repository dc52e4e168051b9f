"""The catalogue as a file, and what people missed in it, for administrators.

GET  /admin/services/file               POST: file, whole=1 -> the same page: what changed, or every fault
GET  /admin/services/export.csv
GET  /admin/services/searches           searches in vain; POST .../searches/drop: text -> 303
GET  /admin/services/demand             who waits for which service, counted
POST /admin/services/{id}/contacts      -> CSV of those to tell, audited
POST /admin/services/{id}/told          until: a moment -> their contacts are taken away, 303
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, web

from vap_meet.domain.catalogue import FaultyService
from vap_meet.domain.catalogue_csv import MAX_BYTES, UnreadableFile
from vap_meet.domain.errors import InvalidRequest
from vap_meet.web.appkeys import CATALOGUE, CLOCK, DEMAND, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required

if TYPE_CHECKING:
    from vap_meet.services.catalogue import Taken

routes = web.RouteTableDef()

LIST = "/admin/services"
_MAX_FIELD_BYTES = 64


@routes.get(LIST + "/file")
@staff_required("admin")
async def file_page(request: web.Request) -> web.StreamResponse:
    """Show how to take and to give the catalogue."""
    return _file_page(request)


@routes.post(LIST + "/file")
@staff_required("admin")
async def take(request: web.Request) -> web.StreamResponse:
    """Take a file, all of it or nothing."""
    data, whole = await _upload(request)
    try:
        taken = await request.app[CATALOGUE].take(data, by=_by(request), whole=whole)
    except UnreadableFile as error:
        return _file_page(request, unreadable=error, whole=whole, status=422)
    except FaultyService as error:
        return _file_page(request, faulty=error, whole=whole, status=422)
    return _file_page(request, taken=taken)


@routes.get(LIST + "/export.csv")
@staff_required("admin")
async def export(request: web.Request) -> web.StreamResponse:
    """Give the catalogue as a file."""
    return _download(await request.app[CATALOGUE].export(), "services.csv")


@routes.get(LIST + "/searches")
@staff_required("admin")
async def searches_page(request: web.Request) -> web.StreamResponse:
    """Show what was searched for in vain."""
    return request.app[RENDERER].page(
        request,
        "admin/searches.html",
        title_key="admin.searches.title",
        staff=staff_of(request),
        here="services",
        misses=await request.app[DEMAND].misses(),
    )


@routes.post(LIST + "/searches/drop")
@staff_required("admin")
async def drop_search(request: web.Request) -> web.StreamResponse:
    """Forget a search that has been dealt with."""
    text = (await request.post()).get("text")
    await request.app[DEMAND].drop_miss(text if isinstance(text, str) else "")
    return see_other(f"{LIST}/searches")


@routes.get(LIST + "/demand")
@staff_required("admin")
async def demand_page(request: web.Request) -> web.StreamResponse:
    """Show how many wait for which service."""
    app = request.app
    return app[RENDERER].page(
        request,
        "admin/demand.html",
        title_key="admin.demand.title",
        staff=staff_of(request),
        here="services",
        interest=await app[DEMAND].interest(),
        services={service.id: service for service in await app[CATALOGUE].every()},
        now=app[CLOCK]().isoformat(),
        told=request.query.get("told", ""),
    )


@routes.post(LIST + "/{id}/contacts")
@staff_required("admin")
async def contacts(request: web.Request) -> web.StreamResponse:
    """Give those who wait as a file; that it was read is in the audit log first."""
    service_id = request.match_info["id"]
    asked = await request.app[DEMAND].who_waits(service_id, by=_by(request))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("contact", "language", "asked_at"))
    for one in asked:
        # A phone number begins with a plus sign, which spreadsheets take for a formula without the quote.
        writer.writerow((f"'{one.contact}", one.language, one.at.isoformat(timespec="seconds")))
    return _download(text.getvalue().encode("utf-8-sig"), f"{service_id}-contacts.csv")


@routes.post(LIST + "/{id}/told")
@staff_required("admin")
async def told(request: web.Request) -> web.StreamResponse:
    """Take the contacts away of those who were told: nobody who has asked since the page was opened."""
    until = (await request.post()).get("until")
    try:
        moment = datetime.fromisoformat(until if isinstance(until, str) else "")
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRequest("It can't be done.", fields={"until": "A moment with its offset from UTC."})
    service_id = request.match_info["id"]
    await request.app[DEMAND].have_told(service_id, until=moment, by=_by(request))
    return see_other(f"{LIST}/demand?told=1")


def _by(request: web.Request) -> str:
    return f"staff:{staff_of(request).id}"


def _file_page(
    request: web.Request,
    *,
    taken: Taken | None = None,
    unreadable: UnreadableFile | None = None,
    faulty: FaultyService | None = None,
    whole: bool = False,
    status: int = 200,
) -> web.Response:
    return request.app[RENDERER].page(
        request,
        "admin/services-file.html",
        title_key="admin.file.title",
        status=status,
        staff=staff_of(request),
        here="services",
        taken=taken,
        unreadable=unreadable,
        faults=faulty.faults if faulty else (),
        whole=whole,
    )


async def _upload(request: web.Request) -> tuple[bytes, bool]:
    """Return the file and whether it is the whole catalogue; never more than a file may have is held."""
    data, whole = b"", False
    if request.content_type != "multipart/form-data":
        return data, whole
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == "file":
                data = await _part(part, MAX_BYTES)
            elif part.name == "whole":
                whole = await _part(part, _MAX_FIELD_BYTES) == b"1"
    except ValueError as error:  # a body that is not what its header says
        raise InvalidRequest("The form can't be read.") from error
    return data, whole


async def _part(part: BodyPartReader, most: int) -> bytes:
    """Return a part, cut off one byte beyond what it may have, which whoever reads it then refuses."""
    held = bytearray()
    while len(held) <= most:
        chunk = await part.read_chunk()
        if not chunk:
            return bytes(held)
        held += chunk
    await part.release()
    return bytes(held[: most + 1])


def _download(data: bytes, name: str) -> web.Response:
    return web.Response(
        body=data,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
