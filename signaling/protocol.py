"""The wire: every message of subprotocol ``vap.signal.v1``, as typed structs.

One definition yields the Python codec (`signaling.codec`), the JSON Schema and the JavaScript types
(`signaling.codegen`). Messages are flat camelCase JSON objects with a ``type``; see PROTOCOL.md. Those of the
waiting room are `signaling.waiting`'s, what several carry is in `signaling.shapes`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from signaling.shapes import ChatLine, IceServer, Message, Resume, RoomView
from signaling.vocabulary import (
    Addressee,
    ByeAction,
    ByeReason,
    CandidateLine,
    ChatId,
    ChatText,
    Epoch,
    MediaChoice,
    ParticipantId,
    Pc,
    Ref,
    RefusalCode,
    Sdp,
    Seq,
    Shows,
    Trouble,
)
from signaling.waiting import Minute, Outlook, Summon, Tell

# --- client to server -------------------------------------------------------------------------------


class Hello(Message, frozen=True, tag="hello"):
    """Enter the room, or come back to it. Always the first message.

    `microphone` and `camera` are as in `media`, said at once so that nobody is shown as silent for a moment.
    """

    ref: Ref | UnsetType = UNSET
    resume: Resume | UnsetType = UNSET
    microphone: MediaChoice | UnsetType = UNSET
    camera: MediaChoice | UnsetType = UNSET


class Prepare(Message, frozen=True, tag="prepare"):
    """Choose a waiting participant: both sides may negotiate from now on."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Admit(Message, frozen=True, tag="admit"):
    """Let a participant into the call (from waiting, preparing or hold)."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Hold(Message, frozen=True, tag="hold"):
    """Put an admitted participant on hold: no media either way."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Lobby(Message, frozen=True, tag="lobby"):
    """Send a participant back to the waiting room."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Remove(Message, frozen=True, tag="remove"):
    """Remove a participant from the room; they may not come back."""

    participant: ParticipantId
    ref: Ref | UnsetType = UNSET


class Seat(Message, frozen=True, tag="seat"):
    """Say whether the device that stands by for a participant's seat may have it."""

    participant: ParticipantId
    allow: bool
    ref: Ref | UnsetType = UNSET


class Lock(Message, frozen=True, tag="lock"):
    """Let nobody new into the room, or let them in again; hosts may always come."""

    locked: bool
    ref: Ref | UnsetType = UNSET


class Pin(Message, frozen=True, tag="pin"):
    """Have everybody see one participant large, or nobody any more. One at a time."""

    participant: ParticipantId
    on: bool
    ref: Ref | UnsetType = UNSET


class Join(Message, frozen=True, tag="join"):
    """Take part in the call, which one has only watched so far. `prepare` and `admit` do so too."""

    ref: Ref | UnsetType = UNSET


class Leave(Message, frozen=True, tag="leave"):
    """Leave the room; coming back is possible within the rejoin time."""

    ref: Ref | UnsetType = UNSET


class End(Message, frozen=True, tag="end"):
    """End the room for everybody."""

    ref: Ref | UnsetType = UNSET


class Offer(Message, frozen=True, tag="offer"):
    """An SDP offer (RFC 8829) for one peer."""

    to: Addressee
    pc: Pc
    sdp: Sdp
    ref: Ref | UnsetType = UNSET


class Answer(Message, frozen=True, tag="answer"):
    """An SDP answer (RFC 8829) for one peer."""

    to: Addressee
    pc: Pc
    sdp: Sdp
    ref: Ref | UnsetType = UNSET


class Candidate(Message, frozen=True, tag="candidate"):
    """A trickled ICE candidate (RFC 8838); an empty string ends the generation."""

    to: Addressee
    pc: Pc
    candidate: CandidateLine
    sdp_mid: Annotated[str, Meta(max_length=64)] | None = None
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=64)] | None = None
    username_fragment: Annotated[str, Meta(max_length=256)] | None = None
    ref: Ref | UnsetType = UNSET


class Chat(Message, frozen=True, tag="chat"):
    """A line of text for everybody in the call. `id` is the sender's, so a repeat is shown once."""

    id: ChatId
    text: ChatText
    ref: Ref | UnsetType = UNSET


class Media(Message, frozen=True, tag="media"):
    """What the sender's microphone and camera do, so that the other side can say it in words."""

    microphone: MediaChoice
    camera: MediaChoice
    shows: Shows = Shows.CAMERA
    trouble: Trouble = Trouble.NONE
    still: bool = False  # the picture is held on purpose, for something to be read
    ref: Ref | UnsetType = UNSET


class Ping(Message, frozen=True, tag="ping"):
    """Ask for a pong; everything sent before has been answered when it comes."""

    ref: Ref | UnsetType = UNSET


ClientMessage = (
    Hello | Prepare | Admit | Hold | Lobby | Remove | Summon | Minute | Tell | Seat | Lock | Pin | Join
    | Leave | End | Offer | Answer | Candidate | Chat | Media | Ping
)  # fmt: skip

# --- server to client -------------------------------------------------------------------------------


class Welcome(Message, frozen=True, tag="welcome"):
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


class IceServers(Message, frozen=True, tag="iceServers"):
    """New credentials, long before those of `welcome` run out: for whatever is connected from now on."""

    ice_servers: tuple[IceServer, ...]


class StandBy(Message, frozen=True, tag="standBy"):
    """The seat is in a call on another device, where it is asked for; `welcome` or `bye` follows within this.

    Until then nothing but `ping` and `leave` has an effect, and there is no media.
    """

    seq: Seq
    within_ms: Annotated[int, Meta(ge=0)]


class State(Message, frozen=True, tag="state"):
    """The whole state after the entry at `seq`."""

    seq: Seq
    room: RoomView


class OfferFrom(Message, frozen=True, tag="offerFrom"):
    """A peer's offer."""

    seq: Seq
    sender: ParticipantId
    pc: Pc
    sdp: Sdp


class AnswerFrom(Message, frozen=True, tag="answerFrom"):
    """A peer's answer."""

    seq: Seq
    sender: ParticipantId
    pc: Pc
    sdp: Sdp


class CandidateFrom(Message, frozen=True, tag="candidateFrom"):
    """A peer's ICE candidate."""

    seq: Seq
    sender: ParticipantId
    pc: Pc
    candidate: CandidateLine
    sdp_mid: Annotated[str, Meta(max_length=64)] | None = None
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=64)] | None = None
    username_fragment: Annotated[str, Meta(max_length=256)] | None = None


class ChatFrom(Message, frozen=True, tag="chatFrom"):
    """A chat line, told to everybody in the call, the sender included; or to one who waits, and the hosts."""

    line: ChatLine


class Ack(Message, frozen=True, tag="ack"):
    """The command with this ref took effect at `seq`; for a fact, it is committed."""

    ref: Ref
    seq: Seq


class Refused(Message, frozen=True, tag="refused"):
    """A command had no effect. `ref` is absent if the command carried none or it could not be read."""

    code: RefusalCode
    ref: Ref | UnsetType = UNSET


class Pong(Message, frozen=True, tag="pong"):
    """The answer to ping."""

    ref: Ref | UnsetType = UNSET


class Bye(Message, frozen=True, tag="bye"):
    """Always precedes a close by the server."""

    action: ByeAction
    reason: ByeReason
    retry_after_ms: Annotated[int, Meta(ge=0)] | UnsetType = UNSET


ServerMessage = (
    Welcome | IceServers | StandBy | State | OfferFrom | AnswerFrom | CandidateFrom | ChatFrom | Outlook
    | Ack | Refused | Pong | Bye
)  # fmt: skip
