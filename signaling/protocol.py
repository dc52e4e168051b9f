"""The wire: every message of subprotocol ``vap.signal.v1``, as typed structs.

One definition yields the Python codec (`signaling.codec`), the JSON Schema and the JavaScript types
(`signaling.codegen`). Messages are flat camelCase JSON objects with a ``type``; see PROTOCOL.md.
Fields annotated with `Sensitive` never reach a log.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from signaling.vocabulary import (
    ByeAction,
    ByeReason,
    CandidateLine,
    ChatId,
    ChatText,
    DisplayName,
    Epoch,
    MediaChoice,
    Moment,
    Part,
    ParticipantId,
    Pc,
    Ref,
    RefusalCode,
    Sdp,
    Secret,
    SentenceName,
    Seq,
    Shows,
    Stage,
    Trouble,
)


class _Message(Struct, tag_field="type", rename="camel", frozen=True, omit_defaults=True, gc=False):
    """A flat, tagged, immutable message; defaults stay off the wire."""


# --- client to server -------------------------------------------------------------------------------


class Resume(Struct, rename="camel", frozen=True):
    """The last position a client has applied."""

    epoch: Epoch
    seq: Seq


class Hello(_Message, frozen=True, tag="hello"):
    """Enter the room, or come back to it. Always the first message.

    `microphone` and `camera` are as in `media`, said at once so that nobody is shown as silent for a moment.
    """

    ref: Ref | UnsetType = UNSET
    resume: Resume | UnsetType = UNSET
    microphone: MediaChoice | UnsetType = UNSET
    camera: MediaChoice | UnsetType = UNSET


class Prepare(_Message, frozen=True, tag="prepare"):
    """Choose a waiting participant: both sides may negotiate from now on."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Admit(_Message, frozen=True, tag="admit"):
    """Let a participant into the call (from waiting, preparing or hold)."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Hold(_Message, frozen=True, tag="hold"):
    """Put an admitted participant on hold: no media either way."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Lobby(_Message, frozen=True, tag="lobby"):
    """Send a participant back to the waiting room."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Remove(_Message, frozen=True, tag="remove"):
    """Remove a participant from the room; they may not come back."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Summon(_Message, frozen=True, tag="summon"):
    """Call in a waiting participant who may be away: it is held for three minutes, then they wait again."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Minute(_Message, frozen=True, tag="minute"):
    """Ask for a minute when called, once a call; `wanted` false says that it is not needed any more."""

    wanted: bool
    ref: Ref | UnsetType = UNSET


class Tell(_Message, frozen=True, tag="tell"):
    """Say a line to one participant who waits. `id` is as in `chat`.

    `sentence` names one that the application knows in every language; `text` is the same in one of them.
    """

    participant: ParticipantId
    id: ChatId
    text: ChatText
    sentence: SentenceName | UnsetType = UNSET
    ref: Ref | UnsetType = UNSET


class Seat(_Message, frozen=True, tag="seat"):
    """Say whether the device that stands by for a participant's seat may have it."""

    participant: ParticipantId
    allow: bool
    ref: Ref | UnsetType = UNSET


class Lock(_Message, frozen=True, tag="lock"):
    """Let nobody new into the room, or let them in again; hosts may always come."""

    locked: bool
    ref: Ref | UnsetType = UNSET


class Pin(_Message, frozen=True, tag="pin"):
    """Have everybody see one participant large, or nobody any more. One at a time."""

    participant: ParticipantId
    on: bool
    ref: Ref | UnsetType = UNSET


class Leave(_Message, frozen=True, tag="leave"):
    """Leave the room; coming back is possible within the rejoin time."""

    ref: Ref | UnsetType = UNSET


class End(_Message, frozen=True, tag="end"):
    """End the room for everybody."""

    ref: Ref | UnsetType = UNSET


class Offer(_Message, frozen=True, tag="offer"):
    """An SDP offer (RFC 8829) for one peer."""

    to: ParticipantId
    pc: Pc
    sdp: Sdp
    ref: Ref | UnsetType = UNSET


class Answer(_Message, frozen=True, tag="answer"):
    """An SDP answer (RFC 8829) for one peer."""

    to: ParticipantId
    pc: Pc
    sdp: Sdp
    ref: Ref | UnsetType = UNSET


class Candidate(_Message, frozen=True, tag="candidate"):
    """A trickled ICE candidate (RFC 8838); an empty string ends the generation."""

    to: ParticipantId
    pc: Pc
    candidate: CandidateLine
    sdp_mid: Annotated[str, Meta(max_length=64)] | None = None
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=64)] | None = None
    username_fragment: Annotated[str, Meta(max_length=256)] | None = None
    ref: Ref | UnsetType = UNSET


