"""Who sees whom: the room as each participant may know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from signaling.shapes import ParticipantView, RoomView
from signaling.stages import IN_CALL
from signaling.vocabulary import Grant, Stage

if TYPE_CHECKING:
    from collections.abc import Container

    from signaling.backlog import Backlog
    from signaling.events import Occupant
    from signaling.state import State


def is_host(occupant: Occupant) -> bool:
    """Whether this is someone who may admit."""
    return Grant.ADMIT in occupant.participant.grants


def sees(viewer: Occupant, other: Occupant) -> bool:
    """Whether `viewer` may know of `other`.

    Everybody sees themselves and the hosts, a host sees everybody, and those in the call see each other.
    """
    if other is viewer or is_host(viewer) or is_host(other):
        return True
    return viewer.stage in IN_CALL and other.stage in IN_CALL


def room_view(viewer: str, state: State, *, online: Container[str]) -> RoomView:
    """Return the room as `viewer` may see it; a stranger sees nobody.

    Those who left stay in a host's view; of those who left, the others see only hosts.
    """
    me = state.occupants.get(viewer)
    if me is None:
        return RoomView(state.ended, ())
    hosts = is_host(me)
    seen = [one for one in state.occupants.values() if sees(me, one)]
    pinned = any(one.participant.id == state.pinned for one in seen)
    return RoomView(
        state.ended,
        tuple(_shown(viewer, one, state.backlog, online, hosts=hosts) for one in seen),
        locked=state.locked,
        pinned=state.pinned if pinned else UNSET,
    )


def _shown(
    viewer: str, one: Occupant, backlog: Backlog, online: Container[str], *, hosts: bool
) -> ParticipantView:
    name = one.participant.id
    own = name == viewer or hosts
    return ParticipantView(
        id=name,
        name=one.participant.name,
        stage=one.stage,
        online=one.stage is not Stage.LEFT and name in online,
        host=is_host(one),
        microphone=one.microphone,
        camera=one.camera,
        shows=one.shows,
        trouble=one.trouble,
        still=one.still,
        pc=0 if name == viewer else backlog.generation(viewer, name),
        device_asks=one.newcomer is not None and own,
        summoned_until=one.summoned_until if own else 0,
        minute_until=one.minute_until if own else 0,
        part=one.participant.part,
    )
