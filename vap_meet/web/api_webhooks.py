"""REST: the endpoints that are told by webhook, and what they were told.

GET    /api/v1/webhook-endpoints                        all of them
POST   /api/v1/webhook-endpoints                        register one; it is told nothing until it is verified
GET    /api/v1/webhook-endpoints/{id}                   one; its version is the ETag
PUT    /api/v1/webhook-endpoints/{id}                   with If-Match, edit; a new address is verified anew
DELETE /api/v1/webhook-endpoints/{id}                   with what it was told
GET    /api/v1/webhook-endpoints/{id}/secret            the newest secret, to verify signatures with
POST   /api/v1/webhook-endpoints/{id}/verify            ask it for a challenge
POST   /api/v1/webhook-endpoints/{id}/rotate            a new secret; the old one signs too for a day
POST   /api/v1/webhook-endpoints/{id}/disable, /enable
GET    /api/v1/webhook-endpoints/{id}/messages          ?unfinished=true&before=msg_...: every attempt
POST   /api/v1/webhook-endpoints/{id}/messages/resend   some, or all that were given up
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web
from msgspec import Struct

from vap_meet.domain.errors import InvalidRequest
from vap_meet.services.webhooks import PAGE
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.appkeys import WEBHOOKS

if TYPE_CHECKING:
    from vap_meet.domain.webhooks import Endpoint
    from vap_meet.services.webhooks import Delivery

routes = web.RouteTableDef()

ALL = "/api/v1/webhook-endpoints"
ONE = ALL + "/{endpoint}"


class EndpointIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What an endpoint is: where, for which events, and a word for people."""

    url: str
    events: tuple[str, ...]
    description: str = ""


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


@routes.get(ALL)
@door()
async def list_all(call: Call) -> Reply:
    """Answer every endpoint."""
    endpoints = await call.request.app[WEBHOOKS].list()
    return Reply(content={"endpoints": [EndpointOut.of(one) for one in endpoints]})


@routes.post(ALL)
@door()
async def add(call: Call) -> Reply:
    """Register an endpoint."""
    body = call.read(EndpointIn)
    endpoint = await call.request.app[WEBHOOKS].add(
        url=body.url, events=body.events, description=body.description, by=call.by
    )
    return _reply(endpoint, status=201, location=f"{ALL}/{endpoint.id}")


@routes.get(ONE)
@door()
async def get(call: Call) -> Reply:
    """Answer one endpoint."""
    return _reply(await call.request.app[WEBHOOKS].get(_id(call)))


@routes.put(ONE)
@door()
async def edit(call: Call) -> Reply:
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
@door()
async def remove(call: Call) -> Reply:
    """Delete an endpoint."""
    await call.request.app[WEBHOOKS].remove(_id(call), by=call.by)
    return Reply(content={"deleted": _id(call)})


@routes.get(ONE + "/secret")
@door(secret=True)
async def secret(call: Call) -> Reply:
    """Answer the newest secret."""
    webhooks = call.request.app[WEBHOOKS]
    return Reply(content={"secret": webhooks.secret(await webhooks.get(_id(call)))})


@routes.post(ONE + "/verify")
@door()
async def verify(call: Call) -> Reply:
    """Ask the endpoint for a challenge."""
    return _reply(await call.request.app[WEBHOOKS].verify(_id(call), by=call.by))


@routes.post(ONE + "/rotate")
@door()
async def rotate(call: Call) -> Reply:
    """Give the endpoint a new secret."""
    return _reply(await call.request.app[WEBHOOKS].rotate(_id(call), by=call.by))


@routes.post(ONE + "/disable")
@door()
async def disable(call: Call) -> Reply:
    """Tell the endpoint nothing any more."""
    return _reply(await call.request.app[WEBHOOKS].disable(_id(call), by=call.by))


@routes.post(ONE + "/enable")
@door()
async def enable(call: Call) -> Reply:
    """Tell the endpoint again."""
    return _reply(await call.request.app[WEBHOOKS].enable(_id(call), by=call.by))


@routes.get(ONE + "/messages")
@door()
async def messages(call: Call) -> Reply:
    """Answer what the endpoint was told, the newest first; `next` is the `before` of the next page."""
    query = call.request.query
    unfinished = query.get("unfinished", "false")
    if unfinished not in {"true", "false"}:
        raise InvalidRequest("The list can't be narrowed so.", fields={"unfinished": "true or false."})
    found = await call.request.app[WEBHOOKS].deliveries(
        _id(call), unfinished=unfinished == "true", before=query.get("before"), at_most=PAGE
    )
    content: dict[str, Any] = {"messages": [MessageOut.of(one) for one in found]}
    content["next"] = found[-1].id if len(found) == PAGE else None
    return Reply(content=content)


@routes.post(ONE + "/messages/resend")
@door()
async def resend(call: Call) -> Reply:
    """Send messages again."""
    body = call.read(ResendIn)
    if body.parked == bool(body.messages):
        raise InvalidRequest(
            "What is to be sent again?", fields={"messages": "Their ids, or else `parked` as true."}
        )
    count = await call.request.app[WEBHOOKS].send_again(
        _id(call), None if body.parked else body.messages, by=call.by
    )
    return Reply(content={"sent_again": count})


def _id(call: Call) -> str:
    return call.request.match_info["endpoint"]


def _reply(endpoint: Endpoint, *, status: int = 200, location: str | None = None) -> Reply:
    return Reply(content=EndpointOut.of(endpoint), status=status, version=endpoint.version, location=location)
