"""Where a participant may go, who may send them there, and when time does: the tables.

```
             prepare            admit              hold
   WAITING ----------> PREPARING -----> ADMITTED <------> HELD
     |  ^  <----------                    ^  |     admit   |
     |  |   lobby, due                    |  |             |
     |  +---------------------------------|--+-------------+  lobby
     +------------------------------------+ admit
   summon, minute and the end of a summons leave the stage as it is
   WATCHING -> ADMITTED: by join, or by the first prepare or admit of somebody else
   any but LEFT -> LEFT (leave, remove, revoke, offline too long);  LEFT -> WAITING (hello)
```
Whoever has SKIP_LOBBY enters WATCHING instead of WAITING. A room's end is its only terminal.
"""

from __future__ import annotations

from typing import Final

from signaling.protocol import (
    Admit,
    Answer,
    Candidate,
    Chat,
    ClientMessage,
    End,
    Hold,
    Join,
    Lobby,
    Lock,
    Media,
    Offer,
    Pin,
    Prepare,
    Remove,
)
from signaling.vocabulary import Grant, Stage
from signaling.waiting import Summon, Tell

STEPS: Final[dict[tuple[Stage, type[ClientMessage]], Stage]] = {
    (Stage.WAITING, Prepare): Stage.PREPARING,
    (Stage.WAITING, Admit): Stage.ADMITTED,  # a warm transport may fail; admitting does not need one
    (Stage.PREPARING, Admit): Stage.ADMITTED,
    (Stage.PREPARING, Lobby): Stage.WAITING,
    (Stage.ADMITTED, Hold): Stage.HELD,
    (Stage.ADMITTED, Lobby): Stage.WAITING,
    (Stage.HELD, Admit): Stage.ADMITTED,
    (Stage.HELD, Lobby): Stage.WAITING,
    (Stage.WAITING, Remove): Stage.LEFT,
    (Stage.PREPARING, Remove): Stage.LEFT,
    (Stage.ADMITTED, Remove): Stage.LEFT,
    (Stage.HELD, Remove): Stage.LEFT,
}
"""What a host's command makes of the participant it names; every other pair is refused."""

NEEDED_GRANT: Final[dict[type[ClientMessage], Grant]] = {
    Prepare: Grant.ADMIT,
    Admit: Grant.ADMIT,
    Hold: Grant.ADMIT,
    Lobby: Grant.ADMIT,
    Summon: Grant.ADMIT,
    Tell: Grant.ADMIT,
    Remove: Grant.REMOVE,
    Lock: Grant.ADMIT,
    Pin: Grant.ADMIT,
    Join: Grant.SKIP_LOBBY,
    End: Grant.END,
    Offer: Grant.PUBLISH,
    Answer: Grant.PUBLISH,
    Candidate: Grant.PUBLISH,
    Media: Grant.PUBLISH,
    Chat: Grant.CHAT,
}
"""The grant a command needs; those not named here need none."""

NEGOTIATING: Final = frozenset({Stage.PREPARING, Stage.ADMITTED, Stage.HELD})
"""Stages in which two participants may exchange offers, answers and candidates."""

IN_CALL: Final = frozenset({Stage.ADMITTED, Stage.HELD})
"""Stages of those who are in the call: they see each other, chat, and use their host grants."""

PREPARING_MS: Final = 30_000
"""A participant who is not admitted within this time goes back to waiting (`Due` kind ``preparing``)."""

OFFLINE_MS: Final = 10 * 60_000
"""A participant without a connection for this long has left (`Due` kind ``offline``)."""

KEPT_MS: Final = 4 * 60 * 60_000
"""Whoever waits and has a place kept for them may be without a connection for this long (`Due` kind
``absent``), anybody else who waits for `OFFLINE_MS`: one of few places is theirs meanwhile."""

LOOKED_MS: Final = 30_000
"""Whoever watches, without a connection, has left after this long (`Due` kind ``looked``), and so has a host
while nobody else is in the call or called, who could miss them. A reload takes less."""

SUMMON_MS: Final = 3 * 60_000
"""Whoever was summoned and is not called in within this time is back in line (`Due` kind ``summoned``)."""

MINUTE_MS: Final = 60_000
"""How long nobody is admitted who asked for a minute; then there is `PREPARING_MS` to admit them."""

TELL_EVERY_MS: Final = 2_000
MOST_TOLD: Final = 30
"""How often, and how many times in all, a waiting participant is told something."""

REJOIN_MS: Final = 10 * 60_000
"""Whoever left or expired may say hello again within this time; who skips the lobby, at any time."""

SEAT_MS: Final = 60_000
"""A device that asks for a seat in a call is turned away after this time (`Due` kind ``seat``)."""

DUE_PREPARING: Final = "preparing"
DUE_OFFLINE: Final = "offline"
DUE_SEAT: Final = "seat"
DUE_ABSENT: Final = "absent"
DUE_SUMMONED: Final = "summoned"
DUE_LOOKED: Final = "looked"

TOLD_IN: Final = frozenset({Stage.WAITING, Stage.PREPARING})
"""Stages in which a host may tell somebody something, in the call there is the chat; and of those with whom a
host who only watches may do anything at all."""
