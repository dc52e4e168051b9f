"""The demonstration's past days: appointments that are over, their answers, and what customers said of them.

Told through the real use cases, as if it were then; nobody is sent a message about days that are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from signaling.events import Position
from signaling.facts import Admitted, Ended, Fact, Joined, Left
from signaling.vocabulary import Grant, Stage
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import BookingRequest, Customer, Language, ServiceName
from vap_meet.domain.feedback import Face, Opinion, Topic
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.feedback import Feedback
from vap_meet.services.outcomes import Outcomes

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.services.sessions import Sessions
    from vap_meet.store.engine import Database

_ZONE = ZoneInfo("Asia/Dubai")
_WAITED = timedelta(minutes=4)
_TALKED = timedelta(minutes=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """One appointment, so many days ago, and what its customer said."""

    days: int
    service: ServiceName
    opinion: Opinion
    answer: str
    language: Language = Language.AR


def _opinion(
    face: Face, *topics: Topic, comment: str = "", came: bool | None = None, comes: bool | None = None
) -> Opinion:
    return Opinion(
        face=face, topics=frozenset(topics), comment=comment, would_have_come=came, must_still_come=comes
    )


_TREES = ServiceName(id="agricultural-guidance", name_ar="الإرشاد الزراعي", name_en="Agricultural guidance")
_BUILDING = ServiceName(id="building-permit", name_ar="رخصة بناء جديدة", name_en="New building permit")
_LAND = ServiceName(
    id="unified-site-plan", name_ar="إصدار خارطة أرض موحدة", name_en="Unified site plan (affection plan)"
)

_PASTS = (
    _Past(
        days=1,
        service=_BUILDING,
        answer="الطلب ناقص مخططًا واحدًا، ويمكن إرفاقه إلكترونيًا.",
        opinion=_opinion(
            Face.UNHAPPY,
            Topic.WAITING,
            Topic.ANSWER,
            comment="انتظرت طويلًا، وما زلت لا أعرف أي مخطط ينقص الطلب.",
            came=True,
            comes=True,
        ),
    ),
    _Past(
        days=1,
        service=_TREES,
        answer="يُقلَّم الشجر في موسمه، وقد سُجّل الطلب لدى الفريق المختص.",
        opinion=_opinion(
            Face.HAPPY,
            Topic.ANSWER,
            Topic.OFFICIAL,
            comment="إجابة واضحة دون أن أخرج من البيت.",
            came=True,
            comes=False,
        ),
    ),
    _Past(
        days=2,
        service=_LAND,
        answer="The plan is issued online with the plot number within one working day.",
        opinion=_opinion(Face.HAPPY, Topic.BOOKING, comment="Quick and simple.", came=True, comes=False),
        language=Language.EN,
    ),
    _Past(
        days=3,
        service=_BUILDING,
        answer="تكفي صورة واضحة من سند الملكية.",
        opinion=_opinion(
            Face.NEUTRAL,
            Topic.CONNECTION,
            comment="الصورة انقطعت مرتين، والصوت كان جيدًا.",
            came=True,
            comes=False,
        ),
    ),
    _Past(
        days=5,
        service=_TREES,
        answer="النخلة مصابة، وسيزور الموقع فريق المكافحة.",
        opinion=_opinion(Face.HAPPY, Topic.OFFICIAL, came=False, comes=False),
    ),
    _Past(
        days=8,
        service=_LAND,
        answer="تُقبل الخارطة السابقة ما دامت حدود الأرض كما هي.",
        opinion=_opinion(Face.HAPPY, Topic.ANSWER, Topic.WAITING, came=True, comes=False),
    ),
)


async def seed_past(
    db: Database, sessions: Sessions, *, now: datetime, agent: str, run: str, by: str
) -> None:
    """Let the past days have happened; `agent` is the participant who met the customers."""
    for number, past in enumerate(_PASTS, start=1):
        await _let_happen(db, sessions, past, number=number, now=now, agent=agent, run=run, by=by)


async def _let_happen(
    db: Database,
    sessions: Sessions,
    past: _Past,
    *,
    number: int,
    now: datetime,
    agent: str,
    run: str,
    by: str,
) -> None:
    starts_at = (now - timedelta(days=past.days, minutes=20 * number)).replace(second=0, microsecond=0)
    appointment_id = f"demo-past-{number}-{run}"
    label = "متعامل" if past.language is Language.AR else "Customer"
    customer = Customer(name=f"{label} {20 + number}", language=past.language)
    request = BookingRequest(service=past.service, customer=customer, starts_at=starts_at)
    await Booking(db=db, clock=lambda: starts_at - timedelta(days=3)).put(
        appointment_id, request, by=by, if_match=None
    )
    called_in, over = starts_at + _WAITED, starts_at + _WAITED + _TALKED
    facts: tuple[tuple[datetime, Fact], ...] = (
        (starts_at, Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)),
        (called_in, Joined(agent, tuple(sorted(Grant)), Stage.WATCHING)),
        (called_in, Admitted(CUSTOMER, agent)),
        (over, Left(CUSTOMER, "left")),
        (over, Ended()),
    )
    for seq, (at, fact) in enumerate(facts, start=1):
        position = Position(f"past{run}0000"[:12], seq)
        await sessions.commit(appointment_id, position, int(at.timestamp() * 1000), fact)
    await Outcomes(db=db, clock=lambda: over, room_over=_nobody_is_there).put(
        appointment_id,
        OutcomeContent(code=OutcomeCode.RESOLVED, answer=past.answer),
        author=agent.replace(".", ":"),
        if_version=None,
    )
    said_at = over + timedelta(minutes=3)
    await Feedback(db=db, clock=lambda: said_at, zone=_ZONE).give(appointment_id, past.opinion)


async def _nobody_is_there(_room: str) -> None:
    """Tell nobody that a room is over: it was never open."""
