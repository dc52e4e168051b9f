"""ICE servers for browsers, with time-limited TURN credentials.

The credentials are those of draft-uberti-behave-turn-rest-00, section 2.2, as coturn's `use-auth-secret`
checks them: the user name is `expiry:name`, the password Base64(HMAC-SHA1(secret, user name)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signaling.shapes import IceServer

if TYPE_CHECKING:
    from datetime import datetime

TURN_LIFETIME_S = 4 * 60 * 60
"""For how long credentials open something new. A call may well last longer (`signaling.relays`)."""


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """A user name and the password that goes with it."""

    username: str
    credential: str


def turn_credentials(secret: str, name: str, *, now_s: int, lifetime_s: int) -> TurnCredentials:
    """Return credentials that a TURN server with the same secret accepts until `now_s + lifetime_s`."""
    username = f"{now_s + lifetime_s}:{name}"
    # SHA-1 is what the draft and coturn use; as an HMAC it is not weakened by collisions.
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return TurnCredentials(username, base64.b64encode(digest).decode())


def ice_servers(
    participant: str,
    *,
    stun_urls: tuple[str, ...],
    turn_urls: tuple[str, ...],
    turn_secret: str | None,
    now: datetime,
    lifetime_s: int = TURN_LIFETIME_S,
) -> tuple[IceServer, ...]:
    """Return what one participant's browser may use to find a path.

    Raises `ValueError` if there are TURN servers and no secret for them.
    """
    stun = (IceServer(stun_urls),) if stun_urls else ()
    if not turn_urls:
        return stun
    if not turn_secret:
        raise ValueError("TURN servers need the secret they share with this service")
    made = turn_credentials(turn_secret, participant, now_s=int(now.timestamp()), lifetime_s=lifetime_s)
    return (*stun, IceServer(turn_urls, made.username, made.credential))
