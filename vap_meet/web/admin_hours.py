"""The admin's pages of opening hours.

GET  /admin/hours                               every pool; a form for a new one
POST /admin/hours                               id, name_ar, name_en, kind -> the pool's page
GET  /admin/hours/{pool}                        week, people, exceptions, services
POST /admin/hours/{pool}                        the week and how bookings are taken
POST /admin/hours/{pool}/people                 staff (an account's id, or none)
GET/POST /admin/hours/{pool}/people/{unit}      somebody's own hours, and whether they take appointments
POST /admin/hours/{pool}/exceptions             first_day, last_day, names, closed or times
POST /admin/hours/{pool}/exceptions/{id}/remove
POST /admin/hours/{pool}/services               service: this pool takes its appointments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.errors import InvalidRequest, NotFound
from vap_meet.domain.opening import default_week
from vap_meet.domain.pools import KINDS, PoolSettings
from vap_meet.web.appkeys import CATALOGUE, HOURS, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.hours_form import (
    read_day,
    read_exception_week,
    read_settings,
    read_week,
    rows_of,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

routes = web.RouteTableDef()

LIST = "/admin/hours"
_MAX_ID = 2**31 - 1


@routes.get(LIST)
@staff_required("admin")
async def pools_page(request: web.Request) -> web.StreamResponse:
    """Show every pool."""
    return await _list(request)


@routes.post(LIST)
@staff_required("admin")
async def add_pool(request: web.Request) -> web.StreamResponse:
    """Make a pool with the usual week of Dubai's government."""
    form = await request.post()
    pool = PoolSettings(
        id=text(form, "id").lower(),
        kind=text(form, "kind"),
        name_ar=text(form, "name_ar"),
        name_en=text(form, "name_en"),
        week=default_week(),
    )
    try:
        await request.app[HOURS].add_pool(pool, by=_by(request))
    except InvalidRequest as error:
        return await _list(request, faults=error.fields, typed=form, status=422)
    return see_other(f"{LIST}/{pool.id}")


@routes.get(LIST + "/{pool}")
@staff_required("admin")
async def pool_page(request: web.Request) -> web.StreamResponse:
    """Show one pool."""
    return await _pool(request)


@routes.post(LIST + "/{pool}")
@staff_required("admin")
async def save_pool(request: web.Request) -> web.StreamResponse:
    """Change the week and how bookings are taken."""
    form = await request.post()
    view = await request.app[HOURS].pool(request.match_info["pool"])
    try:
        await request.app[HOURS].save_pool(read_settings(form, view.settings), by=_by(request))
    except InvalidRequest as error:
        return await _pool(request, faults=error.fields, status=422)
    return _back(request)


@routes.post(LIST + "/{pool}/people")
@staff_required("admin")
async def add_person(request: web.Request) -> web.StreamResponse:
    """Add somebody, with or without an account."""
    staff_id = text(await request.post(), "staff") or None
    free = {member.id for member in await request.app[HOURS].free_agents()}
    if staff_id is not None and staff_id not in free:
        return await _pool(request, faults={"staff": "taken"}, status=422)
    try:
        await request.app[HOURS].add_person(request.match_info["pool"], staff_id=staff_id, by=_by(request))
    except InvalidRequest as error:
        return await _pool(request, faults=error.fields, status=422)
    return _back(request, "people")


@routes.get(LIST + "/{pool}/people/{unit}")
@staff_required("admin")
async def person_page(request: web.Request) -> web.StreamResponse:
    """Show somebody's own hours."""
    return await _person(request)


@routes.post(LIST + "/{pool}/people/{unit}")
@staff_required("admin")
async def save_person(request: web.Request) -> web.StreamResponse:
    """Change somebody's own hours, or let them take no more appointments."""
    form = await request.post()
    try:
        await request.app[HOURS].set_person(
            request.match_info["pool"],
            _number(request, "unit"),
            week=None if text(form, "as_pool") == "1" else read_week(form),
            active=text(form, "active") == "1",
            by=_by(request),
        )
    except InvalidRequest as error:
        return await _person(request, faults=error.fields, status=422)
    return _back(request, "people")


