"""What the events that are no client's commands do to a room: arrivals, deadlines, the record's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from signaling.backlog import Backlog
from signaling.events import Arrive, Due, EndRoom, HandOver, Occupant, Opened, Revoke, Snapshot
from signaling.facts import Joined, SentToLobby
from signaling.places import is_gone, turned_away
from signaling.protocol import Bye
from signaling.results import NOTHING, Deadline, Result
from signaling.seats import come_back, hand_over, seat_deadline, stay
from signaling.stages import DUE_PREPARING, DUE_SEAT, DUE_SUMMONED, REJOIN_MS, SUMMON_MS
from signaling.state import BYE, BYE_ENDED, State, preparing_deadline, summoned_deadline
from signaling.vocabulary import ByeAction, ByeReason, Grant, MediaChoice, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

_BYE_TOO_LATE: Final = Bye(ByeAction.STOP, ByeReason.TOO_LATE)


def opened(state: State, at: int, event: Opened) -> Result:
    """Begin a log with what SQL knows."""
    if state.epoch:
        return NOTHING
    state.epoch = event.epoch
    state.ended = event.ended
    state.locked = event.locked
    for one in event.restored:
        left = one.stage is Stage.LEFT
        state.occupants[one.participant.id] = Occupant(
            one.participant,
            one.stage,
            one.seat,
            left_at=at if left else 0,
            how=(one.how or "left") if left else None,
            summoned_until=at + SUMMON_MS if one.summoned and one.stage is Stage.WAITING else 0,
        )
    return Result(dues=_deadlines(state, at))


def restored(state: State, at: int, event: Snapshot) -> Result:
    """Take over a whole state; nothing to do where it has been built entry by entry."""
    if state.epoch:
        return NOTHING
    state.epoch = event.epoch
    state.ended = event.ended
    state.occupants = {one.participant.id: one for one in event.occupants}
    state.backlog = Backlog(event.kept, event.generations, event.trimmed)
    state.locked, state.pinned = event.locked, event.pinned
    state.tail = 0
    return Result(dues=_deadlines(state, at))


def _deadlines(state: State, at: int) -> tuple[Deadline, ...]:
    here = state.present()
    preparing = tuple(preparing_deadline(one, at) for one in here if one.stage is Stage.PREPARING)
    summoned = tuple(summoned_deadline(one) for one in here if one.summoned_until)
    return preparing + summoned + tuple(seat_deadline(one) for one in here if one.newcomer is not None)


def arrive(state: State, at: int, event: Arrive) -> Result:
    """Give a participant's seat to the connection that said hello, or tell it why not."""
    if state.ended:
        return Result(((event.connection, BYE_ENDED),))
    before = state.occupants.get(event.participant.id)
    if before is None or before.stage is Stage.LEFT:
        return _enter(state, at, event, before)
    return come_back(state, at, event, before)


def _enter(state: State, at: int, event: Arrive, before: Occupant | None) -> Result:
    who = event.participant
    skips = Grant.SKIP_LOBBY in who.grants
    if before is not None:
        if before.how == "removed":
            return Result(((event.connection, BYE["removed"]),))
        # After a revocation the door has proved a new access, and who has no place kept for them only gave it
        # up while they were away; the rejoin time is for those who went.
        stays = before.how == "revoked" or (before.how == "expired" and Grant.PLACE not in who.grants)
        if at - before.left_at > REJOIN_MS and not stays and not skips:
            return Result(((event.connection, _BYE_TOO_LATE),))
    bye = turned_away(state, who, known=before is not None)
    if bye is not None:
        return Result(((event.connection, bye),))
    stage = Stage.WATCHING if skips else Stage.WAITING
    state.occupants[who.id] = Occupant(
        who,
        stage,
        event.seat,
        event.connection,
        arrivals=before.arrivals + 1 if before else 1,
        steps=before.steps + 1 if before else 0,
        microphone=event.microphone or MediaChoice.NONE,
        camera=event.camera or MediaChoice.NONE,
        questions=before.questions if before else 0,
    )
    fact = Joined(who.id, tuple(sorted(who.grants)), stage, event.seat)
    moved = before is not None and before.seat != event.seat
    return Result(fact=fact, changed=True, arrived=event.connection, moved=moved)


def end_room(state: State, at: int, event: EndRoom) -> Result:  # noqa: ARG001 - one shape for all
    """End the room because the record says so."""
    return NOTHING if state.ended else state.end(at, by=None)


def revoke(state: State, at: int, event: Revoke) -> Result:
    """Let a participant be gone because the access is."""
    occupant = state.occupants.get(event.participant)
    if occupant is None or occupant.stage is Stage.LEFT or event.seat not in (None, occupant.seat):
        return NOTHING
    return state.depart(occupant, at, "revoked")


def prove(state: State, at: int, event: HandOver) -> Result:  # noqa: ARG001 - one shape for all
    """Let a device have a participant's seat because it has been proven to be theirs."""
    occupant = state.occupants.get(event.participant)
    if state.ended or occupant is None or occupant.stage is Stage.LEFT or event.seat == occupant.seat:
        return NOTHING
    return hand_over(state, occupant, event.seat)


def due(state: State, at: int, event: Due) -> Result:
    """Let a deadline take effect, unless what it was set for has passed."""
    occupant = state.occupants.get(event.subject)
    if occupant is None or occupant.stage is Stage.LEFT:
        return NOTHING
    if event.kind in (DUE_PREPARING, DUE_SUMMONED) and event.generation == occupant.steps:
        if occupant.stage is Stage.PREPARING or occupant.summoned_until:
            state.step(occupant, Stage.WAITING)
            return Result(fact=SentToLobby(event.subject), changed=True)
    elif event.generation == occupant.arrivals and is_gone(state, occupant, event.kind):
        return state.depart(occupant, at, "expired")
    elif event.kind == DUE_SEAT and event.generation == occupant.questions and occupant.newcomer is not None:
        return Result(stay(state, occupant), changed=True)
    return NOTHING


HAPPENINGS: Final[dict[Any, Callable[[State, int, Any], Result]]] = {
    Opened: opened,
    Snapshot: restored,
    Arrive: arrive,
    EndRoom: end_room,
    Revoke: revoke,
    HandOver: prove,
    Due: due,
}
"""What applies an event of each kind, at the log's time."""
