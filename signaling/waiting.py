"""The messages between the waiting room and those who call people in from it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from signaling.shapes import Message
from signaling.vocabulary import ChatId, ChatText, Moment, ParticipantId, Ref, SentenceName


class Summon(Message, frozen=True, tag="summon"):
    """Call in a waiting participant who may be away: it is held for three minutes, then they wait again."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Minute(Message, frozen=True, tag="minute"):
    """Ask for a minute when called, once a call; `wanted` false says that it is not needed any more."""

    wanted: bool
    ref: Ref | UnsetType = UNSET


class Tell(Message, frozen=True, tag="tell"):
    """Say a line to one participant who waits. `id` is as in `chat`.

    `sentence` names one that the application knows in every language; `text` is the same in one of them.
    """

    participant: ParticipantId
    id: ChatId
    text: ChatText
    sentence: SentenceName | UnsetType = UNSET
    ref: Ref | UnsetType = UNSET


class Outlook(Message, frozen=True, tag="outlook"):
    """What whoever waits may expect: to be called in between two moments; without them nobody can say.

    `before` is how many will be served before them, absent when that is not known; `late`: later than booked.
    """

    earliest_at: Moment | UnsetType = UNSET
    latest_at: Moment | UnsetType = UNSET
    before: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    late: bool = False
