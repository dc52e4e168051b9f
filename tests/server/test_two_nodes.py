"""Two processes on one PostgreSQL: whatever they do at once is done once, and nothing one does is lost."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import func, select

from signaling.events import Admitted, Joined, Left, Position
from signaling.protocol import Grant, Stage
from tests.support import postgres
from tests.support.record import NOON, Told, TurnedClock, a_booking, open_database
from vap_meet.domain.errors import AppointmentExists, DomainError, VersionConflict, VersionRequired
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.sealing import Sealer, verify
from vap_meet.services.sessions import Sessions
from vap_meet.store import schema

FACTS = (
    Joined("customer", (Grant.CHAT, Grant.PUBLISH), Stage.WAITING),
    Joined("staff.s1", tuple(sorted(Grant)), Stage.ADMITTED),
    Admitted("customer", "staff.s1"),
    Left("customer", "left"),
)


class Node:
    """The services of one process."""

    def __init__(self, db, clock):
        self.db = db
        self.told = Told()
        self.booking = Booking(db=db, clock=clock)
        self.sessions = Sessions(db=db, clock=clock)
        self.outcomes = Outcomes(db=db, clock=clock, room_over=self.told)
        self.sealer = Sealer(db=db, clock=clock)
        self.handled = Told()
        self.dispatcher = Dispatcher(db=db, clock=clock, handlers={"room.end": self.handled})


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def nodes(clock):
    async with postgres.fresh_url() as url, open_database(url) as one, open_database(url) as other:
        yield Node(one, clock), Node(other, clock)


async def at_once(nodes, work, times=6):
    """Do `work(node, number)` so often at once, on each node in turn; return results and errors."""
    tasks = (work(nodes[number % 2], number) for number in range(times))
    return await asyncio.gather(*tasks, return_exceptions=True)


def answer(text):
    return OutcomeContent(code=OutcomeCode.RESOLVED, answer=text)


def put(node, text, if_version=None):
    reason = None if if_version is None else "سهو"
    return node.outcomes.put("a1", answer(text), author="staff:s1", reason=reason, if_version=if_version)


async def meet(node):
    for seq, fact in enumerate(FACTS[:3], start=1):
        at = round(NOON.timestamp() * 1000) + seq
        await node.sessions.commit("a1", Position("epoch", seq), at, fact)


async def audited(node):
    async with node.db.read() as tx:
        return Counter((await tx.execute(select(schema.audit_entry.c.action))).scalars())


async def test_the_same_booking_at_once_is_one_booking(nodes):
    async def book(node, _):
        return await node.booking.put("a1", a_booking(), by="api:1", if_match=None)

    results = await at_once(nodes, book)
    assert Counter(created for _, created in results) == {True: 1, False: 5}
    assert len({record.reference for record, _ in results}) == 1
    assert (await audited(nodes[0]))["appointment.booked"] == 1


async def test_of_different_bookings_of_one_id_at_once_one_is_kept(nodes):
    async def book(node, number):
        return await node.booking.put("a1", a_booking(question=f"{number}"), by="api:1", if_match=None)

    results = await at_once(nodes, book)
    assert Counter(map(type, results)) == {tuple: 1, AppointmentExists: 5}


async def test_of_edits_moves_and_cancellations_of_one_version_at_once_one_wins(nodes):
    await nodes[0].booking.put("a1", a_booking(), by="api:1", if_match=None)

    async def change(node, number):
        if number % 3 == 0:
            return await node.booking.put("a1", a_booking(question=f"{number}"), by="api:1", if_match=1)
        if number % 3 == 1:
            later = NOON.replace(day=29, minute=number)
            return await node.booking.move(
                "a1", starts_at=later, duration_minutes=None, by="api:1", if_match=1
            )
        return await node.booking.cancel("a1", reason=f"{number}", by="api:1", if_match=1)

    results = await at_once(nodes, change)
    assert (await nodes[1].booking.get("a1")).revision == 2
    changes = await audited(nodes[0])
    assert changes.total() == 2  # booked, and the one
    assert all(isinstance(result, DomainError) for result in results if not _is_kept(result))


def _is_kept(result):
    return not isinstance(result, BaseException)


async def test_the_same_outcome_put_twice_at_once_is_one_version_and_one_promise(nodes):
    await nodes[0].booking.put("a1", a_booking(), by="api:1", if_match=None)
    await meet(nodes[0])
    results = await at_once(nodes, lambda node, _: put(node, "نعم"))
    assert {(result.version, result.content.answer) for result in results} == {(1, "نعم")}
    assert len(nodes[0].told.rooms) + len(nodes[1].told.rooms) == 1
    async with nodes[0].db.read() as tx:
        promised = select(func.count()).select_from(schema.outbox).where(schema.outbox.c.kind == "room.end")
        assert (await tx.execute(promised)).scalar_one() == 1


async def test_of_different_outcomes_at_once_one_is_kept_and_none_overwritten(nodes):
    await nodes[0].booking.put("a1", a_booking(), by="api:1", if_match=None)
    await meet(nodes[1])
    results = await at_once(nodes, lambda node, number: put(node, f"{number}"))
    (kept,) = [result for result in results if _is_kept(result)]
    assert Counter(map(type, results))[VersionRequired] == 5
    amendments = await at_once(nodes, lambda node, number: put(node, f"amended {number}", if_version=1))
    (amended,) = [result for result in amendments if _is_kept(result)]
    assert Counter(map(type, amendments))[VersionConflict] == 5
    assert await nodes[0].outcomes.versions("a1") == (kept, amended)


async def test_a_meeting_whose_facts_come_from_both_nodes_is_counted_whole(nodes):
    rooms = [f"r{number}" for number in range(12)]
    for room in rooms:
        await nodes[0].booking.put(room, a_booking(), by="api:1", if_match=None)

    async def tell(node, number):
        for room in rooms:
            for seq, fact in enumerate(FACTS, start=1):
                if seq % 2 == number % 2 or number > 1:
                    at = round(NOON.timestamp() * 1000) + seq * 1000
                    await node.sessions.commit(room, Position("epoch", seq), at, fact)

    assert await at_once(nodes, tell, times=4) == [None] * 4
    for room in rooms:
        assert [item.seq for item in await nodes[0].sessions.timeline(room)] == [1, 2, 3, 4]
        session = await nodes[1].sessions.session(room)
        assert (session.waiting_since, session.admitted_at, session.talked_s) == (None, None, 1)


async def test_two_sealers_at_once_make_one_chain(nodes):
    for number in range(30):
        await nodes[number % 2].booking.put(f"a{number}", a_booking(), by="api:1", if_match=None)
    await at_once(nodes, lambda node, _: node.sealer.run_once())
    report = await verify(nodes[0].db)
    assert (report.intact, report.sealed, report.unsealed) == (True, 30, 0)


async def test_two_dispatchers_at_once_keep_each_promise_once(nodes):
    for number in range(20):
        room = f"a{number}"
        await nodes[0].booking.put(room, a_booking(), by="api:1", if_match=None)
        no_show = OutcomeContent(code=OutcomeCode.CUSTOMER_NO_SHOW)
        await nodes[0].outcomes.put(room, no_show, author="staff:s1", if_version=None)
    await at_once(nodes, lambda node, _: node.dispatcher.run_once())
    handled = Counter(nodes[0].handled.rooms) + Counter(nodes[1].handled.rooms)
    assert len(handled) == handled.total() == 20
