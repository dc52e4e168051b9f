"""What a room's log holds.

An `Event` is appended by any node; the reducer (`signaling.room`) alone decides whether it takes effect.
What took effect and must never be lost is a `Fact` (`signaling.facts`). Events are tagged structs and hold no
name of a person beyond `Arrive.participant`.
"""

from __future__ import annotations

from msgspec import Struct

from signaling.facts import HowLeft
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
from signaling.vocabulary import Grant, MediaChoice, Shows, Stage, Trouble
from signaling.waiting import Minute, Summon, Tell

LOG_VERSION = 1
ANYBODY = ""


class Participant(Struct, frozen=True, omit_defaults=True):
    """Someone in a room, the same across devices and reconnects, and what they may do.

    `name` is one, or one in each language. `part` is what the application calls them, for the others to read;
    it allows nothing.
    """

    id: str
    name: str | dict[str, str]
    grants: frozenset[Grant]
    part: str = ""


class RestoredParticipant(Struct, frozen=True):
    """A participant as the facts in SQL left them, when a log has to be opened anew."""

    participant: Participant
    stage: Stage
    how: HowLeft | None = None  # with stage LEFT: who was removed stays out
    seat: str = ""  # the device they were on, if the facts tell
    summoned: bool = False  # with stage WAITING: called in, and had not come


class Newcomer(Struct, frozen=True, gc=False):
    """Another device of a participant, standing by for the seat since `asked_at`."""

    participant: Participant
    seat: str
    connection: str
    asked_at: int
    microphone: MediaChoice = MediaChoice.NONE
    camera: MediaChoice = MediaChoice.NONE


class Occupant(Struct, frozen=True, omit_defaults=True, gc=False):
    """A participant as the log left them. The connection is the one that holds the seat."""

    participant: Participant
    stage: Stage
    seat: str = ""
    connection: str = ""
    arrivals: int = 0  # generation of `offline` deadlines
    steps: int = 0  # generation of `preparing` and `summoned` deadlines
    microphone: MediaChoice = MediaChoice.NONE
    camera: MediaChoice = MediaChoice.NONE
    shows: Shows = Shows.CAMERA
    trouble: Trouble = Trouble.NONE
    still: bool = False
    left_at: int = 0
    how: HowLeft | None = None
    newcomer: Newcomer | None = None
    questions: int = 0  # generation of `seat` deadlines
    summoned_until: int = 0
    minute_until: int = 0  # stays when it is over: one is asked for once a call
    told: int = 0  # how many lines hosts told them while they waited, and when the last one was
    told_at: int = 0
    heir: str = ""  # a device that has been proven: it has the seat as soon as it comes


class Kept(Struct, frozen=True, gc=False):
    """A signal as it was told, for those who may have missed it. `size` is in characters."""

    seq: int
    to: tuple[str, ...]
    message: OfferFrom | AnswerFrom | CandidateFrom | ChatFrom
    size: int


class Generation(Struct, frozen=True, gc=False):
    """How often the peer connection of two participants has been made anew (`one` sorts first)."""

    one: str
    other: str
    pc: int


class _Event(Struct, tag_field="type", frozen=True, omit_defaults=True, gc=False):
    """An immutable event, tagged by ``type`` in the log."""


class Opened(_Event, frozen=True, tag="opened"):
    """Seq 0 of every log: its random epoch, and the state rebuilt from SQL."""

    epoch: str
    log_version: int
    restored: tuple[RestoredParticipant, ...] = ()
    ended: bool = False
    locked: bool = False


class Arrive(_Event, frozen=True, tag="arrive"):
    """A participant said hello over `connection`, from the browser that `seat` names."""

    participant: Participant
    seat: str
    connection: str
    microphone: MediaChoice | None = None  # None: as it was
    camera: MediaChoice | None = None


class Command(_Event, frozen=True, tag="command"):
    """A client's command, stamped by the node with who sent it and over which connection."""

    by: str
    connection: str
    message: (
        Prepare | Admit | Hold | Lobby | Remove | Summon | Minute | Tell | Seat | Lock | Pin | Join
        | Leave | End | Offer | Answer | Candidate | Chat | Media
    )  # fmt: skip


class EndRoom(_Event, frozen=True, tag="endRoom"):
    """The record says it is over (an outcome was put); idempotent."""


class Revoke(_Event, frozen=True, tag="revoke"):
    """A participant's access is gone (cancelled, moved, signed out); who has left already is not told.

    With `seat`, only the access of that device: nothing happens to whoever is on another one by now. For
    `ANYBODY` it moves nobody: it is told so that no node lets somebody in who came by an access before it.
    """

    participant: str
    seat: str | None = None


class HandOver(_Event, frozen=True, tag="handOver"):
    """The application has proven that a device is the participant's: it has their seat from when it comes."""

    participant: str
    seat: str


class Due(_Event, frozen=True, tag="due"):
    """A deadline passed. Any node may append it more than once; the reducer refuses a stale one."""

    kind: str
    subject: str
    generation: int


class Snapshot(_Event, frozen=True, tag="snapshot"):
    """The whole state after the entry at this seq; it stands for every entry up to there."""

    epoch: str
    ended: bool
    occupants: tuple[Occupant, ...]
    generations: tuple[Generation, ...]
    kept: tuple[Kept, ...]
    trimmed: int  # seq of the latest signal that can't be told again though it was current
    locked: bool = False
    pinned: str = ""


Event = Opened | Arrive | Command | EndRoom | Revoke | HandOver | Due | Snapshot


class Entry(Struct, frozen=True, gc=False):
    """An event at its position. `at` (milliseconds since 1970, stamped by the log) is the only clock."""

    seq: int
    at: int
    event: Event


class Position(Struct, frozen=True, order=True, gc=False):
    """A place in one log's life; positions of different epochs have nothing to do with each other."""

    epoch: str
    seq: int
