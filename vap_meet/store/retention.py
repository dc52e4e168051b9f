"""SQL of forgetting: what belongs to a person is taken out of records whose time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from vap_meet.store.schema import appointment, outcome, outcome_draft, visit
from vap_meet.store.schema_attachments import attachment
from vap_meet.store.schema_call_backs import call_back
from vap_meet.store.schema_customer_names import customer_name_key
from vap_meet.store.schema_feedback import feedback, feedback_case
from vap_meet.store.schema_guests import guest, hand_over
from vap_meet.store.schema_self_booking import booking_detail
from vap_meet.store.schema_webhooks import webhook_event

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

FORGOTTEN = ""
"""What stands for a name and a text once they are erased; no booking and no answer can be empty."""


async def overdue(tx: AsyncConnection, before: datetime, *, at_most: int) -> tuple[str, ...]:
    """Return appointments that ended before then and still name somebody, the oldest first."""
    query = (
        select(appointment.c.id)
        .where(appointment.c.ends_at < before, appointment.c.customer_name != FORGOTTEN)
        .order_by(appointment.c.ends_at)
        .limit(at_most)
    )
    return tuple((await tx.execute(query)).scalars())


async def forget_person(tx: AsyncConnection, appointment_id: str) -> None:
    """Take out everything that belongs to the person; what happened when stays, for the counts."""
    await tx.execute(
        update(appointment)
        .where(appointment.c.id == appointment_id)
        .values(
            customer_name=FORGOTTEN,
            customer_phone=None,
            customer_email=None,
            question=None,
            cancel_reason=None,
            request_number=None,
        )
    )
    await tx.execute(
        update(outcome)
        .where(outcome.c.appointment_id == appointment_id)
        .values(answer=FORGOTTEN, next_steps=FORGOTTEN, internal_notes=FORGOTTEN, reason=None)
    )
    await tx.execute(
        update(webhook_event).where(webhook_event.c.appointment_id == appointment_id).values(body=FORGOTTEN)
    )
    await tx.execute(
        update(feedback).where(feedback.c.appointment_id == appointment_id).values(comment=FORGOTTEN)
    )
    await tx.execute(
        update(feedback_case).where(feedback_case.c.appointment_id == appointment_id).values(done=FORGOTTEN)
    )
    for table in (
        attachment,
        booking_detail,
        call_back,
        customer_name_key,
        guest,
        hand_over,
        outcome_draft,
        visit,
    ):
        await tx.execute(delete(table).where(table.c.appointment_id == appointment_id))
