"""What the messages of the wire are made of: their common shape, and what several of them carry."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from signaling.vocabulary import (
    ChatId,
    ChatText,
    DisplayName,
    Epoch,
    MediaChoice,
    Moment,
    Names,
    Part,
    ParticipantId,
    Pc,
    Secret,
    SentenceName,
    Seq,
    Shows,
    Stage,
    Trouble,
)


class Message(Struct, tag_field="type", rename="camel", frozen=True, omit_defaults=True, gc=False):
    """A flat, tagged, immutable message; defaults stay off the wire."""


class Resume(Struct, rename="camel", frozen=True):
    """The last position a client has applied."""

    epoch: Epoch
    seq: Seq


class ParticipantView(Struct, rename="camel", frozen=True, omit_defaults=True):
    """One participant as the others see them. `host` is true for whoever may admit.

    `deviceAsks`: another device stands by for their seat. `summonedUntil`: they were called in and may come
    until then. `minuteUntil`: they asked for a minute, which ends then. Only they and the hosts are told.
    `part`: a word of the application for what they are here (an interpreter, say); it allows nothing.
    `name` is the one they go by everywhere, or what they are called in each language: whoever shows it takes
    the reader's.
    """

    id: ParticipantId
    name: DisplayName | Names
    stage: Stage
    online: bool
    host: bool
    microphone: MediaChoice
    camera: MediaChoice
    shows: Shows = Shows.CAMERA
    trouble: Trouble = Trouble.NONE
    still: bool = False
    pc: Pc = 0  # the generation between them and whoever is told; a fresh page begins with the next
    device_asks: bool = False
    summoned_until: Moment = 0
    minute_until: Moment = 0
    part: Part = ""


class RoomView(Struct, rename="camel", frozen=True, omit_defaults=True):
    """The room as one participant may see it: whoever waits sees only themselves and the hosts.

    `pinned` is whom everybody is to see large.
    """

    ended: bool
    participants: tuple[ParticipantView, ...]
    locked: bool = False
    pinned: ParticipantId | UnsetType = UNSET


class IceServer(Struct, rename="camel", frozen=True, omit_defaults=True):
    """An RTCIceServer (W3C webrtc-pc, 4.2.4); TURN credentials are short-lived."""

    urls: tuple[str, ...]
    username: Secret | UnsetType = UNSET
    credential: Secret | UnsetType = UNSET


class ChatLine(Struct, rename="camel", frozen=True):
    """A chat line with its place in the log. `at` is milliseconds since 1970; `sentence` is as in `tell`."""

    seq: Seq
    at: int
    sender: ParticipantId
    id: ChatId
    text: ChatText
    sentence: SentenceName | UnsetType = UNSET
