"""Request look-up of the demonstration: a few made-up requests, which belong to its customers' phones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.request_status import NOT_FOUND, Finding, NextActor, RequestStatus, Words
from vap_meet.services.request_lookup import RequestLookup

if TYPE_CHECKING:
    from vap_meet.clock import Clock

PERMIT_REQUEST, PESTS_REQUEST, PLAN_REQUEST = "BP-20417", "PC-31185", "SP-50962"
"""Numbers of made-up requests; `services.demo` gives them to appointments."""

_UPDATED_BEFORE = timedelta(hours=26)

_KNOWN: dict[str, tuple[str, Words, tuple[Words, ...], NextActor, Words]] = {
    PERMIT_REQUEST: (
        "+971500000004",
        Words("أُعيد للاستكمال", "Returned to be completed"),
        (
            Words("مخطط الموقع المعتمد", "The approved site plan"),
            Words("رسالة تعيين الاستشاري", "The consultant's letter of appointment"),
        ),
        NextActor.CUSTOMER,
        Words("إرفاق المستندين في صفحة الطلب", "Attach both documents on the request's page"),
    ),
    PESTS_REQUEST: (
        "+971500000002",
        Words("قيد التنفيذ", "In progress"),
        (),
        NextActor.AUTHORITY,
        Words("يزور الفريق الموقع خلال يومي عمل", "The team visits within two working days"),
    ),
    PLAN_REQUEST: (
        "+971500000003",
        Words("صدر المخطط", "The plan has been issued"),
        (),
        NextActor.NOBODY,
        Words("يمكن تنزيل المخطط من صفحة الطلب", "The plan can be downloaded from the request's page"),
    ),
}


class DemoRequestLookup(RequestLookup):
    """Knows its requests by heart; each was changed a little more than a day ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def look_up(self, number: str, *, phone: str | None) -> Finding:
        """Return a made-up status."""
        known = _KNOWN.get(number)
        if known is None:
            return NOT_FOUND
        owner, status, missing, next_actor, next_step = known
        found = RequestStatus(
            status=status,
            missing=missing,
            next_actor=next_actor,
            next_step=next_step,
            updated_at=self._clock() - _UPDATED_BEFORE,
        )
        return Finding.of(found if phone is None else replace(found, phone_matches=phone == owner))

    async def close(self) -> None:
        """There is nothing to let go of."""
