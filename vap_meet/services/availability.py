"""Availability: what can be had of a service, and booking, moving and cancelling by who it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from vap_meet.domain import availability as domain
from vap_meet.domain.appointment import BookingRequest, ServiceName
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.opening import day_ticks, local_moment
from vap_meet.domain.slot_errors import ChangeTooLate, NotBookable
from vap_meet.services import reserving
from vap_meet.store import availability as store
from vap_meet.store import booking_details, reservations

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment, Customer, Mode
    from vap_meet.domain.availability import Need, Offer
    from vap_meet.services.booking import Booking
    from vap_meet.services.reserving import Wish
    from vap_meet.store.engine import Database

USUAL_MINUTES = 15
"""How long an appointment takes if the service does not say."""

_STEP = timedelta(days=14)
_FIRST_YEAR, _LAST_YEAR = 1999, 2100


class Named(Protocol):
    """What is needed to know of a service."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name_ar(self) -> str: ...  # noqa: D102
    @property
    def name_en(self) -> str: ...  # noqa: D102
    @property
    def minutes(self) -> int | None: ...  # noqa: D102
    @property
    def is_open(self) -> bool: ...  # noqa: D102


class Services(Protocol):
    """Where services are found. `get` raises `NotFound`."""

    async def get(self, service_id: str) -> Named: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What can be had of a service between two local days, both included."""

    service: ServiceName
    minutes: int
    zone: ZoneInfo
    first: date
    last: date
    last_bookable: date
    starts: tuple[datetime, ...]

    def by_day(self, zone: ZoneInfo) -> dict[date, list[datetime]]:
        """Return the starts by the day that they are on in a zone, days without any left out."""
        days: dict[date, list[datetime]] = {}
        for start in self.starts:
            local = start.astimezone(zone)
            days.setdefault(local.date(), []).append(local)
        return days


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """A customer's booking of one slot. A naive `starts_at` is the wall clock of where the service is."""

    service_id: str
    customer: Customer
    starts_at: datetime
    mode: Mode
    wish: Wish
    question: str | None = None
    request_number: str | None = None


