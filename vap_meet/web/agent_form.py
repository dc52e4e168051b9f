"""Which of its forms the agent's page of an appointment takes, worked out from the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.access import OpeningHours
from vap_meet.domain.outcome import DraftContent, OutcomeCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.outcome import OutcomeContent, OutcomeVersion
    from vap_meet.settings import Settings


class PageMode(StrEnum):
    """What stands where the call would be."""

    EARLY = "early"  # the waiting room is not open yet
    LIVE = "live"  # the call
    OVER = "over"  # the call has ended, and its outcome is still to be recorded
    LATE = "late"  # its time is over and no outcome was recorded
    OWED = "owed"  # the code is recorded, the written answer is still owed
    CLOSED = "closed"  # the outcome is complete; it may be corrected
    VOID = "void"  # cancelled, or over without an outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeKey:
    """An outcome code and the digit that chooses it."""

    code: OutcomeCode
    key: str


CODE_KEYS = tuple(CodeKey(code=code, key=key) for code, key in zip(OutcomeCode, "1234567890", strict=True))
"""The ten codes in the order of the digit keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeForm:
    """The outcome form as the page shows it. `sending` is "send" or "amend".

    `kept` says that its text was written before the outcome that is on the record now.
    """

    content: DraftContent | OutcomeContent
    sending: str
    send_label: str
    if_version: int | None
    kept: bool = False
    codes: tuple[CodeKey, ...] = CODE_KEYS


_FORMS = {
    PageMode.LIVE: ("send", "send"),
    PageMode.OVER: ("send", "send"),
    PageMode.LATE: ("send", "send_late"),
    PageMode.OWED: ("send", "send_owed"),
    PageMode.CLOSED: ("amend", "amend"),
}
"""How each mode's form sends, and the word on its button; a mode that is absent has no form."""


def mode_of(
    appointment: Appointment,
    versions: Sequence[OutcomeVersion],
    *,
    ended: bool,
    settings: Settings,
    now: datetime,
) -> tuple[PageMode, datetime]:
    """Return the page's mode, and when the waiting room opens. `ended` says that the call is over."""
    hours = OpeningHours(
        opens_before=timedelta(minutes=settings.opens_before_minutes),
        closes_after=timedelta(minutes=settings.closes_after_minutes),
    )
    opens_at = hours.opens_at(appointment)
    if versions:
        return (PageMode.OWED if versions[-1].answer_pending else PageMode.CLOSED), opens_at
    if not appointment.is_open:
        return PageMode.VOID, opens_at
    if ended:
        return PageMode.OVER, opens_at
    if now < opens_at:
        return PageMode.EARLY, opens_at
    return (PageMode.LATE if now > hours.closes_at(appointment) else PageMode.LIVE), opens_at


def form_of(
    mode: PageMode, versions: Sequence[OutcomeVersion], draft: DraftContent | None
) -> OutcomeForm | None:
    """Return the form of a mode, filled with what was written last; None if there is nothing to write."""
    if mode not in _FORMS:
        return None
    sending, label = _FORMS[mode]
    latest = versions[-1] if versions else None
    recorded = latest.content if latest else DraftContent()
    content = recorded if draft is None else replace(draft, code=draft.code or recorded.code)
    return OutcomeForm(
        content=content,
        kept=mode is PageMode.CLOSED and draft is not None,
        sending=sending,
        send_label=label,
        if_version=latest.version if latest else None,
    )
