"""The session: what the facts of a meeting amount to, as a pure fold over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.outcome import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from vap_meet.domain.appointment import IdentityAssurance


class Happening(StrEnum):
    """What a fact of the room means for the meeting."""

    CUSTOMER_WAITS = "customer_waits"
    CUSTOMER_ADMITTED = "customer_admitted"
    CUSTOMER_HELD = "customer_held"
    CUSTOMER_LEFT = "customer_left"
    HOST_CAME = "host_came"
    HOST_LEFT = "host_left"
    ENDED = "ended"


class Where(StrEnum):
    """Where the customer is."""

    AWAY = "away"
    WAITING = "waiting"
    IN_CALL = "in_call"
    ON_HOLD = "on_hold"


_CUSTOMER_GOES: dict[Happening, Where] = {
    Happening.CUSTOMER_WAITS: Where.WAITING,
    Happening.CUSTOMER_ADMITTED: Where.IN_CALL,
    Happening.CUSTOMER_HELD: Where.ON_HOLD,
    Happening.CUSTOMER_LEFT: Where.AWAY,
    Happening.ENDED: Where.AWAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A happening at its time. `host` is the participant id of the host who came, left or admitted."""

    what: Happening
    at: datetime
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """How a meeting stands after some facts. Times are aware UTC, lengths milliseconds of closed stretches.

    Talking needs the customer in the call and a host there; being on hold is neither waiting nor talking.
    """

    customer: Where = Where.AWAY
    hosts: frozenset[str] = frozenset()
    first_joined_at: datetime | None = None
    waiting_since: datetime | None = None
    waited_ms: int = 0
    first_admitted_at: datetime | None = None
    waited_for_admission_ms: int | None = None
    talking_since: datetime | None = None
    talked_ms: int = 0
    agent: str | None = None  # participant id of the host who admitted last
    agent_joined_at: datetime | None = None
    ended_at: datetime | None = None

    def after(self, told: Told) -> Meeting:
        """Return the meeting after one more happening."""
        at = told.at
        customer = _CUSTOMER_GOES.get(told.what, self.customer)
        hosts = self._hosts_after(told)
        admitted = told.what is Happening.CUSTOMER_ADMITTED
        came = told.what in {Happening.CUSTOMER_WAITS, Happening.CUSTOMER_ADMITTED}
        waiting_since, waited_ms = _stretch(
            self.waiting_since, self.waited_ms, at, goes_on=customer is Where.WAITING
        )
        talking_since, talked_ms = _stretch(
            self.talking_since, self.talked_ms, at, goes_on=customer is Where.IN_CALL and bool(hosts)
        )
        first = admitted and self.first_admitted_at is None
        return replace(
            self,
            customer=customer,
            hosts=hosts,
            first_joined_at=self.first_joined_at or (at if came else None),
            waiting_since=waiting_since,
            waited_ms=waited_ms,
            first_admitted_at=at if first else self.first_admitted_at,
            waited_for_admission_ms=waited_ms if first else self.waited_for_admission_ms,
            talking_since=talking_since,
            talked_ms=talked_ms,
            agent=told.host if admitted and told.host else self.agent,
            agent_joined_at=self.agent_joined_at or (at if hosts else None),
            ended_at=self.ended_at or (at if told.what is Happening.ENDED else None),
        )

    def _hosts_after(self, told: Told) -> frozenset[str]:
        if told.what is Happening.ENDED:
            return frozenset()
        if told.host is None:
            return self.hosts
        if told.what is Happening.HOST_LEFT:
            return self.hosts - {told.host}
        return self.hosts | {told.host}


def meeting_of(happenings: Iterable[Told]) -> Meeting:
    """Fold happenings, in their order, into the meeting they made."""
    meeting = Meeting()
    for told in happenings:
        meeting = meeting.after(told)
    return meeting


def evidence_of(meeting: Meeting, *, now: datetime, assurance: IdentityAssurance | None) -> Evidence:
    """Return what the facts say at `now`; a stretch that is still open counts up to then."""
    waited_ms = meeting.waited_for_admission_ms
    if waited_ms is None and meeting.first_joined_at is not None:
        waited_ms = _stretch(meeting.waiting_since, meeting.waited_ms, now, goes_on=False)[1]
    talked_ms = _stretch(meeting.talking_since, meeting.talked_ms, now, goes_on=False)[1]
    return Evidence(
        customer_waited_s=None if waited_ms is None else waited_ms // 1000,
        first_admitted_at=meeting.first_admitted_at,
        ended_at=meeting.ended_at,
        talked_s=talked_ms // 1000,
        customer_joined=meeting.first_joined_at is not None,
        agent_joined=meeting.agent_joined_at is not None,
        identity_assurance=assurance,
    )


def _stretch(
    since: datetime | None, closed_ms: int, at: datetime, *, goes_on: bool
) -> tuple[datetime | None, int]:
    """Open, carry on or close a stretch of time. A clock that went back adds nothing."""
    if goes_on:
        return since or at, closed_ms
    if since is None:
        return None, closed_ms
    return None, closed_ms + max(0, _milliseconds(at - since))


def _milliseconds(length: timedelta) -> int:
    return round(length.total_seconds() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """The session as projected from the facts. `waiting_since` and `admitted_at` are None while not so."""

    identity_assurance: IdentityAssurance
    first_joined_at: datetime | None
    waiting_since: datetime | None
    first_admitted_at: datetime | None
    admitted_at: datetime | None
    talked_s: int
    agent_joined_at: datetime | None
    ended_at: datetime | None
    agent_id: str | None
