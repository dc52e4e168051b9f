"""Outcomes: a first version, amendments with a reason, and drafts. Nothing is ever overwritten."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog

from vap_meet.domain.appointment import AppointmentState, step
from vap_meet.domain.audit import canonical
from vap_meet.domain.errors import InvalidRequest, ReasonRequired, VersionConflict, VersionRequired
from vap_meet.domain.outbox import Kind, room_command, room_lane
from vap_meet.domain.outcome import (
    FINAL_STATE,
    MAX_REASON_CHARS,
    STEP_OF,
    DraftContent,
    OutcomeContent,
    OutcomeVersion,
    check_content,
)
from vap_meet.domain.session import evidence_of
from vap_meet.services import facts
from vap_meet.services.announcing import Announce, AppointmentEvent, announce, no_one
from vap_meet.store import appointments, audit, outbox, outcomes, sessions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.outcome import Evidence
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

_FIRST_TOLD_AS: dict[AppointmentState, AppointmentEvent] = {
    AppointmentState.COMPLETED: AppointmentEvent.COMPLETED,
    AppointmentState.NO_SHOW: AppointmentEvent.NO_SHOW,
    AppointmentState.TECHNICAL_FAILURE: AppointmentEvent.COMPLETED,  # its state says so
}


class Outcomes:
    """The use cases of what came of it. `room_over` is told the room once the first version is committed.

    `wake` is called after a commit that promised something.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        room_over: Callable[[str], Awaitable[None]],
        wake: Callable[[], None] = no_one,
        announce: Announce = announce,
    ) -> None:
        self._db = db
        self._clock = clock
        self._room_over = room_over
        self._wake = wake
        self._announce = announce

    async def put(
        self,
        appointment_id: str,
        content: OutcomeContent,
        *,
        author: str,
        reason: str | None = None,
        if_version: int | None,
        answer_pending: bool = False,
    ) -> OutcomeVersion:
        """Put the outcome, finish its pending answer, or amend it; the same again changes nothing.

        The first version takes the appointment's step and ends its room. A later one needs `if_version` of
        the latest (`VersionRequired`, `VersionConflict`) and, unless the latest's answer is pending,
        a reason (`ReasonRequired`). Raises `NotFound`, `InvalidRequest`, `WrongState` too.
        """
        check_content(content, answer_pending=answer_pending)
        reason = _checked(reason)
        async with self._db.write() as tx:
            now = self._clock()
            appointment = await appointments.get(tx, appointment_id, hold=True)
            latest = await outcomes.latest(tx, appointment_id)
            if latest is not None and _is_repeat(latest, content, reason, if_version, pending=answer_pending):
                return latest
            _check_version(latest, if_version, reason, pending=answer_pending)
            version = OutcomeVersion(
                appointment_id=appointment_id,
                version=1 if latest is None else latest.version + 1,
                content=content,
                answer_pending=answer_pending,
                reason=reason,
                evidence=await _evidence(tx, appointment_id, now=now),
                author=author,
                at=now,
            )
            await self._write(tx, appointment, version)
        self._wake()
        if latest is None:
            await self._tell_room(appointment_id)
        return version

    async def save_draft(self, appointment_id: str, content: DraftContent, *, author: str) -> None:
        """Keep what is written so far, over what was kept before. Raises `NotFound`, `InvalidRequest`."""
        check_content(content, answer_pending=True)
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id, hold=True)
            await outcomes.save_draft(tx, appointment_id, content, author=author, at=self._clock())

    async def draft(self, appointment_id: str) -> DraftContent | None:
        """Return what is written so far, None if nothing."""
        async with self._db.read() as tx:
            return await outcomes.draft(tx, appointment_id)

    async def versions(self, appointment_id: str) -> tuple[OutcomeVersion, ...]:
        """Return every version, the first first; none before there is an outcome. Raises `NotFound`."""
        async with self._db.read() as tx:
            await appointments.get(tx, appointment_id)
            return await outcomes.versions(tx, appointment_id)

    async def _write(self, tx: AsyncConnection, appointment: Appointment, version: OutcomeVersion) -> None:
        taken = STEP_OF[version.content.code]
        first = version.version == 1
        state = step(appointment.state, taken) if first else FINAL_STATE[taken]
        await outcomes.insert(tx, version)
        if state is not appointment.state:
            await appointments.set_state(tx, appointment.id, state, at=version.at)
        if not version.answer_pending:
            await outcomes.delete_draft(tx, appointment.id)
        if first:
            await outbox.promise(
                tx,
                lane=room_lane(appointment.id),
                kind=Kind.ROOM_END,
                payload=room_command(appointment.id),
                at=version.at,
            )
        await audit.record(
            tx,
            at=version.at,
            action="outcome.put" if first else "outcome.amended",
            appointment_id=appointment.id,
            public={
                "by": version.author,
                "version": version.version,
                "code": version.content.code,
                "answer_pending": version.answer_pending,
            },
            personal={"content_sha256": _digest(version)},
        )
        event = _FIRST_TOLD_AS[state] if first else AppointmentEvent.AMENDED
        await self._announce(tx, event, appointment.id, at=version.at)

    async def _tell_room(self, appointment_id: str) -> None:
        try:
            await self._room_over(appointment_id)
        except Exception:
            # The outcome is committed whatever becomes of the room; the outbox tells it again.
            log.exception("room_not_told", room=appointment_id)


def _check_version(
    latest: OutcomeVersion | None, if_version: int | None, reason: str | None, *, pending: bool
) -> None:
    if latest is None:
        if if_version is not None:
            raise VersionConflict("There is no outcome yet to amend.")
        return
    if if_version is None:
        raise VersionRequired("There is an outcome already: say which version is being amended.")
    if if_version != latest.version:
        raise VersionConflict("The outcome has changed since it was read; read it again.")
    if latest.answer_pending:
        return
    if pending:
        raise InvalidRequest(
            "The answer can't be taken back.", fields={"answerPending": "The customer has it already."}
        )
    if reason is None:
        raise ReasonRequired("An amendment needs a reason.")


def _is_repeat(
    latest: OutcomeVersion,
    content: OutcomeContent,
    reason: str | None,
    if_version: int | None,
    *,
    pending: bool,
) -> bool:
    """Whether this very version was put already, by a caller who did not get to read the response."""
    same = (latest.content, latest.reason, latest.answer_pending) == (content, reason, pending)
    return same and if_version == (None if latest.version == 1 else latest.version - 1)


def _checked(reason: str | None) -> str | None:
    if reason is not None and (len(reason) > MAX_REASON_CHARS or "\0" in reason):
        fields = {"reason": f"At most {MAX_REASON_CHARS} characters, no NUL among them."}
        raise InvalidRequest("The reason is too long.", fields=fields)
    return (reason or "").strip() or None


async def _evidence(tx: AsyncConnection, appointment_id: str, *, now: datetime) -> Evidence:
    session = await sessions.get(tx, appointment_id)
    return evidence_of(
        await facts.meeting(tx, appointment_id, since=await appointments.moved_at(tx, appointment_id)),
        now=now,
        assurance=None if session is None else session.identity_assurance,
    )


def _digest(version: OutcomeVersion) -> str:
    """Return what proves, while it is not erased, that a version's texts are the ones once put."""
    content = version.content
    texts = [content.answer, content.next_steps, content.internal_notes, version.reason]
    follow_up_on = None if content.follow_up_on is None else content.follow_up_on.isoformat()
    return hashlib.sha256(canonical({"texts": texts, "follow_up_on": follow_up_on})).hexdigest()
