"""The customer's opinion: given once, changeable for a day; an unhappy one opens a case with a deadline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.access import staff_participant
from vap_meet.domain.errors import NotFound, WrongState
from vap_meet.domain.feedback import (
    NOT_ASKED,
    Case,
    CaseState,
    Face,
    GivenOpinion,
    Opinion,
    check_done,
    check_opinion,
    due_at,
)
from vap_meet.services.announcing import AppointmentEvent, announce, no_one
from vap_meet.store import appointments, audit, outcomes, sessions
from vap_meet.store import feedback as store
from vap_meet.store.feedback import CaseRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database
    from vap_meet.store.feedback import Counts

__all__ = ["CaseRow", "Feedback", "Report"]

COUNTED_DAYS = 90
SHOWN_CASES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the opinions of the last `COUNTED_DAYS` add up to, and the cases; `names` by participant id."""

    counts: Counts
    overdue: tuple[CaseRow, ...]
    open: tuple[CaseRow, ...]
    closed: tuple[CaseRow, ...]
    names: dict[str, tuple[str, str]]


class Feedback:
    """Takes opinions and keeps their cases. `wake` is called after a commit that promised something."""

    def __init__(
        self, *, db: Database, clock: Clock, zone: tzinfo, wake: Callable[[], None] = no_one
    ) -> None:
        """`zone` is where working days are counted."""
        self._db = db
        self._clock = clock
        self._zone = zone
        self._wake = wake

    async def give(self, appointment_id: str, opinion: Opinion) -> GivenOpinion:
        """Keep what the customer says; the same again changes nothing.

        Raises `InvalidRequest`, `NotFound`, and `WrongState` before the appointment has its answer, if nobody
        came to it, or when it is too late to think again.
        """
        check_opinion(opinion)
        async with self._db.write() as tx:
            now = self._clock()
            await appointments.get(tx, appointment_id, hold=True)
            await _check_answered(tx, appointment_id)
            before = await store.get(tx, appointment_id)
            if before is not None and before.opinion == opinion:
                return before
            if before is not None and not before.is_changeable(now):
                raise WrongState("The feedback can't be changed any more.")
            given = GivenOpinion(
                appointment_id=appointment_id,
                opinion=opinion,
                given_at=now if before is None else before.given_at,
                changed_at=now,
            )
            await store.put(tx, given, first=before is None)
            await _audit_opinion(tx, given, first=before is None)
            if opinion.face is Face.UNHAPPY:
                await self._open_case(tx, appointment_id, now)
            await announce(tx, AppointmentEvent.FEEDBACK_GIVEN, appointment_id, at=now)
        self._wake()
        return given

    async def of(self, appointment_id: str) -> GivenOpinion | None:
        """Return what the customer said, None until they did. Raises `NotFound`."""
        async with self._db.read() as tx:
            await appointments.get(tx, appointment_id)
            return await store.get(tx, appointment_id)

    async def case_of(self, appointment_id: str) -> Case | None:
        """Return the case an unhappy customer has opened, None if there is none."""
        async with self._db.read() as tx:
            return await store.case(tx, appointment_id)

    async def report(self) -> Report:
        """Return counts and cases as they are now, `SHOWN_CASES` of a kind at most."""
        now = self._clock()
        since = now - timedelta(days=COUNTED_DAYS)
        async with self._db.read() as tx:
            counts = await store.counts(tx, since=since)
            unclosed = await store.open_cases(tx, at_most=SHOWN_CASES)
            closed = await store.closed_cases(tx, since=since, at_most=SHOWN_CASES)
            owners = {row.case.owner_id for row in (*unclosed, *closed)} - {None}
            names = await sessions.staff_names(tx, {staff_participant(one) for one in owners if one})
        return Report(
            counts=counts,
            overdue=tuple(row for row in unclosed if row.case.state(now) is CaseState.OVERDUE),
            open=tuple(row for row in unclosed if row.case.state(now) is CaseState.OPEN),
            closed=closed,
            names=names,
        )

    async def take(self, appointment_id: str, *, staff_id: str) -> Case:
        """Make a case somebody's own, another's too. Raises `NotFound`, `WrongState`."""
        async with self._db.write() as tx:
            now = self._clock()
            case = await _unclosed(tx, appointment_id)
            if case.owner_id == staff_id:
                return case
            case = replace(case, owner_id=staff_id, taken_at=now)
            await store.put_case(tx, case, new=False)
            await _audit_case(tx, case, "taken", by=f"staff:{staff_id}", at=now)
        return case

    async def close(self, appointment_id: str, done: str, *, staff_id: str) -> Case:
        """Close a case with what was done. One that nobody has taken is then whose who closes it.

        Raises `InvalidRequest`, `NotFound`, and `WrongState` if it is closed already.
        """
        done = done.strip()
        check_done(done)
        async with self._db.write() as tx:
            now = self._clock()
            case = await _unclosed(tx, appointment_id)
            if case.owner_id is None:
                case = replace(case, owner_id=staff_id, taken_at=now)
            case = replace(case, closed_at=now, done=done)
            await store.put_case(tx, case, new=False)
            await _audit_case(tx, case, "closed", by=f"staff:{staff_id}", at=now, personal={"done": done})
        return case

    async def _open_case(self, tx: AsyncConnection, appointment_id: str, now: datetime) -> None:
        """Open the case, or open it again; one that is open keeps its deadline."""
        case = await store.case(tx, appointment_id, hold=True)
        if case is not None and case.closed_at is None:
            return
        due = due_at(now, self._zone)
        if case is None:
            opened = Case(appointment_id=appointment_id, opened_at=now, due_at=due)
        else:
            opened = replace(case, due_at=due, closed_at=None)
        await store.put_case(tx, opened, new=case is None)
        await _audit_case(tx, opened, "opened", by="customer", at=now)


async def _check_answered(tx: AsyncConnection, appointment_id: str) -> None:
    latest = await outcomes.latest(tx, appointment_id)
    if latest is None or latest.answer_pending:
        raise WrongState("There is no answer yet to have an opinion of.")
    if latest.content.code in NOT_ASKED:
        raise WrongState("The customer was not there.")


async def _unclosed(tx: AsyncConnection, appointment_id: str) -> Case:
    case = await store.case(tx, appointment_id, hold=True)
    if case is None:
        raise NotFound("There is no such case.")
    if case.closed_at is not None:
        raise WrongState("The case is closed.")
    return case


async def _audit_opinion(tx: AsyncConnection, given: GivenOpinion, *, first: bool) -> None:
    opinion = given.opinion
    await audit.record(
        tx,
        at=given.changed_at,
        action="feedback.given" if first else "feedback.changed",
        appointment_id=given.appointment_id,
        public={
            "by": "customer",
            "face": opinion.face,
            "topics": sorted(opinion.topics),
            "would_have_come": opinion.would_have_come,
            "must_still_come": opinion.must_still_come,
        },
        personal={"comment": opinion.comment} if opinion.comment else None,
    )


async def _audit_case(
    tx: AsyncConnection,
    case: Case,
    verb: str,
    *,
    by: str,
    at: datetime,
    personal: dict[str, str] | None = None,
) -> None:
    await audit.record(
        tx,
        at=at,
        action=f"feedback_case.{verb}",
        appointment_id=case.appointment_id,
        public={"by": by, "due_at": case.due_at.isoformat()},
        personal=personal,
    )
