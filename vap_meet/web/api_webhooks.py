"""REST: the endpoints that are told by webhook, and what they were told.

GET    /api/v1/webhook-endpoints                        ?event=...&verified=true&limit=50&cursor=...
POST   /api/v1/webhook-endpoints                        register one; it is told nothing until it is verified
GET    /api/v1/webhook-endpoints/{id}                   one; its version is the ETag
PUT    /api/v1/webhook-endpoints/{id}                   with If-Match, edit; a new address is verified anew
DELETE /api/v1/webhook-endpoints/{id}                   with what it was told
GET    /api/v1/webhook-endpoints/{id}/secret            the newest secret, to verify signatures with
POST   /api/v1/webhook-endpoints/{id}/verify            ask it for a challenge
POST   /api/v1/webhook-endpoints/{id}/rotate            a new secret; the old one signs too for a day
POST   /api/v1/webhook-endpoints/{id}/disable, /enable
GET    /api/v1/webhook-endpoints/{id}/messages          ?unfinished=true&limit=50&cursor=...: every attempt
POST   /api/v1/webhook-endpoints/{id}/messages/resend   some, or all that were given up
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from aiohttp import web
from msgspec import Struct

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import ErrorCode, InvalidRequest, NotFound
from vap_meet.domain.webhooks import EVENTS, MAX_DESCRIPTION_CHARS, MAX_URL_CHARS
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import Page, PageQuery, encode_cursor, page_of, unknown_cursor
from vap_meet.web.api_promise import IfMatch
from vap_meet.web.api_types import shown
from vap_meet.web.appkeys import WEBHOOKS

if TYPE_CHECKING:
    from vap_meet.domain.webhooks import Endpoint
    from vap_meet.services.webhooks import Delivery

routes = web.RouteTableDef()

ALL = "/api/v1/webhook-endpoints"
ONE = ALL + "/{endpoint}"


class EndpointIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What an endpoint is: where, for which events, and a word for people."""

    url: Annotated[str, shown(format="uri", maxLength=MAX_URL_CHARS)]
    events: Annotated[tuple[Annotated[str, shown(enum=[*EVENTS])], ...], shown(minItems=1)]
    description: Annotated[str, shown(maxLength=MAX_DESCRIPTION_CHARS)] = ""


class ResendIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which messages to send again: these, or with `parked` all that were given up."""

    messages: tuple[str, ...] = ()
    parked: bool = False


class EndpointOut(Struct, frozen=True, kw_only=True):
    """An endpoint as the API shows it."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    version: int
    created_at: datetime
    verified_at: datetime | None
    disabled_at: datetime | None
    disabled_why: str | None

    @classmethod
    def of(cls, endpoint: Endpoint) -> EndpointOut:
        """Return the endpoint's answer."""
        return msgspec.convert(endpoint, cls, from_attributes=True)


class AttemptOut(Struct, frozen=True, kw_only=True):
    """One attempt: its answer's status, or the error that kept it from one."""

    at: datetime
    status: int | None
    ms: int
    error: str | None
    excerpt: str


class MessageOut(Struct, frozen=True, kw_only=True):
    """One message, under the id that its `webhook-id` header carries."""

    id: str
    type: str
    appointment_id: str
    created_at: datetime
    delivered_at: datetime | None
    parked_at: datetime | None
    due_at: datetime | None
    attempts: tuple[AttemptOut, ...]

    @classmethod
    def of(cls, delivery: Delivery) -> MessageOut:
        """Return the message's answer."""
        return msgspec.convert(delivery, cls, from_attributes=True)


