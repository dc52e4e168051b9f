"""Boards: the agent's day, who waits and how long, answers owed; the admin's list of appointments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vap_meet.domain.access import staff_participant
from vap_meet.domain.appointment import AppointmentState
from vap_meet.services.shared_looks import SharedLook
from vap_meet.store import board as store
from vap_meet.store import device_checks, sessions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.settings import Settings
    from vap_meet.store.board import Listed
    from vap_meet.store.device_checks import DeviceCheck
    from vap_meet.store.engine import Database

NEAR = timedelta(hours=12)
"""An agent's day reaches at least this far to both sides of now, so that midnight cuts nothing off."""

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """An appointment on a board. `waited_s` counts from when the customer came, 0 while nobody waits.

    `over_target` counts from the start of the appointment if the customer came before it: coming early is
    no delay of ours. `in_session_with` is the participant id of the agent in the session that runs.
    `over_at` is when the call ended of an appointment that still lacks its outcome.
    """

    appointment: Appointment
    waiting_since: datetime | None
    waited_s: int
    over_target: bool
    in_session_with: str | None
    over_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBoard:
    """What an agent sees: the day by start, who waits by arrival, answers owed by age.

    `checked` holds the device checks of those who wait, by appointment; `names` the Arabic and English names
    of those who are in a session, by participant.
    """

    today: tuple[BoardRow, ...]
    waiting: tuple[BoardRow, ...]
    owed: tuple[BoardRow, ...]
    checked: Mapping[str, DeviceCheck]
    names: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPage:
    """One page of a list, the latest start first. `page` counts from 1 and is never beyond `pages`."""

    rows: tuple[BoardRow, ...]
    page: int
    pages: int
    total: int


class Board:
    """Reads boards; each from one snapshot of the record."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings) -> None:
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(settings.time_zone)
        self._target = timedelta(minutes=settings.wait_target_minutes)
        self._agents = SharedLook(self._read_agents)

    async def agent(self, staff_id: str) -> AgentBoard:  # noqa: ARG002 - appointments are not assigned yet
        """Return the board of an agent. News brings all consoles at once: they share a look."""
        return await self._agents()

    async def _read_agents(self) -> AgentBoard:
        now = self._clock()
        first, last = self._day(now.astimezone(self._zone).date())
        async with self._db.read() as tx:
            today = await store.starting_between(tx, min(first, now - NEAR), max(last, now + NEAR))
            waiting = await store.waiting(tx)
            owed = await store.owed(tx)
            rows = self._rows(today, now)
            talking = {row.in_session_with for row in rows if row.in_session_with}
            return AgentBoard(
                today=rows,
                waiting=self._rows(waiting, now),
                owed=self._rows(owed, now),
                checked=await device_checks.of(tx, [one.appointment.id for one in waiting]),
                names=await sessions.staff_names(tx, talking),
            )

    async def admin(
        self, *, day: date | None, state: AppointmentState | None, query: str | None, page: int
    ) -> AdminPage:
        """Return one page of appointments: of a local day, in a state, `query` in a name or number."""
        now = self._clock()
        first, last = (None, None) if day is None else self._day(day)
        wanted = store.Wanted(starts_from=first, starts_before=last, state=state, text=query)
        async with self._db.read() as tx:
            total = await store.count(tx, wanted)
            pages = max(1, -(-total // PAGE_ROWS))
            page = min(max(1, page), pages)
            rows = await store.page(tx, wanted, offset=(page - 1) * PAGE_ROWS, at_most=PAGE_ROWS)
        return AdminPage(rows=self._rows(rows, now), page=page, pages=pages, total=total)

    def _day(self, day: date) -> tuple[datetime, datetime]:
        """Return when a local day begins, and when the next one does."""
        begins = datetime.combine(day, time(), self._zone)
        ends = datetime.combine(day + timedelta(days=1), time(), self._zone)
        return begins.astimezone(UTC), ends.astimezone(UTC)

    def _rows(self, listed: tuple[Listed, ...], now: datetime) -> tuple[BoardRow, ...]:
        return tuple(self._row(one, now) for one in listed)

    def _row(self, listed: Listed, now: datetime) -> BoardRow:
        appointment = listed.appointment
        since = listed.waiting_since if appointment.state is AppointmentState.WAITING else None
        over_at = listed.ended_at if appointment.is_open else None
        in_session = appointment.state is AppointmentState.IN_SESSION and over_at is None
        return BoardRow(
            appointment=appointment,
            waiting_since=since,
            waited_s=0 if since is None else max(0, int((now - since).total_seconds())),
            over_target=since is not None and now - max(since, appointment.starts_at) > self._target,
            in_session_with=staff_participant(listed.agent_id) if in_session and listed.agent_id else None,
            over_at=over_at,
        )
