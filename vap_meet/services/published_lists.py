"""Lists that booking systems read, a page at a time: agents, and what customers thought of appointments."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.errors import NotFound
from vap_meet.store import agents, feedback_list
from vap_meet.store.agents import Agent
from vap_meet.store.feedback_list import FeedbackEntry

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from vap_meet.domain.feedback import Face
    from vap_meet.store.engine import Database

__all__ = ["Agent", "FeedbackEntry", "PublishedLists"]


class PublishedLists:
    """Reads them. Days are those of `zone`'s wall clock."""

    def __init__(self, *, db: Database, zone: ZoneInfo) -> None:
        self._db = db
        self._zone = zone

    async def agents(
        self, *, active: bool | None, name: str | None, after: str | None, at_most: int
    ) -> tuple[Agent, ...]:
        """Return agents from behind one on. Raises `NotFound` if that one is none."""
        if name and "\0" in name:
            return ()
        async with self._db.read() as tx:
            last = None
            if after is not None:
                last = await agents.find(tx, after) if "\0" not in after else None
                if last is None:
                    raise NotFound("There is no such agent.")
            return await agents.page(tx, active=active, name=name, after=last, at_most=at_most)

    async def feedback(
        self,
        *,
        first: date | None,
        last: date | None,
        face: Face | None,
        service_id: str | None,
        open_case: bool | None,
        after: str | None,
        at_most: int,
    ) -> tuple[FeedbackEntry, ...]:
        """Return feedback from behind an appointment's on, the newest first. Raises `NotFound` as above."""
        async with self._db.read() as tx:
            behind = None
            if after is not None:
                behind = await feedback_list.find(tx, after) if "\0" not in after else None
                if behind is None:
                    raise NotFound("There is no such feedback.")
            return await feedback_list.page(
                tx,
                given_from=None if first is None else self._midnight(first),
                given_before=None if last is None else self._midnight(last + timedelta(days=1)),
                face=face,
                service_id=service_id,
                open_case=open_case,
                after=behind,
                at_most=at_most,
            )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)
