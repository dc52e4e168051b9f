"""The catalogue for administrators: the list, one service to edit, a new one.

GET  /admin/services                    ?q=words&area=id&phase=1
GET  /admin/services/new                POST: the form's fields -> 303 to the list
GET  /admin/services/{id}/edit          POST: the fields and `revision` -> 303 to the list
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain import catalogue_csv
from vap_meet.domain.catalogue import (
    LONG_LISTS,
    Faulty,
    FaultyService,
    NameOrigin,
    Phase,
    Service,
    areas,
)
from vap_meet.domain.errors import VersionConflict
from vap_meet.domain.finding import MAX_QUERY_CHARS, find
from vap_meet.web.appkeys import CATALOGUE, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

routes = web.RouteTableDef()

LIST = "/admin/services"


@routes.get(LIST)
@staff_required("admin")
async def services_page(request: web.Request) -> web.StreamResponse:
    """Show the services that match."""
    services = await request.app[CATALOGUE].every()
    query = request.query.get("q", "").replace("\0", "").strip()[:MAX_QUERY_CHARS]
    area, phase = request.query.get("area", ""), request.query.get("phase", "")
    listed = find(services, query).services if query else services
    return request.app[RENDERER].page(
        request,
        "admin/services.html",
        title_key="admin.services.title",
        staff=staff_of(request),
        here="services",
        query=query,
        area=area,
        phase=phase,
        phases=tuple(Phase),
        areas=areas(services),
        services=tuple(
            service for service in listed if area in {"", service.area_id} and phase in {"", service.phase}
        ),
        total=len(services),
        lacking={service.id: _lacking(service) for service in services},
        saved=request.query.get("saved", ""),
    )


@routes.get(LIST + "/new")
@staff_required("admin")
async def new_page(request: web.Request) -> web.StreamResponse:
    """Show an empty form."""
    empty = {**dict.fromkeys(catalogue_csv.COLUMNS, ""), "phase": Phase.FIRST.value, "virtual": "yes"}
    return _form(request, cells=empty)


@routes.post(LIST + "/new")
@staff_required("admin")
async def add(request: web.Request) -> web.StreamResponse:
    """Add a service."""
    cells = await _cells(request)
    service, faults = catalogue_csv.read_cells(cells)
    if faults:
        return _form(request, cells=cells, faults=faults, status=422)
    try:
        await request.app[CATALOGUE].add(service, by=f"staff:{staff_of(request).id}")
    except FaultyService as error:
        return _form(request, cells=cells, faults=error.faults, status=422)
    return see_other(f"{LIST}?saved={service.id}")


@routes.get(LIST + "/{id}/edit")
@staff_required("admin")
async def edit_page(request: web.Request) -> web.StreamResponse:
    """Show a service's form."""
    service = await request.app[CATALOGUE].get(request.match_info["id"])
    return _form(request, cells=catalogue_csv.cells_of(service), service=service)


@routes.post(LIST + "/{id}/edit")
@staff_required("admin")
async def edit(request: web.Request) -> web.StreamResponse:
    """Change a service; if it has changed meanwhile, what was typed is shown again and nothing is kept."""
    catalogue = request.app[CATALOGUE]
    before = await catalogue.get(request.match_info["id"])
    cells = {**await _cells(request), "id": before.id}
    service, faults = catalogue_csv.read_cells(cells)
    if faults:
        return _form(request, cells=cells, faults=faults, service=before, status=422)
    try:
        await catalogue.change(
            replace(service, revision=await _revision(request)), by=f"staff:{staff_of(request).id}"
        )
    except VersionConflict:
        return _form(request, cells=cells, service=before, conflict=True, status=412)
    return see_other(f"{LIST}?saved={service.id}")


def _form(
    request: web.Request,
    *,
    cells: Mapping[str, str],
    faults: Sequence[Faulty] = (),
    service: Service | None = None,
    conflict: bool = False,
    status: int = 200,
) -> web.Response:
    """Return the form; without a `service` it is for a new one."""
    renderer = request.app[RENDERER]
    texts = renderer.catalogues[renderer.language(request)]
    words: dict[str, str] = {}
    for each in faults:
        words.setdefault(each.field, texts.t(f"admin.services.fault.{each.fault}", detail=each.detail))
    return renderer.page(
        request,
        "admin/service.html",
        title_key="admin.services.edit" if service else "admin.services.new",
        status=status,
        staff=staff_of(request),
        here="services",
        cells=cells,
        faults=words,
        service=service,
        conflict=conflict,
        phases=tuple(Phase),
        origins=tuple(NameOrigin),
    )


async def _cells(request: web.Request) -> dict[str, str]:
    """Return the form's fields as a row of the catalogue; boxes that are not ticked say no."""
    form = await request.post()
    cells = {column: _text(form.get(column)) for column in catalogue_csv.COLUMNS}
    return cells | {box: "yes" if cells[box] else "no" for box in ("virtual", "example")}


async def _revision(request: web.Request) -> int:
    """Return which revision the form was made from; what is no number is none that exists."""
    text = _text((await request.post()).get("revision"))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def _text(value: object) -> str:
    """Return a field's text; a file in its place is none."""
    return value.replace("\0", "") if isinstance(value, str) else ""


def _lacking(service: Service) -> tuple[str, ...]:
    """Return what pages have to send the reader to the official for."""
    lists = tuple(dict.fromkeys(name.removesuffix("_ar").removesuffix("_en") for name in LONG_LISTS))
    lacking = [
        name for name in lists if not (getattr(service, f"{name}_ar") and getattr(service, f"{name}_en"))
    ]
    return (
        *lacking,
        *(name for name in ("minutes", "apply_url") if not getattr(service, name)),
    )
