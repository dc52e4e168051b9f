"""REST: the catalogue of services, to read.

GET /api/v1/services           ?q=words&area=id&phase=1&open=true&limit=50&cursor=...
GET /api/v1/services/{id}      one; its revision is the ETag

With `q` the best comes first, else the order is the catalogue's. An empty list or text is not known: ask.
"""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.catalogue import Phase, Service
from vap_meet.domain.finding import MAX_QUERY_CHARS, find
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import Page, PageQuery, page_of
from vap_meet.web.appkeys import CATALOGUE

routes = web.RouteTableDef()


class ServicesQuery(PageQuery, frozen=True, kw_only=True):
    """Which services, in people's own words and by what they are."""

    q: str = ""
    area: str | None = None
    phase: Phase | None = None
    open: bool | None = None

    def fits(self, service: Service) -> bool:
        """Whether a service is what the filters ask for."""
        asked = (
            (self.area, service.area_id),
            (self.phase, service.phase),
            (self.open, service.is_open),
        )
        return all(wanted in {None, found} for wanted, found in asked)


class AreaOut(Struct, frozen=True, kw_only=True):
    """The group that a service stands in."""

    id: str
    name_ar: str
    name_en: str


class ApplyOut(Struct, frozen=True, kw_only=True):
    """Where one applies for a service."""

    url: str
    label_ar: str
    label_en: str


class ServiceOut(Struct, frozen=True, kw_only=True):
    """A service as the API shows it. `open` says whether an appointment about it can be offered now."""

    id: str
    name_ar: str
    name_en: str
    area: AreaOut
    phase: Phase
    virtual: bool
    open: bool
    duration_minutes: int | None
    aliases_ar: tuple[str, ...]
    aliases_en: tuple[str, ...]
    audience_ar: tuple[str, ...]
    audience_en: tuple[str, ...]
    documents_ar: tuple[str, ...]
    documents_en: tuple[str, ...]
    steps_ar: tuple[str, ...]
    steps_en: tuple[str, ...]
    apply: ApplyOut | None
    channel_ar: str
    channel_en: str
    example: bool
    revision: int

    @classmethod
    def of(cls, service: Service) -> ServiceOut:
        """Return the service's answer."""
        apply = ApplyOut(
            url=service.apply_url, label_ar=service.apply_label_ar, label_en=service.apply_label_en
        )
        return cls(
            id=service.id,
            name_ar=service.name_ar,
            name_en=service.name_en,
            area=AreaOut(id=service.area_id, name_ar=service.area_ar, name_en=service.area_en),
            phase=service.phase,
            virtual=service.virtual,
            open=service.is_open,
            duration_minutes=service.minutes,
            aliases_ar=service.aliases_ar,
            aliases_en=service.aliases_en,
            audience_ar=service.audience_ar,
            audience_en=service.audience_en,
            documents_ar=service.documents_ar,
            documents_en=service.documents_en,
            steps_ar=service.steps_ar,
            steps_en=service.steps_en,
            apply=apply if service.apply_url else None,
            channel_ar=service.channel_ar,
            channel_en=service.channel_en,
            example=service.example,
            revision=service.revision,
        )


@routes.get("/api/v1/services")
@door(answer=Page[ServiceOut], scope=Scope.SERVICES_READ, query=ServicesQuery)
async def services(call: Call) -> Reply[Page[ServiceOut]]:
    """Answer a page of the services that match."""
    query = call.asked(ServicesQuery)
    every = await call.request.app[CATALOGUE].every()
    words = query.q[:MAX_QUERY_CHARS]
    found = find(every, words).services if words.strip() else every
    listed = [service for service in found if query.fits(service)]
    places, following = page_of([service.id for service in listed], query)
    items = tuple(ServiceOut.of(listed[place]) for place in places)
    return Reply(content=Page(items=items, next_cursor=following))


@routes.get("/api/v1/services/{id}")
@door(answer=ServiceOut, scope=Scope.SERVICES_READ, etag=True)
async def service(call: Call) -> Reply[ServiceOut]:
    """Answer one service."""
    found = await call.request.app[CATALOGUE].get(call.request.match_info["id"])
    return Reply(content=ServiceOut.of(found), version=found.revision)
