"""Who is connected to other nodes: leases, never logged. The log says who holds a seat, not who is there."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_NOBODY: frozenset[str] = frozenset()


def new_node() -> str:
    """Return a name for this process. A connection's id is ``<node>.<number>``."""
    return secrets.token_urlsafe(6)


class Presence(Protocol):
    """What the nodes know of each other's connections, and which rooms each of them hosts."""

    node: str

    def adopt(self, take: Callable[[str], None]) -> None:
        """Have `take` called with each room whose node died: this node is to host it now."""

    async def host(self, room: str, on_change: Callable[[], None]) -> None:
        """Say that this node hosts a room, and follow who is connected to it elsewhere.

        `on_change` is called when somebody elsewhere has gone, or their node has. Raises `LogUnavailable`.
        """

    def release(self, room: str) -> None:
        """Say that this node does not host a room any more."""

    def elsewhere(self, room: str) -> frozenset[str]:
        """Return the connections that other nodes have in a room hosted here, as far as is known."""

    def came(self, room: str, connection: str) -> None:
        """Note that a connection of this node has a seat."""

    def went(self, room: str, connection: str) -> None:
        """Note that a connection of this node has none any more."""

    def saw(self, room: str, connection: str) -> None:
        """Note that another node's connection has just taken a seat, as the log says."""


class MemoryPresence:
    """The `Presence` of a process that is alone."""

    def __init__(self) -> None:
        self.node = new_node()

    def adopt(self, take: Callable[[str], None]) -> None:
        """Nobody else can die."""

    async def host(self, room: str, on_change: Callable[[], None]) -> None:
        """Every room is hosted here."""

    def release(self, room: str) -> None:
        """Nobody asks who hosts it."""

    def elsewhere(self, room: str) -> frozenset[str]:  # noqa: ARG002 - there is no elsewhere
        """Return nobody."""
        return _NOBODY

    def came(self, room: str, connection: str) -> None:
        """Only this process asks, and it knows."""

    def went(self, room: str, connection: str) -> None:
        """Only this process asks, and it knows."""

    def saw(self, room: str, connection: str) -> None:
        """Nothing is elsewhere."""
