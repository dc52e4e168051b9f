"""Parked messages: what customers were promised and could not be told, and sending it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.messages import read_message, still_worth_sending
from vap_meet.domain.outbox import Kind
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, audit, outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.messages import PromisedMessage
    from vap_meet.store.engine import Database

SHOWN = 200
"""As many are shown, and sent again, at once; the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A message that was given up. `still_true`: whether it would be sent now, or is left behind."""

    id: int
    message: PromisedMessage
    appointment: Appointment
    promised_at: datetime
    parked_at: datetime
    attempts: int
    error: str
    still_true: bool


class ParkedMessages:
    """Shows them to admins and promises them again. `wake` is called after a commit."""

    def __init__(self, *, db: Database, clock: Clock, wake: Callable[[], None] = no_one) -> None:
        self._db = db
        self._clock = clock
        self._wake = wake

    async def list(self) -> tuple[Parked, ...]:
        """Return the oldest that were given up."""
        now = self._clock()
        shown = []
        async with self._db.read() as tx:
            for row in await outbox.parked(tx, Kind.MESSAGE, at_most=SHOWN):
                message = read_message(row.payload)
                appointment = await appointments.get(tx, message.appointment_id)
                shown.append(
                    Parked(
                        id=row.id,
                        message=message,
                        appointment=appointment,
                        promised_at=row.promised_at,
                        parked_at=row.parked_at,
                        attempts=row.attempts,
                        error=row.error,
                        still_true=still_worth_sending(message, appointment, now=now),
                    )
                )
        return tuple(shown)

    async def send_again(self, ids: Collection[int] | None, *, by: str) -> int:
        """Promise these again, or all that are shown; return how many there were. Audited one by one.

        A message keeps its id, by which mail systems and SMS providers know it again.
        """
        now = self._clock()
        async with self._db.write() as tx:
            rows = await outbox.parked(tx, Kind.MESSAGE, at_most=SHOWN)
            wanted = [row for row in rows if ids is None or row.id in ids]
            for row in wanted:
                message = read_message(row.payload)
                await outbox.promise_again(tx, row.id, at=now)
                await audit.record(
                    tx,
                    at=now,
                    action="message.sent_again",
                    appointment_id=message.appointment_id,
                    public={"by": by, "message": message.kind, "channel": message.channel},
                )
        if wanted:
            self._wake()
        return len(wanted)
