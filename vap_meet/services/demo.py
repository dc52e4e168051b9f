"""The demonstration: a made-up municipality's day, told through the real use cases.

Times are relative to the moment of `start_over`, so the day looks the same at midnight and on a Sunday.
People are labelled by their role; nobody is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

import msgspec

from signaling.events import Position
from signaling.facts import Admitted, Ended, Fact, Joined, Left
from signaling.vocabulary import Grant, Stage
from vap_meet.domain.appointment import BookingRequest, Customer, Language, Mode, ServiceName
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.demo_call_back import seed_call_back
from vap_meet.services.demo_hours import seed_hours
from vap_meet.services.demo_past import seed_past
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.request_demo import PERMIT_REQUEST, PESTS_REQUEST, PLAN_REQUEST
from vap_meet.store import demo as store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from signaling.hub import Hub
    from vap_meet.clock import Clock
    from vap_meet.services.announcing import Announce
    from vap_meet.services.api_keys import ApiKeys
    from vap_meet.services.booking_invitations import BookingInvitations
    from vap_meet.services.catalogue import Catalogue
    from vap_meet.services.hours import Hours
    from vap_meet.services.joining import Joining
    from vap_meet.services.sessions import Sessions
    from vap_meet.services.staffing import Staffing
    from vap_meet.store.engine import Database

BY = "demo"
STALE_AFTER = timedelta(hours=12)
CUSTOMER = "customer"
CUSTOMER_GRANTS = (Grant.CHAT, Grant.PUBLISH)

TREES = ServiceName(id="agricultural-guidance", name_ar="الإرشاد الزراعي", name_en="Agricultural guidance")
BUILDING = ServiceName(id="building-permit", name_ar="رخصة بناء جديدة", name_en="New building permit")
PESTS = ServiceName(
    id="home-agricultural-pest-control",
    name_ar="مكافحة الآفات الزراعية في المنازل",
    name_en="Agricultural pest control at home",
)
LAND = ServiceName(
    id="unified-site-plan", name_ar="إصدار خارطة أرض موحدة", name_en="Unified site plan (affection plan)"
)


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A demonstration account; its password is shown on the demo page, so it guards nothing."""

    username: str
    password: str
    role: str
    name_ar: str
    name_en: str


STAFF = (
    DemoStaff("agent", "demo-agent", "agent", "موظف خدمة المتعاملين", "Customer service agent"),
    DemoStaff("admin", "demo-admin", "admin", "مشرف النظام", "Administrator"),
)


@dataclass(frozen=True, slots=True)
class DemoLink:
    """One situation to try: `key` names it in the catalogues."""

    key: str
    appointment_id: str
    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class DemoLinks:
    """Every customer link of the day, and an API key to try the API with."""

    links: tuple[DemoLink, ...]
    api_key: str
    seeded_at: datetime

    @property
    def accounts(self) -> dict[str, str]:
        """Return the password of each demonstration account by its user name."""
        return {person.username: person.password for person in STAFF}

    def url(self, key: str) -> str:
        """Return the link of one situation."""
        return next(link.url for link in self.links if link.key == key)


