"""Lists that booking systems read, a page at a time: appointments, agents, what customers thought of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.audit import NewEntry
from vap_meet.domain.errors import NotFound
from vap_meet.store import agents, appointments, audit, board, feedback_list
from vap_meet.store.agents import Agent
from vap_meet.store.feedback_list import FeedbackEntry

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment, AppointmentState
    from vap_meet.domain.feedback import Face
    from vap_meet.store.engine import Database

__all__ = ["Agent", "AppointmentsAsked", "FeedbackEntry", "PublishedLists"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentsAsked:
    """Which appointments are asked for, from local day `first` to `last`; what is None may be anything.

    `number` is part of a reference or a request number. `phone` (E.164), `reference` and `request_number` are
    whole. `name` is what `vap_meet.domain.naming.sought_parts` returns.
    """

    first: date | None = None
    last: date | None = None
    state: AppointmentState | None = None
    service_id: str | None = None
    number: str | None = None
    phone: str | None = None
    reference: str | None = None
    request_number: str | None = None
    name: tuple[tuple[str, ...], ...] = ()

    def personal(self) -> list[str]:
        """Return what of it belongs to a person: to ask by that is to look somebody up."""
        return [what for what, asked in (("phone", self.phone), ("name", self.name)) if asked]


@dataclass(frozen=True, slots=True)
class AppointmentsPage:
    """Appointments by their start, the earliest first, and whether there are more behind them."""

    appointments: tuple[Appointment, ...]
    goes_on: bool


class PublishedLists:
    """Reads them. Days are those of `zone`'s wall clock."""

    def __init__(self, *, db: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._db = db
        self._clock = clock
        self._zone = zone

    async def appointments(
        self, asked: AppointmentsAsked, *, by: str, after: str | None, at_most: int
    ) -> AppointmentsPage:
        """Return appointments from behind one on. Raises `NotFound` if that one is none.

        Whoever asks by a name or a phone is noted with each appointment before it is shown, as an official
        who looks a caller up is; what was asked is kept nowhere.
        """
        first, last = asked.first, asked.last
        wanted = board.Wanted(
            starts_from=None if first is None else self._midnight(first),
            starts_before=None if last is None else self._midnight(last + timedelta(days=1)),
            state=asked.state,
            service_id=asked.service_id,
            number=asked.number,
            phone=asked.phone,
            reference=asked.reference,
            request_number=asked.request_number,
            name=asked.name,
        )
        async with self._db.read() as tx:
            seen = None if after is None else await appointments.get(tx, after)
            found = await board.following(tx, wanted, after=seen, at_most=at_most + 1)
        shown = found[:at_most]
        if way := asked.personal():
            await self._note([one.id for one in shown], by=by, way=way)
        return AppointmentsPage(shown, goes_on=len(found) > at_most)

    async def _note(self, ids: list[str], *, by: str, way: list[str]) -> None:
        about: list[str | None] = [*ids] or [None]  # a search in vain is noted too
        entries = [
            NewEntry(
                at=self._clock(),
                action="appointment.looked_up",
                appointment_id=one,
                public={"by": by, "way": way, "found": len(ids)},
                personal=None,
            )
            for one in about
        ]
        async with self._db.write() as tx:
            await audit.record_all(tx, entries)

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
