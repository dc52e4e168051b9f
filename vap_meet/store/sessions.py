"""Facts and the session they amount to, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.appointment import IdentityAssurance
from vap_meet.domain.session import SessionView
from vap_meet.store.appointments import padded
from vap_meet.store.schema import appointment, session, session_event, staff
from vap_meet.store.schema_self_booking import booking_detail

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.session import Meeting

_STAFF = "staff."

# Built once: building a statement and naming it for the cache costs as much as running it.
_INSERT_FACT = insert(session_event)
_FACTS_OF = select(
    session_event.c.room,
    session_event.c.epoch,
    session_event.c.seq,
    session_event.c.at,
    session_event.c.type,
    session_event.c.event,
).where(session_event.c.room.in_(bindparam("rooms", expanding=True)))
_FACTS = (
    select(
        session_event.c.epoch,
        session_event.c.seq,
        session_event.c.at,
        session_event.c.type,
        session_event.c.event,
    )
    .where(session_event.c.room == bindparam("which"))
    .order_by(session_event.c.at, session_event.c.seq)
)
_FACTS_SINCE = _FACTS.where(session_event.c.at >= bindparam("since"))
_PRESENT_FACTS = _FACTS.join(appointment, appointment.c.id == session_event.c.room).where(
    or_(appointment.c.moved_at.is_(None), session_event.c.at >= appointment.c.moved_at)
)
COLUMNS = (*session.c, booking_detail.c.phone_proved_at)
"""What `read_row` needs."""
_SESSION = (
    select(*COLUMNS)
    .select_from(session)
    .outerjoin(booking_detail, booking_detail.c.appointment_id == session.c.appointment_id)
    .where(session.c.appointment_id == bindparam("which"))
)
_upsert = new_row(session)
_PROJECT = _upsert.on_conflict_do_update(
    index_elements=[session.c.appointment_id],
    set_={
        column.name: _upsert.excluded[column.name]
        for column in session.c
        if column.name not in {"appointment_id", "identity_assurance"}
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFact:
    """One fact at its position; `event` is its JSON, which only who wrote it reads."""

    epoch: str
    seq: int
    at: datetime
    type: str
    event: str


async def insert_facts(
    tx: AsyncConnection, new: Sequence[tuple[str, StoredFact]], *, recorded_at: datetime
) -> None:
    """Add facts of rooms that are held, none of which is there already. At least one."""
    rows = [
        {
            "room": room,
            "epoch": fact.epoch,
            "seq": fact.seq,
            "at": fact.at,
            "recorded_at": recorded_at,
            "type": fact.type,
            "event": fact.event,
        }
        for room, fact in new
    ]
    await tx.execute(_INSERT_FACT, rows)


async def facts_of(tx: AsyncConnection, rooms: Collection[str]) -> dict[str, list[StoredFact]]:
    """Return the facts of rooms, those of earlier times too, in no order."""
    found: dict[str, list[StoredFact]] = {}
    if not rooms:
        return found
    for room, epoch, seq, at, type_, event in await tx.execute(_FACTS_OF, {"rooms": padded(rooms)}):
        stored = StoredFact(epoch=epoch, seq=seq, at=at, type=type_, event=event)
        found.setdefault(room, []).append(stored)
    return found


async def facts(tx: AsyncConnection, room: str, *, since: datetime | None = None) -> tuple[StoredFact, ...]:
    """Return a room's facts in their order, from `since` on."""
    query = _FACTS if since is None else _FACTS_SINCE
    found = await tx.execute(query, {"which": room} if since is None else {"which": room, "since": since})
    return tuple(StoredFact(**row) for row in found.mappings())


async def present_facts(tx: AsyncConnection, room: str) -> tuple[StoredFact, ...]:
    """Return a room's facts in their order, those of its appointment's present time alone."""
    found = await tx.execute(_PRESENT_FACTS, {"which": room})
    return tuple(StoredFact(**row) for row in found.mappings())


async def project(tx: AsyncConnection, meetings: Mapping[str, Meeting], *, seen_at: datetime) -> None:
    """Write sessions as their facts have them; how sure we are of the customer is not theirs to say."""
    await tx.execute(_PROJECT, [_row(room, meeting, seen_at) for room, meeting in meetings.items()])


