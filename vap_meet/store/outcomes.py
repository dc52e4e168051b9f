"""Outcome versions and drafts in SQL."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from vap_meet.domain.audit import canonical
from vap_meet.domain.outcome import DraftContent, Evidence, OutcomeCode, OutcomeContent, OutcomeVersion
from vap_meet.store.schema import outcome as table
from vap_meet.store.schema import outcome_draft as drafts

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


async def insert(tx: AsyncConnection, version: OutcomeVersion) -> None:
    """Add one version."""
    content = version.content
    await tx.execute(
        table.insert().values(
            appointment_id=version.appointment_id,
            version=version.version,
            code=content.code,
            answer=content.answer,
            next_steps=content.next_steps,
            internal_notes=content.internal_notes,
            follow_up_on=content.follow_up_on,
            answer_pending=version.answer_pending,
            reason=version.reason,
            evidence=_write_evidence(version.evidence),
            author=version.author,
            at=version.at,
        )
    )


async def latest(tx: AsyncConnection, appointment_id: str) -> OutcomeVersion | None:
    """Return the newest version, None while there is no outcome."""
    query = select(table).where(table.c.appointment_id == appointment_id)
    row = (await tx.execute(query.order_by(table.c.version.desc()).limit(1))).one_or_none()
    return None if row is None else _read_version(row)


async def versions(tx: AsyncConnection, appointment_id: str) -> tuple[OutcomeVersion, ...]:
    """Return every version, the first first."""
    query = select(table).where(table.c.appointment_id == appointment_id).order_by(table.c.version)
    return tuple(_read_version(row) for row in await tx.execute(query))


async def save_draft(
    tx: AsyncConnection, appointment_id: str, content: DraftContent, *, author: str, at: datetime
) -> None:
    """Keep what an agent has written so far, over what was kept before."""
    await delete_draft(tx, appointment_id)
    await tx.execute(
        drafts.insert().values(
            appointment_id=appointment_id,
            code=content.code,
            answer=content.answer,
            next_steps=content.next_steps,
            internal_notes=content.internal_notes,
            follow_up_on=content.follow_up_on,
            author=author,
            at=at,
        )
    )


async def delete_draft(tx: AsyncConnection, appointment_id: str) -> None:
    """Forget the draft, if there is one."""
    await tx.execute(drafts.delete().where(drafts.c.appointment_id == appointment_id))


async def draft(tx: AsyncConnection, appointment_id: str) -> DraftContent | None:
    """Return what an agent has written so far."""
    row = (await tx.execute(select(drafts).where(drafts.c.appointment_id == appointment_id))).one_or_none()
    if row is None:
        return None
    return DraftContent(
        code=None if row.code is None else OutcomeCode(row.code),
        answer=row.answer,
        next_steps=row.next_steps,
        internal_notes=row.internal_notes,
        follow_up_on=row.follow_up_on,
    )


def _read_version(row: Row[Any]) -> OutcomeVersion:
    return OutcomeVersion(
        appointment_id=row.appointment_id,
        version=row.version,
        content=OutcomeContent(
            code=OutcomeCode(row.code),
            answer=row.answer,
            next_steps=row.next_steps,
            internal_notes=row.internal_notes,
            follow_up_on=row.follow_up_on,
        ),
        answer_pending=row.answer_pending,
        reason=row.reason,
        evidence=_read_evidence(row.evidence),
        author=row.author,
        at=row.at,
    )


def _write_evidence(evidence: Evidence) -> str:
    return canonical(
        {
            "customer_waited_s": evidence.customer_waited_s,
            "first_admitted_at": _write_time(evidence.first_admitted_at),
            "ended_at": _write_time(evidence.ended_at),
            "talked_s": evidence.talked_s,
            "customer_joined": evidence.customer_joined,
            "agent_joined": evidence.agent_joined,
            "identity_assurance": evidence.identity_assurance,
        }
    ).decode()


def _read_evidence(text: str) -> Evidence:
    content = json.loads(text)
    for name in ("first_admitted_at", "ended_at"):
        content[name] = None if content[name] is None else datetime.fromisoformat(content[name])
    return Evidence(**content)


def _write_time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
