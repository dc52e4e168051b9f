"""What the room's facts mean here: their stored form, the meeting they make, the steps they take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from signaling.events import Admitted, Ended, Fact, Held, Joined, Left, Position, SentToLobby
from signaling.protocol import Grant, Stage
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import Step
from vap_meet.domain.session import Happening, Meeting, Told, meeting_of
from vap_meet.store import sessions
from vap_meet.store.sessions import StoredFact

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decoder: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)

STEPS: dict[type[Fact], Step] = {
    Joined: Step.CUSTOMER_WAITS,
    Admitted: Step.CUSTOMER_ADMITTED,
    SentToLobby: Step.CUSTOMER_BACK_IN_LOBBY,
}
"""The step of the appointment that a fact about its customer takes, if its state table allows."""


def write(position: Position, at: int, fact: Fact) -> StoredFact:
    """Return the stored form. `at` is milliseconds since 1970."""
    event = msgspec.json.encode(fact).decode()
    tag = str(type(fact).__struct_config__.tag)
    return StoredFact(epoch=position.epoch, seq=position.seq, at=moment(at), type=tag, event=event)


def read(stored: StoredFact) -> Fact:
    """Return the fact in its stored form."""
    return _decoder.decode(stored.event)


def detail(fact: Fact) -> str | None:
    """Return the stage somebody joined into, or how somebody left."""
    match fact:
        case Joined(stage=stage):
            return stage.value
        case Left(how=how):
            return how
    return None


def moment(at: int) -> datetime:
    """Return the time of `at` milliseconds since 1970, exactly."""
    return _EPOCH + timedelta(milliseconds=at)


def step_of(fact: Fact) -> Step | None:
    """Return the step a fact wants the appointment to take."""
    return STEPS.get(type(fact)) if getattr(fact, "participant", None) == CUSTOMER else None


def happening(fact: Fact, at: datetime) -> Told | None:  # noqa: PLR0911 - one line a fact
    """Return what a fact means for the meeting; None if nothing."""
    match fact:
        case Joined(participant=one, stage=stage) if one == CUSTOMER:
            admitted = stage in {Stage.ADMITTED, Stage.HELD}
            return Told(what=Happening.CUSTOMER_ADMITTED if admitted else Happening.CUSTOMER_WAITS, at=at)
        case Joined(participant=one, grants=grants) if Grant.ADMIT in grants:
            return Told(what=Happening.HOST_CAME, at=at, host=one)
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
            return None


async def meeting(tx: AsyncConnection, appointment_id: str, *, since: datetime | None) -> Meeting:
    """Return what an appointment's facts amount to, of its present time alone: `since` it moved."""
    stored = await sessions.facts(tx, appointment_id, since=since)
    told = (happening(read(fact), fact.at) for fact in stored)
    return meeting_of(one for one in told if one is not None)
