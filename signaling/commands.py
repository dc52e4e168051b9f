"""What each command of a client does to a room, or why it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from signaling.backlog import size_of
from signaling.events import Admitted, Command, Fact, Held, Kept, Occupant, Prepared, SentToLobby
from signaling.protocol import (
    Ack,
    Admit,
    Answer,
    AnswerFrom,
    Candidate,
    CandidateFrom,
    Chat,
    ChatFrom,
    ChatLine,
    End,
    Grant,
    Hold,
    Leave,
    Lobby,
    Media,
    Offer,
    OfferFrom,
    Prepare,
    RefusalCode,
    Refused,
    Remove,
    Stage,
)
from signaling.results import NOTHING, Delivery, Result
from signaling.stages import IN_CALL, NEEDED_GRANT, NEGOTIATING, STEPS
from signaling.state import BYE_ENDED, State, preparing_deadline
from signaling.views import sees

if TYPE_CHECKING:
    from collections.abc import Callable


def command(state: State, at: int, event: Command) -> Result:
    """Apply a client's command; whoever no longer holds the seat has had a bye and gets nothing."""
    me = state.occupants.get(event.by)
    if me is None or me.connection != event.connection:
        return NOTHING
    kind = type(event.message)
    needed = NEEDED_GRANT.get(kind)
    if needed is not None and needed not in me.participant.grants:
        return _refuse(event, RefusalCode.NOT_GRANTED)
    return _COMMANDS[kind](state, at, event, me, event.message)


def told(seq: int, by: str, message: Offer | Answer | Candidate) -> OfferFrom | AnswerFrom | CandidateFrom:
    """Return a signal as its addressee is told."""
    if type(message) is Candidate:
        return CandidateFrom(
            seq,
            by,
            message.pc,
            message.candidate,
            message.sdp_mid,
            message.sdp_m_line_index,
            message.username_fragment,
        )
    shape = OfferFrom if type(message) is Offer else AnswerFrom
    return shape(seq, by, message.pc, message.sdp)  # type: ignore[union-attr]


def _signal(
    state: State, at: int, event: Command, me: Occupant, message: Offer | Answer | Candidate
) -> Result:
    if me.stage not in NEGOTIATING:
        return _refuse(event, RefusalCode.NOT_ADMITTED)
    to = message.to
    peer = state.occupants.get(to)
    if peer is None or peer is me or not sees(me, peer):
        return _refuse(event, RefusalCode.NO_SUCH_PARTICIPANT)
    if peer.stage not in NEGOTIATING or Grant.PUBLISH not in peer.participant.grants:
        return _refuse(event, RefusalCode.NOT_HERE)
    by = event.by
    backlog = state.backlog
    pc = message.pc
    now = backlog.generation(by, to)
    if pc != now:
        # Only an offer begins a generation; anything else from another one has been overtaken.
        if pc < now or type(message) is not Offer:
            return _refuse(event, RefusalCode.STALE_PC)
        backlog.raise_generation(by, to, pc)
    size = size_of(message)
    state.tail_size += size
    backlog.keep(Kept(state.seq, at, by, (to,), message, size))
    delivery = ((peer.connection, told(state.seq, by, message)),)
    if message.ref is UNSET:
        return Result(delivery)
    return Result(delivery, _ack(event, state.seq))


def _chat(state: State, at: int, event: Command, me: Occupant, message: Chat) -> Result:
    if me.stage not in IN_CALL:
        return _refuse(event, RefusalCode.NOT_ADMITTED)
    said = state.backlog.said(event.by, message.id)
    if said is not None:
        return Result(replies=_ack(event, said))
    present = [one for one in state.occupants.values() if one.stage in IN_CALL]
    size = size_of(message)
    state.tail_size += size
    to = tuple(one.participant.id for one in present)
    state.backlog.keep(Kept(state.seq, at, event.by, to, message, size))
    line = ChatFrom(ChatLine(state.seq, at, event.by, message.id, message.text))
    return Result(tuple((one.connection, line) for one in present), _ack(event, state.seq))


def _media(state: State, at: int, event: Command, me: Occupant, message: Media) -> Result:  # noqa: ARG001
    chosen = replace(me, microphone=message.microphone, camera=message.camera)
    state.occupants[event.by] = chosen
    return Result(replies=_ack(event, state.seq), changed=chosen != me)


def _step(
    state: State,
    at: int,
    event: Command,
    me: Occupant,
    message: Prepare | Admit | Hold | Lobby | Remove,
) -> Result:
    if me.stage not in IN_CALL:
        return _refuse(event, RefusalCode.NOT_ADMITTED)
    target = state.occupants.get(message.participant)
    if target is None:
        return _refuse(event, RefusalCode.NO_SUCH_PARTICIPANT)
    if target.stage is Stage.LEFT:
        return _refuse(event, RefusalCode.NOT_HERE)
    to = STEPS.get((target.stage, type(message)))
    if to is None or target is me:  # nobody steps themselves: a host who goes away leaves
        return _refuse(event, RefusalCode.WRONG_STAGE)
    if to is Stage.LEFT:
        gone = state.depart(target, at, "removed", by=event.by)
        return replace(gone, replies=_ack(event, state.seq))
    moved = state.step(target, to)
    return Result(
        replies=_ack(event, state.seq),
        fact=_STEP_FACTS[to](message.participant, event.by),
        dues=(preparing_deadline(moved, at),) if to is Stage.PREPARING else (),
        changed=True,
    )


def _leave(state: State, at: int, event: Command, me: Occupant, message: Leave) -> Result:  # noqa: ARG001
    gone = state.depart(me, at, "left")
    return replace(gone, deliveries=(), replies=(*_ack(event, state.seq), *gone.deliveries))


def _end(state: State, at: int, event: Command, me: Occupant, message: End) -> Result:  # noqa: ARG001
    if me.stage not in IN_CALL:
        return _refuse(event, RefusalCode.NOT_ADMITTED)
    return state.end(at, event.by, (*_ack(event, state.seq), (event.connection, BYE_ENDED)))


def _ack(event: Command, seq: int) -> tuple[Delivery, ...]:
    ref = event.message.ref
    return ((event.connection, Ack(ref, seq)),) if isinstance(ref, str) else ()


def _refuse(event: Command, code: RefusalCode) -> Result:
    return Result(((event.connection, Refused(code, event.message.ref)),))


_STEP_FACTS: Final[dict[Stage, Callable[[str, str], Fact]]] = {
    Stage.PREPARING: Prepared,
    Stage.ADMITTED: Admitted,
    Stage.HELD: Held,
    Stage.WAITING: SentToLobby,
}
_COMMANDS: Final[dict[Any, Callable[[State, int, Command, Occupant, Any], Result]]] = {
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
    Leave: _leave,
    End: _end,
}
