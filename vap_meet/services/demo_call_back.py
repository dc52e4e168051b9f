"""The demonstration's broken call: yesterday's line failed, and the customer asked to be telephoned.

Told through the real use cases, as if it were then; nobody is sent a message about a day that is gone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from signaling.events import Position
from signaling.facts import Admitted, Ended, Fact, Joined, Left
from signaling.vocabulary import Grant, Stage
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import BookingRequest, Customer, Language, ServiceName
from vap_meet.domain.call_backs import Asker
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.call_backs import CallBacks
from vap_meet.services.outcomes import Outcomes

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.services.booking_invitations import BookingInvitations
    from vap_meet.services.sessions import Sessions
    from vap_meet.store.engine import Database

_ZONE = ZoneInfo("Asia/Dubai")
_LAND = ServiceName(
    id="unified-site-plan", name_ar="إصدار خارطة أرض موحدة", name_en="Unified site plan (affection plan)"
)
# Less than the shortest deadline ago, so that the call is due and not overdue.
_ASKED_BEFORE = timedelta(minutes=20)


async def seed_call_back(
    db: Database,
    sessions: Sessions,
    invitations: BookingInvitations,
    *,
    now: datetime,
    agent: str,
    run: str,
    by: str,
) -> None:
    """Let a call have failed and its customer wait for the telephone; `agent` is who met them."""
    starts_at = (now - timedelta(days=1, minutes=150)).replace(second=0, microsecond=0)
    appointment_id = f"demo-failed-{run}"
    customer = Customer(name="متعامل 30", phone="+971500000030", language=Language.AR)
    await Booking(db=db, clock=lambda: starts_at - timedelta(days=2)).put(
        appointment_id,
        BookingRequest(
            service=_LAND,
            customer=customer,
            starts_at=starts_at,
            question="هل تصلح الخارطة السابقة بعد تعديل حدود الأرض؟",
        ),
        by=by,
        if_match=None,
    )
    called_in, broken = starts_at + timedelta(minutes=3), starts_at + timedelta(minutes=5)
    facts: tuple[tuple[datetime, Fact], ...] = (
        (starts_at, Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)),
        (called_in, Joined(agent, tuple(sorted(Grant)), Stage.WATCHING)),
        (called_in, Admitted(CUSTOMER, agent)),
        (broken, Left(CUSTOMER, "expired")),
        (broken, Ended()),
    )
    for seq, (at, fact) in enumerate(facts, start=1):
        position = Position(f"fail{run}0000"[:12], seq)
        await sessions.commit(appointment_id, position, int(at.timestamp() * 1000), fact)
    await Outcomes(db=db, clock=lambda: broken, room_over=_nobody_is_there).put(
        appointment_id,
        OutcomeContent(
            code=OutcomeCode.TECHNICAL_FAILURE,
            answer="انقطعت المكالمة لعطل تقني قبل إتمام الإجابة. يمكن طلب اتصال هاتفي أو حجز موعد جديد.",
        ),
        author=agent.replace(".", ":"),
        if_version=None,
    )
    await CallBacks(db=db, clock=lambda: now - _ASKED_BEFORE, zone=_ZONE, invitations=invitations).ask(
        appointment_id, by=Asker.CUSTOMER
    )


async def _nobody_is_there(_room: str) -> None:
    """Tell nobody that a room is over: it was never open."""
