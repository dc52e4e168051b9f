"""Entering: a click on a link, or a join token, becomes this browser's visit."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain import access as domain
from vap_meet.domain.access import CUSTOMER, LinkStatus, Role, browser_sha256
from vap_meet.domain.errors import LinkUnknown, NoticeNotAccepted, TokenInvalid
from vap_meet.services.visiting import hash_of, whose
from vap_meet.store import access, appointments, arrivals, audit
from vap_meet.store.access import Visit

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.gate import Gate
    from vap_meet.services.invitations import Invitations
    from vap_meet.store.engine import Database

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A visit, and the cookie that proves it; `set_cookie` is false if the browser has it already."""

    visit_id: str
    browser: str
    set_cookie: bool


class Entering:
    """Exchanges what somebody came with for a visit, once for each browser."""

    def __init__(self, *, db: Database, clock: Clock, gate: Gate, invitations: Invitations) -> None:
        self._db = db
        self._clock = clock
        self._gate = gate
        self._invitations = invitations

    async def enter_by_link(self, code: str, *, browser: str | None, notice_version: str | None) -> Entry:
        """Exchange a click on a link for this browser's visit; again, for the same visit.

        Raises `LinkUnknown`, `NoticeNotAccepted`, `LinkMoved`, `LinkCancelled`, `LinkOver`.
        """
        now, hashed = self._clock(), hash_of(code)
        async with self._db.glance() as tx:
            await whose(tx, await access.link_by_code(tx, hashed))  # guesses must not queue for the writer
        async with self._db.write() as tx:
            held = await arrivals.hold_by_link(tx, hashed)
            if held is None:
                raise LinkUnknown("This link is not known.")
            link, appointment = held
            await whose(tx, link)
            status = self._gate.status(appointment, link.schedule_version)
            if not self._gate.may_enter(appointment, status, link.participant_id):
                raise domain.refusal(status)
            return await self._enter(
                tx,
                appointment,
                link.participant_id,
                browser=browser,
                notice_version=notice_version,
                by={"link_id": link.id},
                now=now,
            )

    async def enter_by_token(self, token: str, *, browser: str | None, notice_version: str | None) -> Entry:
        """Exchange a join token for this browser's visit; again, for the same visit.

        Raises `TokenInvalid`, `TokenEarly`, `TokenExpired`, `NoticeNotAccepted`, and as a link does.
        """
        now = self._clock()
        join = self._invitations.read_token(token, now=now)
        async with self._db.write() as tx:
            appointment = await appointments.find(tx, join.appointment_id, hold=True)
            if appointment is None or (join.subject == CUSTOMER) is not (join.role is Role.CUSTOMER):
                raise TokenInvalid("The token's appointment or role does not exist.")
            status = self._gate.status(appointment, join.schedule_version)
            if not self._gate.may_enter(appointment, status, join.subject):
                raise domain.refusal(status)
            return await self._enter(
                tx,
                appointment,
                join.subject,
                browser=browser,
                notice_version=notice_version,
                by={"token_id": join.token_id},
                now=now,
            )

    async def enter_as(
        self,
        tx: AsyncConnection,
        appointment: Appointment,
        participant_id: str,
        *,
        schedule_version: int,
        browser: str | None,
        notice_version: str | None,
        by: dict[str, str],
    ) -> Entry:
        """Make a visit for somebody whose right to it the caller has proven, of an appointment that is held.

        Raises `NoticeNotAccepted`, `TooEarly`, `LinkMoved`, `LinkCancelled`, `LinkOver`.
        """
        status = self._gate.status(appointment, schedule_version)
        if status is not LinkStatus.OPEN:
            raise domain.refusal(status)
        now = self._clock()
        return await self._enter(
            tx, appointment, participant_id, browser=browser, notice_version=notice_version, by=by, now=now
        )

    async def _enter(
        self,
        tx: AsyncConnection,
        appointment: Appointment,
        participant_id: str,
        *,
        browser: str | None,
        notice_version: str | None,
        by: dict[str, str],
        now: datetime,
    ) -> Entry:
        if notice_version != domain.NOTICE_VERSION:
            raise NoticeNotAccepted("The notice has to be accepted to enter.")
        cookie = browser if browser and _COOKIE.fullmatch(browser) else secrets.token_urlsafe(32)
        is_new = cookie != browser
        visit = (
            None
            if is_new
            else await access.find_visit(
                tx,
                browser_sha256=browser_sha256(cookie),
                appointment_id=appointment.id,
                participant_id=participant_id,
                schedule_version=appointment.schedule_version,
            )
        )
        entry = Entry(visit_id=visit.id if visit else str(uuid4()), browser=cookie, set_cookie=is_new)
        if visit is not None and visit.notice_version == notice_version:
            return entry
        if visit is not None:
            await access.accept_notice(tx, visit.id, notice_version)
        else:
            await access.add_visit(
                tx,
                Visit(
                    id=entry.visit_id,
                    browser_sha256=browser_sha256(cookie),
                    appointment_id=appointment.id,
                    participant_id=participant_id,
                    schedule_version=appointment.schedule_version,
                    notice_version=notice_version,
                    created_at=now,
                ),
            )
        await audit.record(
            tx,
            at=now,
            action="visit.entered",
            appointment_id=appointment.id,
            public={
                "visit_id": entry.visit_id,
                "participant": participant_id,
                "notice_version": notice_version,
                **by,
            },
        )
        return entry
