"""A room under test: entries made in order, by name, at a time that moves when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.events import Arrive, Command, Entry, Event, Opened, Participant
from signaling.protocol import Admit, ClientMessage, Hold, Join, Leave, Prepare
from signaling.room import Room
from signaling.vocabulary import Grant, Stage

if TYPE_CHECKING:
    from signaling.results import Result

START_MS = 1_750_000_000_000
EPOCH = "epoch-0001"
CUSTOMER = Participant("customer", "متعامل 1", frozenset({Grant.PUBLISH, Grant.CHAT, Grant.PLACE}))
GUEST = Participant("guest", "Guest 1", frozenset({Grant.PUBLISH, Grant.CHAT}), "interpreter")
HOST = frozenset(Grant) - {Grant.PLACE}
AGENT = Participant("staff.1", "Agent 1", HOST)
OTHER_AGENT = Participant("staff.2", "Agent 2", HOST)
BY_THE_LOBBY = tuple(one for one in Stage if one is not Stage.WATCHING)
"""The stages of whoever has to be admitted."""

LISTENER = Participant("listener", "Listener 1", frozenset({Grant.CHAT}))


class Play:
    """Appends to one room and keeps what came of it."""

    def __init__(self, *arriving: Participant) -> None:
        self.room = Room()
        self.entries: list[Entry] = []
        self.now = START_MS
        self.seats: dict[str, tuple[str, str]] = {}
        self.does(Opened(EPOCH, 1))
        for one in arriving:
            self.arrives(one)

    def does(self, event: Event) -> Result:
        entry = Entry(len(self.entries), self.now, event)
        self.entries.append(entry)
        return self.room.apply(entry)

    def arrives(self, who: Participant, seat="phone", connection=None) -> Result:
        connection = connection or f"{who.id}@{seat}"
        result = self.does(Arrive(who, f"{who.id}'s {seat}", connection))
        if result.arrived == connection:
            self.seats[who.id] = (seat, connection)
        return result

    def says(self, who: Participant, message: ClientMessage, connection=None) -> Result:
        seated = self.seats.get(who.id, ("", "nowhere"))[1]
        return self.does(Command(who.id, connection or seated, message))

    def brings(self, who: Participant, stage: Stage) -> None:
        """Bring someone who waits to a stage, by the agent."""
        steps = {
            Stage.WAITING: [],
            Stage.PREPARING: [Prepare(who.id)],
            Stage.ADMITTED: [Admit(who.id)],
            Stage.HELD: [Admit(who.id), Hold(who.id)],
        }
        for step in steps[stage]:
            assert self.says(AGENT, step).fact is not None
        assert self.stage(who) is stage

    def stage(self, who: Participant) -> Stage | None:
        occupant = self.room.occupant(who.id)
        return None if occupant is None else occupant.stage

    def waits(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

    def sees(self, who: Participant) -> dict[str, Stage]:
        return {one.id: one.stage for one in self.room.view(who.id, {"customer", "staff.1"}).participants}


def in_stage(stage: Stage) -> Play:
    """A room with an agent in the call and the customer in a stage."""
    play = Play(AGENT, CUSTOMER)
    play.says(AGENT, Join())
    if stage is Stage.LEFT:
        play.says(CUSTOMER, Leave())
    else:
        play.brings(CUSTOMER, stage)
    return play


def refusals(result: Result) -> list[str]:
    """The codes of the refusals in a result, with everything else being nothing."""
    return [message.code.value for _, message in result.deliveries if hasattr(message, "code")]