class EndpointsQuery(PageQuery, frozen=True, kw_only=True):
    """Which endpoints: that are told of an event, that are verified or not."""

    event: Annotated[str, shown(enum=[*EVENTS])] | None = None
    verified: bool | None = None

    def fits(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint is what the filters ask for."""
        told = self.event is None or self.event in endpoint.events
        return told and self.verified in {None, endpoint.verified_at is not None}


class DeletedOut(Struct, frozen=True, kw_only=True):
    """The id of what is gone."""

    deleted: str


class SecretOut(Struct, frozen=True, kw_only=True):
    """What signatures are verified with."""

    secret: str


class MessagesQuery(PageQuery, frozen=True, kw_only=True):
    """Which messages: all, or those that have not arrived."""

    unfinished: bool = False


class SentAgainOut(Struct, frozen=True, kw_only=True):
    """How many were sent again."""

    sent_again: int


@routes.get(ALL)
@door(answer=Page[EndpointOut], scope=Scope.WEBHOOKS_READ, query=EndpointsQuery)
async def listing(call: Call) -> Reply[Page[EndpointOut]]:
    """Answer a page of the endpoints that match, the oldest first."""
    query = call.asked(EndpointsQuery)
    listed = [one for one in await call.request.app[WEBHOOKS].list() if query.fits(one)]
    places, following = page_of([one.id for one in listed], query)
    items = tuple(EndpointOut.of(listed[place]) for place in places)
    return Reply(content=Page(items=items, next_cursor=following))


@routes.post(ALL)
@door(answer=EndpointOut, scope=Scope.WEBHOOKS_WRITE, body=EndpointIn, statuses=(201,), etag=True)
async def add(call: Call) -> Reply[EndpointOut]:
    """Register an endpoint."""
    body = call.read(EndpointIn)
    endpoint = await call.request.app[WEBHOOKS].add(
        url=body.url, events=body.events, description=body.description, by=call.by
    )
    return _reply(endpoint, status=201, location=f"{ALL}/{endpoint.id}")


@routes.get(ONE)
@door(answer=EndpointOut, scope=Scope.WEBHOOKS_READ, etag=True)
async def get(call: Call) -> Reply[EndpointOut]:
    """Answer one endpoint."""
    return _reply(await call.request.app[WEBHOOKS].get(_id(call)))


@routes.put(ONE)
@door(answer=EndpointOut, scope=Scope.WEBHOOKS_WRITE, body=EndpointIn, if_match=IfMatch.NEEDED, etag=True)
async def edit(call: Call) -> Reply[EndpointOut]:
    """Change an endpoint."""
    body = call.read(EndpointIn)
    endpoint = await call.request.app[WEBHOOKS].edit(
        _id(call),
        url=body.url,
        events=body.events,
        description=body.description,
        by=call.by,
        if_match=call.needed_if_match(),
    )
    return _reply(endpoint)


@routes.delete(ONE)
@door(answer=DeletedOut, scope=Scope.WEBHOOKS_WRITE)
async def remove(call: Call) -> Reply[DeletedOut]:
    """Delete an endpoint."""
    await call.request.app[WEBHOOKS].remove(_id(call), by=call.by)
    return Reply(content=DeletedOut(deleted=_id(call)))


@routes.get(ONE + "/secret")
@door(answer=SecretOut, scope=Scope.WEBHOOKS_WRITE, secret=True)
async def secret(call: Call) -> Reply[SecretOut]:
    """Answer the newest secret."""
    webhooks = call.request.app[WEBHOOKS]
    return Reply(content=SecretOut(secret=webhooks.secret(await webhooks.get(_id(call)))))


@routes.post(ONE + "/verify")
@door(
    answer=EndpointOut,
    scope=Scope.WEBHOOKS_WRITE,
    refusals=(ErrorCode.INVALID_REQUEST, ErrorCode.VERSION_CONFLICT),
    etag=True,
)
async def verify(call: Call) -> Reply[EndpointOut]:
    """Ask the endpoint for a challenge."""
    return _reply(await call.request.app[WEBHOOKS].verify(_id(call), by=call.by))


@routes.post(ONE + "/rotate")
@door(answer=EndpointOut, scope=Scope.WEBHOOKS_WRITE, etag=True)
async def rotate(call: Call) -> Reply[EndpointOut]:
    """Give the endpoint a new secret."""
    return _reply(await call.request.app[WEBHOOKS].rotate(_id(call), by=call.by))


@routes.post(ONE + "/disable")
@door(answer=EndpointOut, scope=Scope.WEBHOOKS_WRITE, etag=True)
async def disable(call: Call) -> Reply[EndpointOut]:
    """Tell the endpoint nothing any more."""
    return _reply(await call.request.app[WEBHOOKS].disable(_id(call), by=call.by))


@routes.post(ONE + "/enable")
@door(answer=EndpointOut, scope=Scope.WEBHOOKS_WRITE, etag=True)
async def enable(call: Call) -> Reply[EndpointOut]:
    """Tell the endpoint again."""
    return _reply(await call.request.app[WEBHOOKS].enable(_id(call), by=call.by))


@routes.get(ONE + "/messages")
@door(answer=Page[MessageOut], scope=Scope.WEBHOOKS_READ, query=MessagesQuery)
async def messages(call: Call) -> Reply[Page[MessageOut]]:
    """Answer a page of what an endpoint was told, the newest first."""
    query = call.asked(MessagesQuery)
    await call.request.app[WEBHOOKS].get(_id(call))
    try:
        found = await call.request.app[WEBHOOKS].deliveries(
            _id(call), unfinished=query.unfinished, before=query.after(), at_most=query.limit + 1
        )
    except NotFound as error:
        raise unknown_cursor() from error
    items = tuple(MessageOut.of(one) for one in found[: query.limit])
    following = encode_cursor(items[-1].id) if len(found) > query.limit else None
    return Reply(content=Page(items=items, next_cursor=following))


@routes.post(ONE + "/messages/resend")
@door(answer=SentAgainOut, scope=Scope.WEBHOOKS_WRITE, body=ResendIn)
async def resend(call: Call) -> Reply[SentAgainOut]:
    """Send messages again."""
    body = call.read(ResendIn)
    if body.parked == bool(body.messages):
        raise InvalidRequest(
            "What is to be sent again?", fields={"messages": "Their ids, or else `parked` as true."}
        )
    count = await call.request.app[WEBHOOKS].send_again(
        _id(call), None if body.parked else body.messages, by=call.by
    )
    return Reply(content=SentAgainOut(sent_again=count))


def _id(call: Call) -> str:
    return call.request.match_info["endpoint"]


def _reply(endpoint: Endpoint, *, status: int = 200, location: str | None = None) -> Reply[EndpointOut]:
    return Reply(content=EndpointOut.of(endpoint), status=status, version=endpoint.version, location=location)
