"""What the room's facts mean here: their stored form, the meeting they make, the steps they take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from signaling.events import Participant, Position, RestoredParticipant
from signaling.facts import (
    Admitted,
    DeviceChanged,
    Ended,
    Fact,
    Held,
    Joined,
    Left,
    Locked,
    Messaged,
    Prepared,
    SentToLobby,
    Summoned,
    Unlocked,
)
from signaling.vocabulary import Grant, Stage
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import Step
from vap_meet.domain.session import Happening, Meeting, Told, meeting_of
from vap_meet.store import sessions
from vap_meet.store.sessions import StoredFact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decoder: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)

STEPS: dict[type[Fact], Step] = {
    Joined: Step.CUSTOMER_WAITS,
    Admitted: Step.CUSTOMER_ADMITTED,
    SentToLobby: Step.CUSTOMER_BACK_IN_LOBBY,
}
"""The step of the appointment that a fact about its customer takes, if its state table allows."""

_STAGE_AFTER: dict[type[Fact], Stage] = {
    Prepared: Stage.PREPARING,
    Admitted: Stage.ADMITTED,
    Held: Stage.HELD,
    SentToLobby: Stage.WAITING,
    Left: Stage.LEFT,
}


def write(position: Position, at: int, fact: Fact) -> StoredFact:
    """Return the stored form. `at` is milliseconds since 1970."""
    event = msgspec.json.encode(fact).decode()
    tag = str(type(fact).__struct_config__.tag)
    return StoredFact(epoch=position.epoch, seq=position.seq, at=moment(at), type=tag, event=event)


def read(stored: StoredFact) -> Fact:
    """Return the fact in its stored form."""
    return _decoder.decode(stored.event)


def detail(fact: Fact) -> str | None:
    """Return the stage somebody joined into, how somebody left, or which known sentence was said."""
    match fact:
        case Joined(stage=stage):
            return stage.value
        case Left(how=how):
            return how
        case Messaged(sentence=sentence):
            return sentence
    return None


def moment(at: int) -> datetime:
    """Return the time of `at` milliseconds since 1970, exactly."""
    return _EPOCH + timedelta(milliseconds=at)


def milliseconds(at: datetime) -> int:
    """Return a time as whole milliseconds since 1970, rounded up: never before what happened at it."""
    return -((_EPOCH - at) // timedelta(milliseconds=1))


def step_of(fact: Fact) -> Step | None:
    """Return the step a fact wants the appointment to take."""
    return STEPS.get(type(fact)) if getattr(fact, "participant", None) == CUSTOMER else None


def happening(fact: Fact, at: datetime) -> Told | None:  # noqa: PLR0911 - one line a fact
    """Return what a fact means for the meeting; None if nothing."""
    match fact:
        case Joined(participant=one, stage=stage) if one == CUSTOMER:
            admitted = stage in {Stage.ADMITTED, Stage.HELD}
            return Told(what=Happening.CUSTOMER_ADMITTED if admitted else Happening.CUSTOMER_WAITS, at=at)
        case Admitted(participant=one, by=by) if one == CUSTOMER:
            return Told(what=Happening.CUSTOMER_ADMITTED, at=at, host=by)
        case Held(participant=one) if one == CUSTOMER:
            return Told(what=Happening.CUSTOMER_HELD, at=at)
        case SentToLobby(participant=one) if one == CUSTOMER:
            return Told(what=Happening.CUSTOMER_WAITS, at=at)
        case Left(participant=one) if one == CUSTOMER:
            return Told(what=Happening.CUSTOMER_LEFT, at=at)
        case Left(participant=one):
            return Told(what=Happening.HOST_LEFT, at=at, host=one)
        case Ended():
            return Told(what=Happening.ENDED, at=at)
        case _:
            host = host_in_call(fact)
            return None if host is None else Told(what=Happening.HOST_CAME, at=at, host=host)


def host_in_call(fact: Fact) -> str | None:
    """Return the host who takes part in the call by a fact; who only watches it has not attended."""
    match fact:
        case Joined(participant=one, grants=grants, stage=stage) if Grant.ADMIT in grants:
            return None if stage is Stage.WATCHING else one
        case Prepared(by=by) | Admitted(by=by):
            return by
        case _:
            return None


async def meeting(tx: AsyncConnection, appointment_id: str, *, since: datetime | None) -> Meeting:
    """Return what an appointment's facts amount to, of its present time alone: `since` it moved."""
    stored = await sessions.facts(tx, appointment_id, since=since)
    told = (happening(read(fact), fact.at) for fact in stored)
    return meeting_of(one for one in told if one is not None)


def places(known: Iterable[Fact]) -> dict[str, RestoredParticipant]:
    """Fold facts, in their order, into who is where; names are still to be filled in."""
    people: dict[str, RestoredParticipant] = {}
    for fact in known:
        if isinstance(fact, Joined):
            who = Participant(fact.participant, "", frozenset(fact.grants))
            people[who.id] = RestoredParticipant(who, fact.stage, seat=fact.seat)
            continue
        host = people.get(host_in_call(fact) or "")
        if host is not None and host.stage is Stage.WATCHING:
            people[host.participant.id] = replace(host, stage=Stage.ADMITTED)
        one = people.get(getattr(fact, "participant", ""))
        stage = _STAGE_AFTER.get(type(fact))
        if one is not None and isinstance(fact, DeviceChanged):
            people[one.participant.id] = replace(one, seat=fact.seat)
        if one is not None and stage is not None:
            how = fact.how if isinstance(fact, Left) else None
            people[one.participant.id] = replace(one, stage=stage, how=how, summoned=False)
        if one is not None and isinstance(fact, Summoned):
            people[one.participant.id] = replace(one, summoned=True)
    return people


def locked(known: Iterable[Fact]) -> bool:
    """Whether facts, in their order, leave the room closed to new people."""
    last = None
    for fact in known:
        if isinstance(fact, Locked | Unlocked):
            last = fact
    return isinstance(last, Locked)
