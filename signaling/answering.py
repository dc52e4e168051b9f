"""What a command is answered: an acknowledgement, or why it has no effect; and whom it addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.protocol import Ack, Refused
from signaling.results import Delivery, Result
from signaling.stages import IN_CALL, TOLD_IN
from signaling.vocabulary import RefusalCode, Stage

if TYPE_CHECKING:
    from signaling.events import Command, Occupant
    from signaling.state import State


def ack(event: Command, seq: int) -> tuple[Delivery, ...]:
    """Return the acknowledgement, if the command asked for one."""
    ref = event.message.ref
    return ((event.connection, Ack(ref, seq)),) if isinstance(ref, str) else ()


def refuse(event: Command, code: RefusalCode) -> Result:
    """Return the refusal; nothing changes."""
    return Result(((event.connection, Refused(code, event.message.ref)),))


def addressed(state: State, me: Occupant, participant: str) -> Occupant | RefusalCode:
    """Return whom a host addresses, or why they can't: who only watches has nothing to say in the call."""
    watches = me.stage is Stage.WATCHING
    if me.stage not in IN_CALL and not watches:
        return RefusalCode.NOT_ADMITTED
    target = state.occupants.get(participant)
    if target is None:
        return RefusalCode.NO_SUCH_PARTICIPANT
    if target.stage is Stage.LEFT:
        return RefusalCode.NOT_HERE
    if watches and target.stage not in TOLD_IN:
        return RefusalCode.NOT_ADMITTED
    return target
