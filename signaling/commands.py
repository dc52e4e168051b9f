"""What each command of a client does to a room, or why it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from signaling.answering import ack, addressed, refuse
from signaling.backlog import ENTRY_CHARS
from signaling.calling import join, minute, summon, tell
from signaling.events import Command, Kept, Occupant
from signaling.facts import Admitted, DeviceChanged, Fact, Held, Locked, Prepared, SentToLobby, Unlocked
from signaling.places import is_full
from signaling.protocol import (
    Admit,
    Answer,
    AnswerFrom,
    Candidate,
    CandidateFrom,
    Chat,
    ChatFrom,
    End,
    Hold,
    Join,
    Leave,
    Lobby,
    Lock,
    Media,
    Offer,
    OfferFrom,
    Pin,
    Prepare,
    Remove,
    Seat,
)
from signaling.results import NOTHING, Result
from signaling.seats import move, stay, withdraw
from signaling.shapes import ChatLine
from signaling.stages import IN_CALL, NEEDED_GRANT, NEGOTIATING, STEPS
from signaling.state import BYE_ENDED, State, preparing_deadline
from signaling.views import sees
from signaling.vocabulary import Grant, RefusalCode, Stage
from signaling.waiting import Minute, Summon, Tell


def command(state: State, at: int, event: Command) -> Result:
    """Apply a client's command; whoever no longer holds the seat has had a bye and gets nothing."""
    me = state.occupants.get(event.by)
    if me is None:
        return NOTHING
    if me.connection != event.connection:
        asks = me.newcomer is not None and me.newcomer.connection == event.connection
        return _by_newcomer(state, event, me) if asks else NOTHING
    message = event.message
    needed, handle = _COMMANDS[type(message)]
    if needed is not None and needed not in me.participant.grants:
        return refuse(event, RefusalCode.NOT_GRANTED)
    return handle(state, at, event, me, message)


def _signal(
    state: State,
    at: int,  # noqa: ARG001 - one shape for all
    event: Command,
    me: Occupant,
    message: Offer | Answer | Candidate,
) -> Result:
    by, to, pc, seq = event.by, message.to, message.pc, state.seq
    peer = state.occupants.get(to)
    if peer is None or me.stage is not Stage.ADMITTED or peer.stage is not Stage.ADMITTED or peer is me:
        code = _why_not(me, peer)
        if code is not None:
            return refuse(event, code)
    assert peer is not None
    if Grant.PUBLISH not in peer.participant.grants:
        return refuse(event, RefusalCode.NOT_HERE)
    backlog = state.backlog
    now = backlog.generation(by, to)
    if pc != now:
        # Only an offer begins a generation; anything else from another one has been overtaken.
        if pc < now or type(message) is not Offer:
            return refuse(event, RefusalCode.STALE_PC)
        backlog.raise_generation(by, to, pc)
    told: OfferFrom | AnswerFrom | CandidateFrom
    if type(message) is Candidate:
        told = CandidateFrom(
            seq,
            by,
            pc,
            message.candidate,
            message.sdp_mid,
            message.sdp_m_line_index,
            message.username_fragment,
        )
        size = ENTRY_CHARS + len(message.candidate)
    elif type(message) is Offer:
        told = OfferFrom(seq, by, pc, message.sdp)
        size = ENTRY_CHARS + len(message.sdp)
    else:
        told = AnswerFrom(seq, by, pc, message.sdp)  # type: ignore[union-attr]
        size = ENTRY_CHARS + len(message.sdp)  # type: ignore[union-attr]
    state.tail_size += size
    backlog.keep(Kept(seq, (to,), told, size))
    if message.ref is UNSET:
        return Result(((peer.connection, told),))
    return Result(((peer.connection, told),), ack(event, seq))


def _why_not(me: Occupant, peer: Occupant | None) -> RefusalCode | None:
    """Return why these two may not negotiate, if so."""
    if me.stage not in NEGOTIATING:
        return RefusalCode.NOT_ADMITTED
    if peer is None or peer is me or not sees(me, peer):
        return RefusalCode.NO_SUCH_PARTICIPANT
    return None if peer.stage in NEGOTIATING else RefusalCode.NOT_HERE


def _chat(state: State, at: int, event: Command, me: Occupant, message: Chat) -> Result:
    if me.stage not in IN_CALL:
        return refuse(event, RefusalCode.NOT_ADMITTED)
    said = state.backlog.said(event.by, message.id)
    if said is not None:
        return Result(replies=ack(event, said))
    present = [one for one in state.occupants.values() if one.stage in IN_CALL]
    told = ChatFrom(ChatLine(state.seq, at, event.by, message.id, message.text))
    size = ENTRY_CHARS + len(message.text)
    state.tail_size += size
    state.backlog.keep(Kept(state.seq, tuple(one.participant.id for one in present), told, size))
    return Result(tuple((one.connection, told) for one in present), ack(event, state.seq))


def _media(state: State, at: int, event: Command, me: Occupant, message: Media) -> Result:  # noqa: ARG001
    chosen = replace(
        me,
        microphone=message.microphone,
        camera=message.camera,
        shows=message.shows,
        trouble=message.trouble,
        still=message.still,
    )
    state.occupants[event.by] = chosen
    return Result(replies=ack(event, state.seq), changed=chosen != me)


