"""Who is connected to an appointment's room right now; the record knows who came and who was sent away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.log import LogUnavailable

if TYPE_CHECKING:
    from signaling.hub import Hub


async def online(hub: Hub, room: str) -> frozenset[str] | None:
    """Return the participants who are connected; None while nobody can tell."""
    try:
        return await hub.who_is_online(room)
    except LogUnavailable:
        return None