@dataclass(frozen=True, slots=True)
class FirstFree:
    """The first start that can be had, where the service is, and how many days away: 0 is today."""

    starts_at: datetime
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a customer may do with an appointment themselves."""

    move: bool
    cancel: bool


class Availability:
    """The use cases of slots. Customers may change a booking until `cut_off` before its start."""

    def __init__(
        self, *, db: Database, clock: Clock, booking: Booking, services: Services, cut_off: timedelta
    ) -> None:
        self._db = db
        self._clock = clock
        self._booking = booking
        self._services = services
        self._cut_off = cut_off

    async def slots(
        self,
        service_id: str,
        first: date | None = None,
        last: date | None = None,
        *,
        need: Need | None = None,
        minutes: int | None = None,
        at_once: bool = False,
    ) -> Slots:
        """Return what can be had: four weeks from today unless days are given.

        `minutes` is the length of an appointment that is to be moved, `at_once` leaves out the lead time,
        for an invitation that says so. Raises `NotFound` for no such service,
        `NotBookable` if nobody takes its appointments, `InvalidRequest` for impossible days.
        """
        service = await self._service(service_id)
        now = self._clock()
        async with self._db.read() as tx:
            offer = await self._offer(tx, service, need=need, minutes=minutes)
            if at_once:
                offer = reserving.at_once(offer)
            first = first or now.astimezone(offer.pool.zone).date()
            last = last or first + timedelta(days=27)
            if not first <= last < first + timedelta(days=domain.MAX_DAYS):
                raise InvalidRequest(
                    "These days can't be answered.",
                    fields={"to": f"Not before from, and at most {domain.MAX_DAYS} days."},
                )
            starts = await _starts(tx, offer, first, last, now=now)
        return Slots(
            service=ServiceName(id=service.id, name_ar=service.name_ar, name_en=service.name_en),
            minutes=offer.duration_minutes,
            zone=offer.pool.zone,
            first=first,
            last=last,
            last_bookable=domain.last_day(offer.pool, now=now),
            starts=starts,
        )

    async def first_free(self, service_id: str, *, need: Need | None = None) -> FirstFree | None:
        """Return the first start that can be had, None if none can within the horizon.

        Raises `NotFound`, `NotBookable`.
        """
        service = await self._service(service_id)
        now = self._clock()
        async with self._db.read() as tx:
            offer = await self._offer(tx, service, need=need)
            zone = offer.pool.zone
            day, last = now.astimezone(zone).date(), domain.last_day(offer.pool, now=now)
            while day <= last:
                until = min(last, day + _STEP - timedelta(days=1))
                if starts := await _starts(tx, offer, day, until, now=now):
                    days = (starts[0].astimezone(zone).date() - now.astimezone(zone).date()).days
                    return FirstFree(starts[0].astimezone(zone), days)
                day = until + timedelta(days=1)
        return None

    async def book(self, appointment_id: str, request: SlotRequest, *, by: str) -> tuple[Appointment, bool]:
        """Book a slot; whether it was created. The same request again returns the same record.

        Raises why the time can't be had (`domain.slot_errors`), and as `Booking.put` does.
        """
        service = await self._service(request.service_id)
        async with self._db.read() as tx:
            offer = await self._offer(tx, service, need=request.wish.need)
        return await self._booking.put(
            appointment_id,
            BookingRequest(
                service=ServiceName(id=service.id, name_ar=service.name_ar, name_en=service.name_en),
                customer=request.customer,
                starts_at=_moment(request.starts_at, offer.pool.zone),
                duration_minutes=offer.duration_minutes,
                mode=request.mode,
                question=request.question,
                request_number=request.request_number,
            ),
            by=by,
            if_match=None,
            wish=request.wish,
        )

    async def changes(self, appointment: Appointment) -> Changes:
        """Return what the customer may do with it themselves: what was booked elsewhere moves only there."""
        if not self.may_change(appointment):
            return Changes(move=False, cancel=False)
        async with self._db.read() as tx:
            reserved = bool(await reservations.of_appointment(tx, appointment.id))
        return Changes(move=reserved, cancel=True)

    def may_change(self, appointment: Appointment) -> bool:
        """Whether the customer may still move or cancel it themselves."""
        return appointment.is_open and self._clock() <= appointment.starts_at - self._cut_off

    async def slots_to_move(self, appointment: Appointment) -> Slots:
        """Return where an appointment could move to, as `slots` does."""
        async with self._db.read() as tx:
            need = await booking_details.need_of(tx, appointment.id)
        minutes = int((appointment.ends_at - appointment.starts_at) / timedelta(minutes=1))
        return await self.slots(appointment.service.id, need=need, minutes=minutes)

    async def move(self, appointment: Appointment, starts_at: datetime, *, by: str) -> Appointment:
        """Move it for the customer who has it. Raises `ChangeTooLate`, and why the time can't be had."""
        self._check_change(appointment)
        now = self._clock()
        minutes = int((appointment.ends_at - appointment.starts_at) / timedelta(minutes=1))
        async with self._db.read() as tx:
            need = await booking_details.need_of(tx, appointment.id)
            service = await self._service(appointment.service.id)
            offer = await self._offer(tx, service, need=need, minutes=minutes)
        domain.check_start(offer, starts_at, now=now)
        return await self._booking.move(
            appointment.id, starts_at=starts_at, duration_minutes=None, by=by, if_match=appointment.revision
        )

    async def cancel(self, appointment: Appointment, *, reason: str, by: str) -> Appointment:
        """Cancel it for the customer who has it. Raises `ChangeTooLate`."""
        self._check_change(appointment)
        return await self._booking.cancel(appointment.id, reason=reason, by=by, if_match=appointment.revision)

    def _check_change(self, appointment: Appointment) -> None:
        if not self.may_change(appointment):
            raise ChangeTooLate("It is too late to change this appointment here; please call.")

    async def _service(self, service_id: str) -> Named:
        service = await self._services.get(service_id)
        if not service.is_open:
            raise NotBookable("Appointments about this service are not offered yet.")
        return service

    async def _offer(
        self, tx: AsyncConnection, service: Named, *, need: Need | None, minutes: int | None = None
    ) -> Offer:
        offer = await store.offer(
            tx,
            service.id,
            minutes=minutes or service.minutes or USUAL_MINUTES,
            need=need,
            since=self._clock().date() - timedelta(days=1),
        )
        if offer is None:
            raise NotBookable("Nobody takes appointments for this service yet.")
        return offer


async def _starts(
    tx: AsyncConnection, offer: Offer, first: date, last: date, *, now: datetime
) -> tuple[datetime, ...]:
    pools = (offer.pool.id,) if offer.interpreters is None else (offer.pool.id, offer.interpreters.id)
    taken = await store.taken(
        tx, pools, first=day_ticks(first, offer.pool.zone).start, stop=day_ticks(last, offer.pool.zone).stop
    )
    return domain.slots(offer, first, last, taken, now=now)


def _moment(starts_at: datetime, zone: ZoneInfo) -> datetime:
    if not _FIRST_YEAR < starts_at.year < _LAST_YEAR:  # at the ends of the calendar no zone can be told
        raise InvalidRequest("The time can't be read.", fields={"startsAt": "A year of this century."})
    return local_moment(starts_at, zone) if starts_at.tzinfo is None else starts_at.astimezone(UTC)