class Demo:
    """Seeds the demonstration and starts it over."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hub: Hub,
        sessions: Sessions,
        joining: Joining,
        staffing: Staffing,
        api_keys: ApiKeys,
        catalogue: Catalogue,
        hours: Hours,
        invitations: BookingInvitations,
        announce: Announce,
        seal: Callable[[], Awaitable[int]],
        notebook: Path,
    ) -> None:
        """`seal` seals a batch of the audit log and returns how many entries it had.

        `notebook` is the file that keeps the links, so that a restart comes back to the same day.
        """
        self._db = db
        self._clock = clock
        self._hub = hub
        self._sessions = sessions
        self._joining = joining
        self._staffing = staffing
        self._api_keys = api_keys
        self._catalogue = catalogue
        self._hours = hours
        self._invitations = invitations
        self._announce = announce
        self._seal = seal
        self._notebook = notebook
        self._links: DemoLinks | None = None

    async def links(self) -> DemoLinks:
        """Return the links of the day; a day that is over, or none, is seeded first."""
        if self._links is None:
            self._links = await self._noted()
        return self._links or await self.start_over()

    async def _noted(self) -> DemoLinks | None:
        """Return the day that an earlier run of this demonstration has seeded, if it is still on."""
        try:
            noted = msgspec.json.decode(self._notebook.read_bytes(), type=DemoLinks)
        except (OSError, msgspec.DecodeError):
            return None
        if not timedelta(0) <= self._clock() - noted.seeded_at < STALE_AFTER:
            return None
        async with self._db.read() as tx:
            known = set(await store.rooms(tx))
        return noted if all(link.appointment_id in known for link in noted.links) else None

    async def start_over(self) -> DemoLinks:
        """Forget the day and seed it anew, relative to now; whoever is in an old room is told."""
        async with self._db.read() as tx:
            rooms = await store.rooms(tx)
        async with self._db.write() as tx:
            await store.forget_the_day(tx)
            known = {person.username for person in STAFF if await store.staff_id(tx, person.username)}
        for room in rooms:  # after the record: whoever asks at once for the way back finds that it is gone
            await self._hub.revoke(room, None)
        for person in STAFF:
            if person.username in known:
                continue
            await self._staffing.add(
                person.username,
                person.password,
                person.role,
                name_ar=person.name_ar,
                name_en=person.name_en,
            )
        await self._catalogue.start_over()
        async with self._db.read() as tx:
            agent_id = await store.staff_id(tx, "agent")
        await seed_hours(self._hours, agent_id=agent_id, today=self._clock().date(), by=BY)
        run = token_hex(3)
        links = await _Day(self, run).seed()
        now, agent = self._clock(), f"staff.{agent_id}"
        await seed_past(self._db, self._sessions, now=now, agent=agent, run=run, by=BY)
        await seed_call_back(
            self._db, self._sessions, self._invitations, now=now, agent=agent, run=run, by=BY
        )
        async with self._db.write() as tx:
            await store.promise_from_now(tx, now=self._clock())
        while await self._seal():
            pass
        self._links = DemoLinks(links, await self._api_keys.add("demo"), self._clock())
        self._notebook.write_bytes(msgspec.json.encode(self._links))
        self._notebook.chmod(0o600)
        return self._links

    def at(self, moment: datetime) -> Booking:
        """Return booking as if it were `moment`."""
        return Booking(db=self._db, clock=lambda: moment, announce=self._announce)

    def outcomes_at(self, moment: datetime) -> Outcomes:
        """Return outcomes as if it were `moment`."""
        return Outcomes(
            db=self._db, clock=lambda: moment, room_over=self._hub.end_room, announce=self._announce
        )


class _Day:
    """One seeding: the appointments of a day around `now`."""

    def __init__(self, demo: Demo, run: str) -> None:
        self._demo = demo
        self._run = run
        self._now = demo._clock()  # noqa: SLF001 - one class in two parts
        self._count = 0

    async def seed(self) -> tuple[DemoLink, ...]:
        """Book every situation and return its link."""
        return (
            await self._book("now", TREES, 2, question_ar="الشجرة أمام منزلي تحجب الإنارة، ما المطلوب؟"),
            await self._waiting(),
            await self._book("soon", LAND, 15, language=Language.EN, request_number=PLAN_REQUEST),
            await self._book("early", BUILDING, 180, request_number=PERMIT_REQUEST),
            await self._moved(),
            await self._cancelled(),
            await self._finished(),
        )

    async def _book(
        self,
        key: str,
        service: ServiceName,
        minutes: int,
        *,
        booked_before: timedelta = timedelta(days=2),
        question_ar: str | None = None,
        mode: Mode = Mode.VIDEO,
        language: Language = Language.AR,
        request_number: str | None = None,
    ) -> DemoLink:
        self._count += 1
        label = "متعامل" if language is Language.AR else "Customer"
        appointment_id = f"demo-{key}-{self._run}"
        appointment, _ = await self._demo.at(self._now - booked_before).put(
            appointment_id,
            BookingRequest(
                service=service,
                customer=Customer(
                    name=f"{label} {self._count}",
                    phone=f"+97150000000{self._count}",
                    email=f"customer{self._count}@example.org",
                    language=language,
                ),
                starts_at=(self._now + timedelta(minutes=minutes)).replace(second=0, microsecond=0),
                mode=mode,
                question=question_ar,
                request_number=request_number,
            ),
            by=BY,
            if_match=None,
        )
        issued = await self._demo._joining.issue_link(appointment_id, by=BY)  # noqa: SLF001
        return DemoLink(key, appointment_id, appointment.reference, issued.url)

    async def _waiting(self) -> DemoLink:
        link = await self._book("waiting", PESTS, -12, mode=Mode.SOUND, request_number=PESTS_REQUEST)
        await self._facts(link, (-14, Joined(CUSTOMER, CUSTOMER_GRANTS, Stage.WAITING)))
        return link

    async def _moved(self) -> DemoLink:
        link = await self._book("moved", BUILDING, 30)
        await self._demo.at(self._now - timedelta(hours=1)).move(
            link.appointment_id,
            starts_at=(self._now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0),
            duration_minutes=None,
            by=BY,
            if_match=1,
        )
        return link

    async def _cancelled(self) -> DemoLink:
        link = await self._book("cancelled", PESTS, 45)
        await self._demo.at(self._now - timedelta(hours=2)).cancel(
            link.appointment_id, reason="طلب المتعامل", by=BY, if_match=1
        )
        return link

    async def _finished(self) -> DemoLink:
        link = await self._book("finished", LAND, -60)
        async with self._demo._db.read() as tx:  # noqa: SLF001
            agent = f"staff.{await store.staff_id(tx, 'agent')}"
        await self._facts(
            link,
            (-61, Joined(CUSTOMER, CUSTOMER_GRANTS, Stage.WAITING)),
            (-58, Joined(agent, tuple(sorted(Grant)), Stage.WATCHING)),
            (-57, Admitted(CUSTOMER, agent)),
        )
        await self._demo.outcomes_at(self._now - timedelta(minutes=48)).put(
            link.appointment_id,
            OutcomeContent(
                code=OutcomeCode.RESOLVED,
                answer="يمكنك طلب مخطط الأرض عبر الموقع باستخدام رقم الأرض، ويصدر خلال يوم عمل واحد.",
                next_steps="1. تجهيز رقم الأرض.\n2. تقديم الطلب من صفحة الخدمة.\n3. استلام المخطط بالبريد.",
                internal_notes="أُجيب عن السؤال كاملًا.",
            ),
            author=agent.replace(".", ":"),
            if_version=None,
        )
        await self._facts(link, (-47, Left(CUSTOMER, "left")), (-46, Ended()), after=3)
        return link

    async def _facts(self, link: DemoLink, *facts: tuple[int, Fact], after: int = 0) -> None:
        """Store facts at minutes relative to now, as a room would have told them."""
        for seq, (minutes, fact) in enumerate(facts, start=after + 1):
            at = self._now + timedelta(minutes=minutes)
            await self._demo._sessions.commit(  # noqa: SLF001
                link.appointment_id,
                Position(f"seed{self._run}0000"[:12], seq),
                int(at.timestamp() * 1000),
                fact,
            )