@routes.post(LIST + "/{pool}/exceptions")
@staff_required("admin")
async def add_exception(request: web.Request) -> web.StreamResponse:
    """Add other hours on some days."""
    form = await request.post()
    view = await request.app[HOURS].pool(request.match_info["pool"])
    unit = text(form, "unit")
    try:
        await request.app[HOURS].add_exception(
            view.settings.id,
            unit_id=_id(unit) if unit else None,
            first_day=read_day(form, "first_day"),
            last_day=read_day(form, "last_day" if text(form, "last_day") else "first_day"),
            name_ar=text(form, "name_ar"),
            name_en=text(form, "name_en"),
            week=read_exception_week(form, view.settings.week),
            by=_by(request),
        )
    except InvalidRequest as error:
        return await _pool(
            request, faults={f"exception.{name}": why for name, why in error.fields.items()}, status=422
        )
    return _back(request, "exceptions")


@routes.post(LIST + "/{pool}/exceptions/{id}/remove")
@staff_required("admin")
async def remove_exception(request: web.Request) -> web.StreamResponse:
    """Let the usual hours hold again."""
    await request.app[HOURS].remove_exception(
        request.match_info["pool"], _number(request, "id"), by=_by(request)
    )
    return _back(request, "exceptions")


@routes.post(LIST + "/{pool}/services")
@staff_required("admin")
async def take_service(request: web.Request) -> web.StreamResponse:
    """Let this pool take a service's appointments."""
    service = await request.app[CATALOGUE].get(text(await request.post(), "service"))
    await request.app[HOURS].offer_by(service.id, request.match_info["pool"], by=_by(request))
    return _back(request, "services")


async def _list(
    request: web.Request,
    *,
    faults: Mapping[str, str] | None = None,
    typed: Mapping[str, object] | None = None,
    status: int = 200,
) -> web.Response:
    return request.app[RENDERER].page(
        request,
        "admin/hours.html",
        title_key="hours.title",
        status=status,
        staff=staff_of(request),
        here="hours",
        pools=await request.app[HOURS].pools(),
        rows_of=rows_of,
        kinds=KINDS,
        faults=faults or {},
        typed={name: text(typed or {}, name) for name in ("id", "name_ar", "name_en", "kind")},
    )


async def _pool(
    request: web.Request, *, faults: Mapping[str, str] | None = None, status: int = 200
) -> web.Response:
    hours = request.app[HOURS]
    view = await hours.pool(request.match_info["pool"])
    services = await request.app[CATALOGUE].every()
    taken = await hours.offered()
    return request.app[RENDERER].page(
        request,
        "admin/hours-pool.html",
        title_key="hours.title",
        status=status,
        staff=staff_of(request),
        here="hours",
        pool=view.settings,
        view=view,
        rows=rows_of(view.settings.week),
        rows_of=rows_of,
        free_agents=await hours.free_agents(),
        services=services,
        own_services=tuple(each for each in services if taken.get(each.id) == view.settings.id),
        faults=faults or {},
    )


async def _person(
    request: web.Request, *, faults: Mapping[str, str] | None = None, status: int = 200
) -> web.Response:
    view = await request.app[HOURS].pool(request.match_info["pool"])
    number = _number(request, "unit")
    person = next((each for each in view.people if each.id == number), None)
    if person is None:
        raise NotFound("There is nobody like that in the pool.")
    return request.app[RENDERER].page(
        request,
        "admin/hours-person.html",
        title_key="hours.title",
        status=status,
        staff=staff_of(request),
        here="hours",
        pool=view.settings,
        person=person,
        rows=rows_of(view.settings.week if person.week is None else person.week),
        faults=faults or {},
    )


def _back(request: web.Request, anchor: str = "") -> web.Response:
    return see_other(f"{LIST}/{request.match_info['pool']}" + (f"#{anchor}" if anchor else "?saved=1"))


def _by(request: web.Request) -> str:
    return f"staff:{staff_of(request).id}"


def _number(request: web.Request, name: str) -> int:
    return _id(request.match_info[name])


def _id(typed: str) -> int:
    """Return a row's number. Raises `NotFound` for what can be none."""
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 10 and int(typed) <= _MAX_ID):  # noqa: PLR2004
        raise NotFound("There is nothing of this number.")
    return int(typed)
