"""The servers over which browsers find a path, for as long as somebody is connected.

TURN credentials run out, and a call may outlast them. Nothing that flows breaks by that: an allocation is
refreshed under the user name it was made with (RFC 8656, 5 and 7.2), and coturn looks at the time in that
name only when it first meets the name on a socket; refreshing, binding channels and a new nonce are all
accepted later (a test asks it). What is *new* is refused from then on: a path that has to be mended after a
change of network, a page loaded again, a third person. So everybody is told new credentials long before the
old ones run out, and browsers take them for whatever they begin next. That is no reason to restart what
works: a fresh name does not fit an old allocation anyway. With a server that is stricter than coturn the path
breaks when its time is over, and mending it has fresh credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.codec import encode
from signaling.protocol import IceServers

if TYPE_CHECKING:
    from collections.abc import Callable

    from signaling.shapes import IceServer


class Relays:
    """What each participant may use. `servers` makes credentials that are new each time it is asked.

    `only`: media goes over a relay and no other way.
    """

    def __init__(self, servers: Callable[[str], tuple[IceServer, ...]], *, only: bool) -> None:
        self.only = only
        self._servers = servers

    def of(self, participant: str) -> tuple[IceServer, ...]:
        """Return what a participant may use from now on."""
        return self._servers(participant)

    def news(self, participant: str) -> bytes | None:
        """Return the frame that tells it again; None where nothing runs out."""
        servers = self._servers(participant)
        if not any(isinstance(one.credential, str) for one in servers):
            return None
        return encode(IceServers(servers))