class Chat(_Message, frozen=True, tag="chat"):
    """A line of text for everybody in the call. `id` is the sender's, so a repeat is shown once."""

    id: ChatId
    text: ChatText
    ref: Ref | UnsetType = UNSET


class Media(_Message, frozen=True, tag="media"):
    """What the sender's microphone and camera do, so that the other side can say it in words."""

    microphone: MediaChoice
    camera: MediaChoice
    shows: Shows = Shows.CAMERA
    trouble: Trouble = Trouble.NONE
    still: bool = False  # the picture is held on purpose, for something to be read
    ref: Ref | UnsetType = UNSET


class Ping(_Message, frozen=True, tag="ping"):
    """Ask for a pong; everything sent before has been answered when it comes."""

    ref: Ref | UnsetType = UNSET


ClientMessage = (
    Hello | Prepare | Admit | Hold | Lobby | Remove | Summon | Minute | Tell | Seat | Lock | Pin | Leave | End
    | Offer | Answer | Candidate | Chat | Media | Ping
)  # fmt: skip

# --- server to client -------------------------------------------------------------------------------


class ParticipantView(Struct, rename="camel", frozen=True, omit_defaults=True):
    """One participant as the others see them. `host` is true for whoever may admit.

    `deviceAsks`: another device stands by for their seat. `summonedUntil`: they were called in and may come
    until then. `minuteUntil`: they asked for a minute, which ends then. Only they and the hosts are told.
    `part`: a word of the application for what they are here (an interpreter, say); it allows nothing.
    """

    id: ParticipantId
    name: DisplayName
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


class Welcome(_Message, frozen=True, tag="welcome"):
    """The answer to hello: who you are, where the log stands, the whole state. `serverTime` in ms.

    `relayOnly`: media goes over a relay of `iceServers` and no other way, so that nobody learns an address.
    """

    self: ParticipantId
    epoch: Epoch
    seq: Seq
    resumed: bool
    server_time: int
    room: RoomView
    ice_servers: tuple[IceServer, ...]
    chat: tuple[ChatLine, ...]
    relay_only: bool = False
    ref: Ref | UnsetType = UNSET


class StandBy(_Message, frozen=True, tag="standBy"):
    """The seat is in a call on another device, where it is asked for; `welcome` or `bye` follows within this.

    Until then nothing but `ping` and `leave` has an effect, and there is no media.
    """

    seq: Seq
    within_ms: Annotated[int, Meta(ge=0)]


class State(_Message, frozen=True, tag="state"):
    """The whole state after the entry at `seq`."""

    seq: Seq
    room: RoomView


class OfferFrom(_Message, frozen=True, tag="offerFrom"):
    """A peer's offer."""

    seq: Seq
    sender: ParticipantId
    pc: Pc
    sdp: Sdp


class AnswerFrom(_Message, frozen=True, tag="answerFrom"):
    """A peer's answer."""

    seq: Seq
    sender: ParticipantId
    pc: Pc
    sdp: Sdp


class CandidateFrom(_Message, frozen=True, tag="candidateFrom"):
    """A peer's ICE candidate."""

    seq: Seq
    sender: ParticipantId
    pc: Pc
    candidate: CandidateLine
    sdp_mid: Annotated[str, Meta(max_length=64)] | None = None
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=64)] | None = None
    username_fragment: Annotated[str, Meta(max_length=256)] | None = None


class ChatFrom(_Message, frozen=True, tag="chatFrom"):
    """A chat line, told to everybody in the call, the sender included; or to one who waits, and the hosts."""

    line: ChatLine


class Outlook(_Message, frozen=True, tag="outlook"):
    """What whoever waits may expect: to be called in between two moments; without them nobody can say.

    `before` is how many will be served before them, absent when that is not known; `late`: later than booked.
    """

    earliest_at: Moment | UnsetType = UNSET
    latest_at: Moment | UnsetType = UNSET
    before: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    late: bool = False


class Ack(_Message, frozen=True, tag="ack"):
    """The command with this ref took effect at `seq`; for a fact, it is committed."""

    ref: Ref
    seq: Seq


class Refused(_Message, frozen=True, tag="refused"):
    """A command had no effect. `ref` is absent if the command carried none or it could not be read."""

    code: RefusalCode
    ref: Ref | UnsetType = UNSET


class Pong(_Message, frozen=True, tag="pong"):
    """The answer to ping."""

    ref: Ref | UnsetType = UNSET


class Bye(_Message, frozen=True, tag="bye"):
    """Always precedes a close by the server."""

    action: ByeAction
    reason: ByeReason
    retry_after_ms: Annotated[int, Meta(ge=0)] | UnsetType = UNSET


ServerMessage = (
    Welcome | StandBy | State | OfferFrom | AnswerFrom | CandidateFrom | ChatFrom | Outlook
    | Ack | Refused | Pong | Bye
)  # fmt: skip
