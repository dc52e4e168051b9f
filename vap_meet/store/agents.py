"""SQL of the list of agents, as booking systems read it: who they are, nothing of how they sign in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import literal, or_, select, tuple_

from vap_meet.domain.access import StaffRole
from vap_meet.store.schema import staff

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS = (
    staff.c.id,
    staff.c.display_name_ar.label("name_ar"),
    staff.c.display_name_en.label("name_en"),
    staff.c.active,
    staff.c.created_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as others may know them."""

    id: str
    name_ar: str
    name_en: str
    active: bool
    created_at: datetime


async def find(tx: AsyncConnection, agent_id: str) -> Agent | None:
    """Return an agent by the staff member's id."""
    query = select(*_COLUMNS).where(staff.c.id == agent_id, staff.c.role == StaffRole.AGENT)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else Agent(**row)


async def page(
    tx: AsyncConnection, *, active: bool | None, name: str | None, after: Agent | None, at_most: int
) -> tuple[Agent, ...]:
    """Return agents from behind one on, who came first first; `name` is part of one of their names."""
    query = select(*_COLUMNS).where(staff.c.role == StaffRole.AGENT)
    if active is not None:
        query = query.where(staff.c.active.is_(active))
    if name:
        names = (staff.c.display_name_ar, staff.c.display_name_en)
        query = query.where(or_(*(column.icontains(name, autoescape=True) for column in names)))
    if after is not None:
        place = tuple_(literal(after.created_at, staff.c.created_at.type), literal(after.id))
        query = query.where(tuple_(staff.c.created_at, staff.c.id) > place)
    query = query.order_by(staff.c.created_at, staff.c.id).limit(at_most)
    return tuple(Agent(**row) for row in (await tx.execute(query)).mappings())
