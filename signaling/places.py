"""How many a room takes, for whom a place is kept and for how long, and whom a lock keeps out.

Everybody talks with everybody directly, so every place costs all the others: a phone carries three of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signaling.protocol import Bye
from signaling.stages import (
    DUE_ABSENT,
    DUE_LOOKED,
    DUE_OFFLINE,
    KEPT_MS,
    LOOKED_MS,
    NEGOTIATING,
    OFFLINE_MS,
)
from signaling.views import is_host
from signaling.vocabulary import ByeAction, ByeReason, Grant, Stage

if TYPE_CHECKING:
    from signaling.events import Occupant, Participant
    from signaling.state import State

MAX_PRESENT: Final = 4
"""As many are in a room at once, those included who wait or have lost their connection.

Whoever only watches takes no place: they have one from when they take part in the call.
"""

MAX_GUESTS: Final = 2
"""As many of them may be neither hosts nor have a place kept for them: one place stays for a host."""

ROOM_FULL: Final = Bye(ByeAction.STOP, ByeReason.ROOM_FULL)
LOCKED: Final = Bye(ByeAction.STOP, ByeReason.LOCKED)


def turned_away(state: State, who: Participant, *, known: bool) -> Bye | None:
    """Return what somebody is told who may not enter now; None if they may.

    Whoever has a place kept for them always finds it, and who skips the lobby only watches at first. A lock
    keeps out those who are neither hosts nor `known` (have been here before).
    """
    if Grant.PLACE in who.grants:
        return None
    if state.locked and Grant.ADMIT not in who.grants and not known:
        return LOCKED
    watches = Grant.SKIP_LOBBY in who.grants
    return ROOM_FULL if not watches and is_full(state, who) else None


def is_full(state: State, who: Participant) -> bool:
    """Whether the others fill all places but the one that is kept, for somebody who has none yet."""
    others = [
        one.participant.grants
        for one in state.present()
        if one.stage is not Stage.WATCHING and Grant.PLACE not in one.participant.grants
    ]
    guests = sum(Grant.ADMIT not in grants for grants in others)
    return len(others) >= MAX_PRESENT - 1 or (Grant.ADMIT not in who.grants and guests >= MAX_GUESTS)


def absence(state: State, who: Occupant) -> tuple[str, int]:
    """Return which deadline somebody is under who has no connection, and after how long."""
    if who.stage is Stage.WAITING:
        return DUE_ABSENT, KEPT_MS if Grant.PLACE in who.participant.grants else OFFLINE_MS
    if who.stage is Stage.WATCHING:
        return DUE_LOOKED, LOOKED_MS
    called = (one.stage in NEGOTIATING or one.summoned_until for one in state.present() if not is_host(one))
    if is_host(who) and not any(called):
        return DUE_LOOKED, LOOKED_MS
    return DUE_OFFLINE, OFFLINE_MS


def is_gone(state: State, who: Occupant, due: str) -> bool:
    """Whether somebody has left when this deadline passes: theirs as it stands now, or a longer one."""
    kind, _ = absence(state, who)
    return due == kind or (due == DUE_OFFLINE and kind == DUE_LOOKED)
