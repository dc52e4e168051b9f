"""REST: the agents, to read. Their ids are those that cases, sessions and join tokens name.

GET /api/v1/agents    ?active=true&q=part of a name&limit=50&cursor=...
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from msgspec import Struct

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import NotFound
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_pages import Page, PageQuery, encode_cursor, unknown_cursor
from vap_meet.web.appkeys import PUBLISHED_LISTS

if TYPE_CHECKING:
    from vap_meet.services.published_lists import Agent

routes = web.RouteTableDef()


class AgentsQuery(PageQuery, frozen=True, kw_only=True):
    """Which agents; `q` is part of a name in either language."""

    active: bool | None = None
    q: str | None = None


class AgentOut(Struct, frozen=True, kw_only=True):
    """An agent as the API shows them."""

    id: str
    name_ar: str
    name_en: str
    active: bool
    created_at: datetime

    @classmethod
    def of(cls, agent: Agent) -> AgentOut:
        """Return the agent's answer."""
        return msgspec.convert(agent, cls, from_attributes=True)


@routes.get("/api/v1/agents")
@door(answer=Page[AgentOut], scope=Scope.AGENTS_READ, query=AgentsQuery)
async def listing(call: Call) -> Reply[Page[AgentOut]]:
    """Answer a page of the agents that match, who came first first."""
    query = call.asked(AgentsQuery)
    try:
        found = await call.request.app[PUBLISHED_LISTS].agents(
            active=query.active, name=query.q, after=query.after(), at_most=query.limit + 1
        )
    except NotFound as error:
        raise unknown_cursor() from error
    items = tuple(map(AgentOut.of, found[: query.limit]))
    following = encode_cursor(items[-1].id) if len(found) > query.limit else None
    return Reply(content=Page(items=items, next_cursor=following))
