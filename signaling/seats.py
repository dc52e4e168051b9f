"""A participant's one seat: which device holds it, and how another device comes to it.

While its holder waits, another device takes it at once. In the call the newcomer stands by without media
until whoever holds the seat, or a host, allows it. A link that was passed on takes nothing by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from signaling.events import Due, Newcomer
from signaling.facts import DeviceChanged
from signaling.protocol import Bye, StandBy
from signaling.results import Deadline, Delivery, Result
from signaling.stages import DUE_SEAT, SEAT_MS
from signaling.vocabulary import ByeAction, ByeReason, Grant, MediaChoice, Shows, Stage, Trouble

if TYPE_CHECKING:
    from signaling.events import Arrive, Occupant
    from signaling.state import State

MOVED: Final = Bye(ByeAction.STOP, ByeReason.MOVED_DEVICE)
IN_USE: Final = Bye(ByeAction.STOP, ByeReason.IN_USE)
_LEFT: Final = Bye(ByeAction.STOP, ByeReason.LEFT)


def come_back(state: State, at: int, event: Arrive, before: Occupant) -> Result:
    """Give the seat of a participant who is here to the connection that said hello, or let it ask.

    The same device (a reload, a lost network) always takes over from its old socket. Another one does so
    while waiting, and at any time if it has been proven to be theirs, as for whoever skips the lobby: their
    sign-in says who they are. A room opened from facts may not know the device: then the first to come has
    the seat.
    """
    if before.seat in ("", event.seat):
        arrived = replace(
            before,
            participant=event.participant,
            seat=event.seat,
            microphone=event.microphone or before.microphone,
            camera=event.camera or before.camera,
            shows=Shows.CAMERA,  # until it says otherwise
            trouble=Trouble.NONE,
            still=False,
        )
        superseded = _seated(state, arrived, event.connection)
        return Result(superseded, changed=True, arrived=event.connection)
    proven = event.seat == before.heir or Grant.SKIP_LOBBY in event.participant.grants
    if before.stage is Stage.WAITING or proven:
        moved = move(state, before, _newcomer(event, at))
        fact = DeviceChanged(event.participant.id, seat=event.seat)
        return Result(moved, fact=fact, changed=True, arrived=event.connection, moved=True)
    return _ask(state, at, event, before)


def move(state: State, before: Occupant, newcomer: Newcomer) -> tuple[Delivery, ...]:
    """Let another device have the seat; what has to be told to the one that had it, and to one that asked.

    Signals between the old device and the others mean nothing to the new one, which begins afresh.
    """
    asking = before.newcomer
    moved = replace(
        before,
        participant=newcomer.participant,
        seat=newcomer.seat,
        newcomer=None,
        heir="",
        microphone=newcomer.microphone,
        camera=newcomer.camera,
        shows=Shows.CAMERA,
        trouble=Trouble.NONE,
        still=False,
    )
    state.backlog.forget(moved.participant.id)
    told = _seated(state, moved, newcomer.connection)
    if asking is not None and asking.connection != newcomer.connection:
        told += ((asking.connection, MOVED if asking.seat == newcomer.seat else IN_USE),)
    return told


def hand_over(state: State, before: Occupant, seat: str) -> Result:
    """Let a device have the seat that was proven to be the participant's: now if it stands by, else soon.

    Until it comes the old one keeps the seat, for the new one may never get so far.
    """
    asking = before.newcomer
    if asking is None or asking.seat != seat:
        state.occupants[before.participant.id] = replace(before, heir=seat)
        return Result()
    told = move(state, before, asking)
    fact = DeviceChanged(before.participant.id, seat=seat)
    return Result(told, fact=fact, changed=True, arrived=asking.connection, moved=True)


def stay(state: State, before: Occupant) -> tuple[Delivery, ...]:
    """Leave the seat where it is; what is to be told to the device that asked for it."""
    asking = before.newcomer
    state.occupants[before.participant.id] = replace(before, newcomer=None)
    return () if asking is None else ((asking.connection, IN_USE),)


def withdraw(state: State, before: Occupant) -> tuple[Delivery, ...]:
    """Let the device that asked go again, at its own wish."""
    stay(state, before)
    return () if before.newcomer is None else ((before.newcomer.connection, _LEFT),)


def seat_deadline(occupant: Occupant) -> Deadline:
    """Return when a device that asks has asked for long enough."""
    assert occupant.newcomer is not None
    due = Due(DUE_SEAT, occupant.participant.id, occupant.questions)
    return Deadline(occupant.newcomer.asked_at + SEAT_MS, due)


def _seated(state: State, occupant: Occupant, connection: str) -> tuple[Delivery, ...]:
    old = occupant.connection
    state.occupants[occupant.participant.id] = replace(
        occupant, connection=connection, arrivals=occupant.arrivals + 1
    )
    return ((old, MOVED),) if old not in ("", connection) else ()


def _newcomer(event: Arrive, asked_at: int) -> Newcomer:
    microphone, camera = event.microphone or MediaChoice.NONE, event.camera or MediaChoice.NONE
    return Newcomer(event.participant, event.seat, event.connection, asked_at, microphone, camera)


def _ask(state: State, at: int, event: Arrive, before: Occupant) -> Result:
    """Let a device stand by while its participant is asked; one at a time, and the first one stands."""
    asking = before.newcomer
    if asking is not None and asking.seat != event.seat:
        return Result(((event.connection, IN_USE),))
    asked_at = asking.asked_at if asking is not None else at
    asks = replace(
        before,
        newcomer=_newcomer(event, asked_at),
        questions=before.questions + 1,
    )
    state.occupants[event.participant.id] = asks
    superseded = () if asking is None else ((asking.connection, MOVED),)
    stand_by = StandBy(state.seq, max(0, asked_at + SEAT_MS - at))
    told: tuple[Delivery, ...] = (*superseded, (event.connection, stand_by))
    return Result(told, dues=(seat_deadline(asks),), changed=asking is None)