def _step(
    state: State,
    at: int,
    event: Command,
    me: Occupant,
    message: Prepare | Admit | Hold | Lobby | Remove,
) -> Result:
    target = addressed(state, me, message.participant)
    if isinstance(target, RefusalCode):
        return refuse(event, target)
    to = STEPS.get((target.stage, type(message)))
    if to is None or target is me:  # nobody steps themselves: a host who goes away leaves
        return refuse(event, RefusalCode.WRONG_STAGE)
    if to is Stage.ADMITTED and at < target.minute_until:
        return refuse(event, RefusalCode.NOT_YET)
    begins = me.stage is Stage.WATCHING and to in NEGOTIATING
    if begins and is_full(state, me.participant):
        return refuse(event, RefusalCode.ROOM_FULL)
    if to is Stage.LEFT:
        gone = state.depart(target, at, "removed", by=event.by)
        return replace(gone, replies=ack(event, state.seq))
    if begins:  # in the same entry: the offer may come right behind it
        state.step(me, Stage.ADMITTED)
    moved = state.step(target, to)
    return Result(
        replies=ack(event, state.seq),
        fact=_STEP_FACTS[to](message.participant, event.by),
        dues=(preparing_deadline(moved, at),) if to is Stage.PREPARING else (),
        changed=True,
    )


def _seat(state: State, at: int, event: Command, me: Occupant, message: Seat) -> Result:  # noqa: ARG001
    """Let the holder of a seat, or a host, answer the device that asks for it."""
    if message.participant != event.by:
        if Grant.ADMIT not in me.participant.grants:
            return refuse(event, RefusalCode.NOT_GRANTED)
        if me.stage not in IN_CALL:
            return refuse(event, RefusalCode.NOT_ADMITTED)
    target = state.occupants.get(message.participant)
    if target is None:
        return refuse(event, RefusalCode.NO_SUCH_PARTICIPANT)
    newcomer = target.newcomer
    if newcomer is None:
        return refuse(event, RefusalCode.NOBODY_ASKS)
    acked = ack(event, state.seq)
    if not message.allow:
        return Result(stay(state, target), acked, changed=True)
    told = move(state, target, newcomer)
    own = tuple(one for one in told if one[0] == event.connection)  # behind the ack, as in leaving
    return Result(
        tuple(one for one in told if one not in own),
        (*acked, *own),
        fact=DeviceChanged(message.participant, event.by, newcomer.seat),
        changed=True,
        arrived=newcomer.connection,
        moved=True,
    )


def _lock(state: State, at: int, event: Command, me: Occupant, message: Lock) -> Result:  # noqa: ARG001
    if me.stage not in IN_CALL:
        return refuse(event, RefusalCode.NOT_ADMITTED)
    acked = ack(event, state.seq)
    if message.locked == state.locked:
        return Result(replies=acked)
    state.locked = message.locked
    return Result(
        replies=acked, fact=Locked(event.by) if message.locked else Unlocked(event.by), changed=True
    )


def _pin(state: State, at: int, event: Command, me: Occupant, message: Pin) -> Result:  # noqa: ARG001
    """Have somebody seen large: a view for the moment, and no fact."""
    if me.stage not in IN_CALL:
        return refuse(event, RefusalCode.NOT_ADMITTED)
    target = state.occupants.get(message.participant)
    if target is None:
        return refuse(event, RefusalCode.NO_SUCH_PARTICIPANT)
    if message.on and target.stage not in IN_CALL:
        return refuse(event, RefusalCode.NOT_HERE)
    before = state.pinned
    if message.on:
        state.pinned = message.participant
    else:
        state.unpin(message.participant)
    return Result(replies=ack(event, state.seq), changed=state.pinned != before)


def _by_newcomer(state: State, event: Command, me: Occupant) -> Result:
    """Take what a device may say that only asks for the seat: that it goes again."""
    if type(event.message) is not Leave:
        return refuse(event, RefusalCode.NOT_ADMITTED)
    return Result(replies=(*ack(event, state.seq), *withdraw(state, me)), changed=True)


def _leave(state: State, at: int, event: Command, me: Occupant, message: Leave) -> Result:  # noqa: ARG001
    gone = state.depart(me, at, "left")
    own = tuple(one for one in gone.deliveries if one[0] == event.connection)
    others = tuple(one for one in gone.deliveries if one not in own)
    return replace(gone, deliveries=others, replies=(*ack(event, state.seq), *own))


def _end(state: State, at: int, event: Command, me: Occupant, message: End) -> Result:  # noqa: ARG001
    """End the room, also without a call that anybody is in."""
    nobody = not any(one.stage in IN_CALL for one in state.occupants.values())
    if me.stage not in IN_CALL and not (me.stage is Stage.WATCHING and nobody):
        return refuse(event, RefusalCode.NOT_ADMITTED)
    return state.end(at, event.by, (*ack(event, state.seq), (event.connection, BYE_ENDED)))


_STEP_FACTS: Final[dict[Stage, Callable[[str, str], Fact]]] = {
    Stage.PREPARING: Prepared,
    Stage.ADMITTED: Admitted,
    Stage.HELD: Held,
    Stage.WAITING: SentToLobby,
}
_Handler = Callable[[State, int, Command, Occupant, Any], Result]
_HANDLERS: Final[dict[Any, _Handler]] = {
    Offer: _signal,
    Answer: _signal,
    Candidate: _signal,
    Chat: _chat,
    Media: _media,
    Prepare: _step,
    Admit: _step,
    Hold: _step,
    Lobby: _step,
    Remove: _step,
    Summon: summon,
    Minute: minute,
    Tell: tell,
    Seat: _seat,
    Lock: _lock,
    Pin: _pin,
    Join: join,
    Leave: _leave,
    End: _end,
}
_COMMANDS: Final[dict[Any, tuple[Grant | None, _Handler]]] = {
    kind: (NEEDED_GRANT.get(kind), handle) for kind, handle in _HANDLERS.items()
}
