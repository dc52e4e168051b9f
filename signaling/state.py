"""A room's state and the moves within it, which events and commands share."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from signaling.backlog import Backlog
from signaling.events import Due, Occupant
from signaling.facts import Ended, HowLeft, Left
from signaling.protocol import Bye
from signaling.results import Deadline, Delivery, Result
from signaling.stages import DUE_PREPARING, DUE_SUMMONED, PREPARING_MS
from signaling.vocabulary import ByeAction, ByeReason, Stage

BYE: Final[dict[HowLeft, Bye]] = {
    "left": Bye(ByeAction.STOP, ByeReason.LEFT),
    "removed": Bye(ByeAction.STOP, ByeReason.REMOVED),
    "revoked": Bye(ByeAction.STOP, ByeReason.REVOKED),
    "expired": Bye(ByeAction.STOP, ByeReason.LEFT),
}
BYE_ENDED: Final = Bye(ByeAction.STOP, ByeReason.ENDED)


class State:
    """Who is where, what may have to be told again, and where the log stands."""

    __slots__ = ("backlog", "ended", "epoch", "locked", "occupants", "pinned", "seq", "tail", "tail_size")

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = -1
        self.ended = False
        self.locked = False
        self.pinned = ""  # whom everybody is to see large
        self.tail = 0  # entries behind the snapshot, and the size of their signals
        self.tail_size = 0
        self.occupants: dict[str, Occupant] = {}
        self.backlog = Backlog()

    def present(self) -> list[Occupant]:
        """Return all who have not left."""
        return [one for one in self.occupants.values() if one.stage is not Stage.LEFT]

    def step(self, occupant: Occupant, to: Stage) -> Occupant:
        """Move a participant to another stage; older deadlines of being called become stale."""
        minute_until = occupant.minute_until if to is Stage.PREPARING else 0
        moved = replace(
            occupant, stage=to, steps=occupant.steps + 1, summoned_until=0, minute_until=minute_until
        )
        self.occupants[occupant.participant.id] = moved
        if to is Stage.WAITING:
            self.unpin(occupant.participant.id)
            self.backlog.forget(occupant.participant.id)
        return moved

    def unpin(self, participant: str) -> None:
        """Have nobody seen large if it was this participant, who goes out of sight."""
        if self.pinned == participant:
            self.pinned = ""

    def depart(self, occupant: Occupant, at: int, how: HowLeft, by: str | None = None) -> Result:
        """Let a participant be gone; the bye is among the deliveries."""
        name = occupant.participant.id
        self.occupants[name] = _gone(occupant, at, how)
        self.unpin(name)
        self.backlog.forget(name)
        told = tuple((one, BYE[how]) for one in connections_of(occupant))
        return Result(told, fact=Left(name, how, by), changed=True)

    def end(self, at: int, by: str | None, replies: tuple[Delivery, ...] = ()) -> Result:
        """End the room: everybody is gone, for good; `by` hears of it in `replies`."""
        self.ended = True
        told: list[Delivery] = []
        for one in self.present():
            name = one.participant.id
            told += [
                (connection, BYE_ENDED)
                for connection in connections_of(one)
                if name != by or connection != one.connection
            ]
            self.occupants[name] = _gone(one, at, "left")
        self.backlog = Backlog(trimmed=self.seq)
        return Result(tuple(told), replies, fact=Ended(by), changed=True)


def preparing_deadline(occupant: Occupant, at: int) -> Deadline:
    """Return when a participant in PREPARING goes back to waiting."""
    since = max(at, occupant.minute_until)
    return Deadline(since + PREPARING_MS, Due(DUE_PREPARING, occupant.participant.id, occupant.steps))


def summoned_deadline(occupant: Occupant) -> Deadline:
    """Return when a summoned participant is back in line."""
    return Deadline(occupant.summoned_until, Due(DUE_SUMMONED, occupant.participant.id, occupant.steps))


def connections_of(occupant: Occupant) -> tuple[str, ...]:
    """Return where a participant listens: the seat's connection, and that of a device that asks for it."""
    asking = occupant.newcomer.connection if occupant.newcomer is not None else ""
    return tuple(one for one in (occupant.connection, asking) if one)


def _gone(occupant: Occupant, at: int, how: HowLeft) -> Occupant:
    return replace(
        occupant,
        stage=Stage.LEFT,
        connection="",
        newcomer=None,
        left_at=at,
        how=how,
        steps=occupant.steps + 1,
        summoned_until=0,
        minute_until=0,
    )
