"""REST: the invitations.

POST /api/v1/appointments/{id}/join-links   the customer's link; the same until the appointment moves
POST /api/v1/appointments/{id}/tokens       a join token for embedding
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import ErrorCode
from vap_meet.web.api_door import Call, Reply, door
from vap_meet.web.api_types import JoinLinkIn, JoinLinkOut, TokenIn, TokenOut
from vap_meet.web.appkeys import JOINING, SETTINGS

routes = web.RouteTableDef()


@routes.post("/api/v1/appointments/{id}/join-links")
@door(
    answer=JoinLinkOut,
    scope=Scope.LINKS_WRITE,
    body=JoinLinkIn,
    refusals=(ErrorCode.LINK_CANCELLED, ErrorCode.LINK_OVER),
    secret=True,
)
async def join_link(call: Call) -> Reply[JoinLinkOut]:
    """Answer the participant's link."""
    body = call.read(JoinLinkIn)
    link = await call.request.app[JOINING].issue_link(call.appointment_id, body.participant, by=call.by)
    return Reply(
        content=JoinLinkOut(
            id=link.id,
            url=link.url,
            participant=link.participant_id,
            schedule_version=link.schedule_version,
            opens_at=link.opens_at,
            expires_at=link.expires_at,
        )
    )


@routes.post("/api/v1/appointments/{id}/tokens")
@door(
    answer=TokenOut,
    scope=Scope.LINKS_WRITE,
    body=TokenIn,
    statuses=(201,),
    refusals=(ErrorCode.LINK_CANCELLED, ErrorCode.LINK_OVER),
    secret=True,
)
async def token(call: Call) -> Reply[TokenOut]:
    """Mint a join token."""
    body = call.read(TokenIn)
    minted = await call.request.app[JOINING].mint_token(
        call.appointment_id, role=body.role, by=call.by, staff_id=body.staff_id
    )
    public_url = call.request.app[SETTINGS].public_url.rstrip("/")
    return Reply(content=TokenOut(token=minted, url=f"{public_url}/join#{minted}"), status=201)
