"""What the events that are no client's commands do to a room: arrivals, deadlines, the record's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from signaling.backlog import Backlog
from signaling.events import (
    Arrive,
    DeviceChanged,
    Due,
    EndRoom,
    Joined,
    Occupant,
    Opened,
    Revoke,
    SentToLobby,
    Snapshot,
)
from signaling.protocol import Bye, ByeAction, ByeReason, Grant, MediaChoice, RefusalCode, Refused, Stage
from signaling.results import NOTHING, Result
from signaling.stages import DUE_OFFLINE, DUE_PREPARING, REJOIN_MS
from signaling.state import BYE, BYE_ENDED, State, preparing_deadline

if TYPE_CHECKING:
    from collections.abc import Callable

_MOVED: Final = Bye(ByeAction.STOP, ByeReason.MOVED_DEVICE)
_IN_USE: Final = Bye(ByeAction.STOP, ByeReason.IN_USE)


def opened(state: State, at: int, event: Opened) -> Result:
    """Begin a log with what SQL knows. Who took which seat is not known: the first to come takes it."""
    if state.epoch:
        return NOTHING
    state.epoch = event.epoch
    state.ended = event.ended
    for one in event.restored:
        left = one.stage is Stage.LEFT
        state.occupants[one.participant.id] = Occupant(
            one.participant,
            one.stage,
            left_at=at if left else 0,
            how=(one.how or "left") if left else None,
        )
    return Result(dues=_preparing(state, at))


def restored(state: State, at: int, event: Snapshot) -> Result:
    """Take over a whole state; nothing to do where it has been built entry by entry."""
    if state.epoch:
        return NOTHING
    state.epoch = event.epoch
    state.ended = event.ended
    state.occupants = {one.participant.id: one for one in event.occupants}
    state.backlog = Backlog(event.kept, event.generations, event.trimmed)
    state.tail = 0
    return Result(dues=_preparing(state, at))


def _preparing(state: State, at: int) -> tuple[Any, ...]:
    return tuple(preparing_deadline(one, at) for one in state.present() if one.stage is Stage.PREPARING)


def arrive(state: State, at: int, event: Arrive) -> Result:
    """Give a participant's seat to the connection that said hello, or tell it why not.

    The same seat (a reload, a lost network) always takes over from its old socket. Another one (another
    browser) does so while waiting, and for whoever skips the lobby at any time: their sign-in says who they
    are.
    """
    if state.ended:
        return Result(((event.connection, BYE_ENDED),))
    who = event.participant
    before = state.occupants.get(who.id)
    if before is None or before.stage is Stage.LEFT:
        return _enter(state, at, event, before)
    moved = before.seat not in ("", event.seat)
    if moved and before.stage is not Stage.WAITING and Grant.SKIP_LOBBY not in who.grants:
        return Result(((event.connection, _IN_USE),))
    state.occupants[who.id] = replace(
        before,
        participant=who,
        seat=event.seat,
        connection=event.connection,
        arrivals=before.arrivals + 1,
        microphone=MediaChoice.NONE if moved else before.microphone,
        camera=MediaChoice.NONE if moved else before.camera,
    )
    superseded = ((before.connection, _MOVED),) if before.connection not in ("", event.connection) else ()
    fact = DeviceChanged(who.id) if moved else None
    return Result(superseded, fact=fact, changed=True, arrived=event.connection)


def _enter(state: State, at: int, event: Arrive, before: Occupant | None) -> Result:
    who = event.participant
    skips = Grant.SKIP_LOBBY in who.grants
    if before is not None:
        if before.how == "removed":
            return Result(((event.connection, BYE["removed"]),))
        # After a revocation the door has proved a new access; the rejoin time is for those who went.
        late = before.how != "revoked" and at - before.left_at > REJOIN_MS
        if late and not skips:
            refused = Refused(RefusalCode.REJOIN_EXPIRED)
            return Result(((event.connection, refused), (event.connection, BYE["left"])))
    stage = Stage.ADMITTED if skips else Stage.WAITING
    state.occupants[who.id] = Occupant(
        who,
        stage,
        event.seat,
        event.connection,
        arrivals=before.arrivals + 1 if before else 1,
        steps=before.steps + 1 if before else 0,
    )
    fact = Joined(who.id, tuple(sorted(who.grants)), stage)
    return Result(fact=fact, changed=True, arrived=event.connection)


def end_room(state: State, at: int, event: EndRoom) -> Result:  # noqa: ARG001 - one shape for all
    """End the room because the record says so."""
    return NOTHING if state.ended else state.end(at, by=None)


def revoke(state: State, at: int, event: Revoke) -> Result:
    """Let a participant be gone because the access is."""
    occupant = state.occupants.get(event.participant)
    if occupant is None or occupant.stage is Stage.LEFT:
        return NOTHING
    return state.depart(occupant, at, "revoked")


def due(state: State, at: int, event: Due) -> Result:
    """Let a deadline take effect, unless what it was set for has passed."""
    occupant = state.occupants.get(event.subject)
    if occupant is None or occupant.stage is Stage.LEFT:
        return NOTHING
    if event.kind == DUE_PREPARING and event.generation == occupant.steps:
        if occupant.stage is Stage.PREPARING:
            state.step(occupant, Stage.WAITING)
            return Result(fact=SentToLobby(event.subject), changed=True)
    elif event.kind == DUE_OFFLINE and event.generation == occupant.arrivals:
        return state.depart(occupant, at, "expired")
    return NOTHING


HAPPENINGS: Final[dict[Any, Callable[[State, int, Any], Result]]] = {
    Opened: opened,
    Snapshot: restored,
    Arrive: arrive,
    EndRoom: end_room,
    Revoke: revoke,
    Due: due,
}
"""What applies an event of each kind, at the log's time."""