def _row(room: str, meeting: Meeting, seen_at: datetime) -> dict[str, Any]:
    agent = meeting.agent
    return {
        "appointment_id": room,
        "identity_assurance": IdentityAssurance.LINK,
        "agent_id": agent.removeprefix(_STAFF) if agent and agent.startswith(_STAFF) else None,
        "first_joined_at": meeting.first_joined_at,
        "waiting_since": meeting.waiting_since,
        "first_admitted_at": meeting.first_admitted_at,
        "admitted_at": meeting.talking_since,
        "talked_ms": meeting.talked_ms,
        "agent_joined_at": meeting.agent_joined_at,
        "ended_at": meeting.ended_at,
        "seen_at": seen_at,
    }


_OPEN = and_(
    session.c.ended_at.is_(None),
    or_(session.c.waiting_since.is_not(None), session.c.admitted_at.is_not(None)),
)

_IS_OPEN = select(session.c.appointment_id).where(session.c.appointment_id == bindparam("which"), _OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session in which somebody waits, or (`talks`) is in the call; when it was last seen hosted."""

    seen_at: datetime | None
    talks: bool


async def open_ones(tx: AsyncConnection) -> dict[str, OpenSession]:
    """Return the sessions in which somebody waits or talks."""
    query = select(session.c.appointment_id, session.c.seen_at, session.c.admitted_at).where(_OPEN)
    return {
        row.appointment_id: OpenSession(seen_at=row.seen_at, talks=row.admitted_at is not None)
        for row in await tx.execute(query)
    }


async def is_open(tx: AsyncConnection, appointment_id: str) -> bool:
    """Whether somebody waits or talks in a session."""
    return (await tx.execute(_IS_OPEN, {"which": appointment_id})).first() is not None


async def mark_seen(tx: AsyncConnection, rooms: Collection[str], *, at: datetime) -> None:
    """Note that rooms are hosted, with somebody in them."""
    which = session.c.appointment_id.in_(bindparam("rooms", expanding=True))
    await tx.execute(session.update().where(which).values(seen_at=at), {"rooms": padded(rooms)})


async def claim_unseen(tx: AsyncConnection, room: str, *, before: datetime, at: datetime) -> bool:
    """Hold an open session that nobody has seen since `before`; false if it is no such session."""
    unseen = or_(session.c.seen_at.is_(None), session.c.seen_at <= before)
    claimed = await tx.execute(
        session.update().where(session.c.appointment_id == room, _OPEN, unseen).values(seen_at=at)
    )
    return claimed.rowcount == 1


async def forget(tx: AsyncConnection, appointment_id: str) -> None:
    """Forget the projection: the appointment has another time, and its session is still to come."""
    await tx.execute(session.delete().where(session.c.appointment_id == appointment_id))


async def assure(tx: AsyncConnection, appointment_id: str, assurance: IdentityAssurance) -> None:
    """Write how sure we are of the customer."""
    written = await tx.execute(
        session.update()
        .where(session.c.appointment_id == appointment_id)
        .values(identity_assurance=assurance)
    )
    if not written.rowcount:
        await tx.execute(
            session.insert().values(appointment_id=appointment_id, identity_assurance=assurance, talked_ms=0)
        )


async def get(tx: AsyncConnection, appointment_id: str) -> SessionView | None:
    """Return the session, None before anybody has come."""
    row = (await tx.execute(_SESSION, {"which": appointment_id})).one_or_none()
    return None if row is None else read_row(row)


def read_row(row: Row[Any]) -> SessionView | None:
    """Return the session in a row with `COLUMNS`, None if it is of an appointment that has none.

    Whoever came by a link that was sent to a phone proved by a code is surer than by the link alone.
    """
    if row.identity_assurance is None:
        return None
    assurance = IdentityAssurance(row.identity_assurance)
    if assurance is IdentityAssurance.LINK and row.phone_proved_at is not None:
        assurance = IdentityAssurance.OTP
    return SessionView(
        identity_assurance=assurance,
        first_joined_at=row.first_joined_at,
        waiting_since=row.waiting_since,
        first_admitted_at=row.first_admitted_at,
        admitted_at=row.admitted_at,
        talked_s=row.talked_ms // 1000,
        agent_joined_at=row.agent_joined_at,
        ended_at=row.ended_at,
        agent_id=row.agent_id,
    )


async def staff_names(tx: AsyncConnection, participants: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return Arabic and English names of those participants who are staff."""
    ids = [one.removeprefix(_STAFF) for one in participants if one.startswith(_STAFF)]
    if not ids:
        return {}
    query = select(staff.c.id, staff.c.display_name_ar, staff.c.display_name_en).where(staff.c.id.in_(ids))
    return {
        f"{_STAFF}{row.id}": (row.display_name_ar, row.display_name_en) for row in await tx.execute(query)
    }
