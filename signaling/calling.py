"""On the way into the call: somebody is summoned, asks for a minute, is told something; who watched joins.

A summons stands beside the stage, as being online does: whoever is summoned waits, wherever they are, keeps
their place, and is in line again if they have not been called in when it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from signaling.answering import ack, addressed, refuse
from signaling.backlog import ENTRY_CHARS
from signaling.events import Kept
from signaling.facts import Joined, Messaged, Summoned
from signaling.places import is_full
from signaling.protocol import ChatFrom
from signaling.results import Result
from signaling.shapes import ChatLine
from signaling.stages import (
    IN_CALL,
    MINUTE_MS,
    MOST_TOLD,
    PREPARING_MS,
    SUMMON_MS,
    TELL_EVERY_MS,
    TOLD_IN,
)
from signaling.state import State, preparing_deadline, summoned_deadline
from signaling.views import is_host
from signaling.vocabulary import RefusalCode, Stage

if TYPE_CHECKING:
    from signaling.events import Command, Occupant
    from signaling.protocol import Join
    from signaling.waiting import Minute, Summon, Tell

_HEARING = IN_CALL | {Stage.WATCHING}


def join(state: State, at: int, event: Command, me: Occupant, message: Join) -> Result:  # noqa: ARG001
    """Let somebody take part in the call whom nobody has to admit; who does already is told so."""
    acked = ack(event, state.seq)
    if me.stage in IN_CALL:
        return Result(replies=acked)
    if me.stage is not Stage.WATCHING:
        return refuse(event, RefusalCode.WRONG_STAGE)
    if is_full(state, me.participant):
        return refuse(event, RefusalCode.ROOM_FULL)
    state.step(me, Stage.ADMITTED)
    fact = Joined(event.by, tuple(sorted(me.participant.grants)), Stage.ADMITTED, me.seat)
    return Result(replies=acked, fact=fact, changed=True)


def summon(state: State, at: int, event: Command, me: Occupant, message: Summon) -> Result:
    """Call in whoever waits, there or not; once until it ends."""
    target = addressed(state, me, message.participant)
    if isinstance(target, RefusalCode):
        return refuse(event, target)
    if target.stage is not Stage.WAITING or target.summoned_until:
        return refuse(event, RefusalCode.WRONG_STAGE)
    called = replace(target, summoned_until=at + SUMMON_MS, steps=target.steps + 1)
    state.occupants[message.participant] = called
    return Result(
        replies=ack(event, state.seq),
        fact=Summoned(message.participant, event.by),
        dues=(summoned_deadline(called),),
        changed=True,
    )


def minute(state: State, at: int, event: Command, me: Occupant, message: Minute) -> Result:
    """Give the sender a minute before they are admitted, or end it."""
    called = me.stage is Stage.PREPARING or me.summoned_until > 0
    # One is asked for once a call; only one that was asked for can end.
    if not called or message.wanted == (me.minute_until > 0):
        return refuse(event, RefusalCode.WRONG_STAGE)
    if not message.wanted:
        state.occupants[event.by] = replace(me, minute_until=min(at, me.minute_until))
        return Result(replies=ack(event, state.seq), changed=True)
    until = at + MINUTE_MS
    asked = replace(me, minute_until=until, steps=me.steps + 1)
    if me.stage is Stage.WAITING:
        asked = replace(asked, summoned_until=max(me.summoned_until, until + PREPARING_MS))
    state.occupants[event.by] = asked
    due = preparing_deadline(asked, at) if me.stage is Stage.PREPARING else summoned_deadline(asked)
    return Result(replies=ack(event, state.seq), dues=(due,), changed=True)


def tell(state: State, at: int, event: Command, me: Occupant, message: Tell) -> Result:
    """Say a line to one who waits; the hosts who are there are told it too."""
    target = addressed(state, me, message.participant)
    if isinstance(target, RefusalCode):
        return refuse(event, target)
    if target.stage not in TOLD_IN:
        return refuse(event, RefusalCode.WRONG_STAGE)
    said = state.backlog.said(event.by, message.id)
    if said is not None:
        return Result(replies=ack(event, said))
    if target.told >= MOST_TOLD or (target.told and at < target.told_at + TELL_EVERY_MS):
        return refuse(event, RefusalCode.RATE_LIMITED)
    state.occupants[message.participant] = replace(target, told=target.told + 1, told_at=at)
    hearing = [target, *(one for one in state.present() if one.stage in _HEARING and is_host(one))]
    told = ChatFrom(ChatLine(state.seq, at, event.by, message.id, message.text, message.sentence))
    size = ENTRY_CHARS + len(message.text)
    state.tail_size += size
    state.backlog.keep(Kept(state.seq, tuple(one.participant.id for one in hearing), told, size))
    sentence = message.sentence if message.sentence is not UNSET else None
    return Result(
        tuple((one.connection, told) for one in hearing),
        ack(event, state.seq),
        fact=Messaged(message.participant, event.by, sentence),
    )
