"""What a crash leaves open is closed, by one node, at the time it was last seen; what is old is deleted."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from signaling.events import Position
from signaling.facts import Admitted, Joined, Left
from signaling.hub import Hub
from signaling.log import LogUnavailable, MemoryLog
from signaling.protocol import Admit, Hello, Welcome
from signaling.stages import KEPT_MS, OFFLINE_MS
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON, Told, TurnedClock, a_booking, fresh_database
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import FakeTransport, FaultyLog, Sitter
from vap_meet.clock import milliseconds
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.idempotency import Idempotency
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.sessions import Sessions
from vap_meet.services.staffing import Staffing
from vap_meet.services.sweeping import KEPT_FOR_WAITING, PROMISES_KEPT_FOR, Sweeper
from vap_meet.store import schema

pytestmark = pytest.mark.usefixtures("each_database")

MEETING = (
    Joined("customer", (Grant.CHAT, Grant.PUBLISH), Stage.WAITING),
    Joined("staff.s1", tuple(sorted(Grant)), Stage.ADMITTED),
    Admitted("customer", "staff.s1"),
)


async def without_a_log(_room):
    """Say of every room that it has none, as after a restart."""
    return False


class Node:
    """A process: who is online on it, and its sweeper."""

    def __init__(self, db, clock, **options):
        self.online = set()
        self.sweeper = Sweeper(
            db=db,
            clock=clock,
            online=lambda room: {"customer"} if room in self.online else (),
            occupied=without_a_log,
            **options,
        )

    async def sweep(self):
        return await self.sweeper.run_once()


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def nodes(db, clock):
    return Node(db, clock), Node(db, clock)


@pytest.fixture
async def sessions(db, clock):
    await Booking(db=db, clock=clock).put("a1", a_booking(), by="api:1", if_match=None)
    return Sessions(db=db, clock=clock)


class Desk:
    """A hub that keeps its facts in the record, on the test's clock."""

    def __init__(self, sessions, clock):
        self.log = FaultyLog(MemoryLog(clock_ms=milliseconds(clock)))
        self.hub = Hub(
            log=self.log,
            facts=sessions,
            ice_servers=lambda _: (),
            clock_ms=milliseconds(clock),
        )

    async def sit(self, who):
        await self.hub.open_room("a1")
        transport = FakeTransport()
        connection = self.hub.connect(transport, room="a1", participant=who, seat=f"seat of {who.id}")
        sitter = Sitter(connection, transport, self.hub)
        await sitter.send(Hello())
        return sitter


async def tell(sessions, clock, count):
    for seq, fact in enumerate(MEETING[:count], start=1):
        at = round(clock.turn(seconds=10).timestamp() * 1000)
        await sessions.commit("a1", Position("epoch-one", seq), at, fact)


async def test_a_talk_that_nobody_hosts_any_more_ends_when_it_was_last_seen(sessions, clock, nodes):
    await tell(sessions, clock, 3)
    nodes[0].online.add("a1")
    clock.turn(seconds=90)
    assert await nodes[0].sweep() == ()
    seen = clock()
    nodes[0].online.clear()  # the process dies
    clock.turn(hours=2)
    assert await nodes[0].sweep() == ("a1",)
    session = await sessions.session("a1")
    assert (session.admitted_at, session.talked_s) == (None, 90)
    *_, agent, customer = await sessions.timeline("a1")
    assert [(one.type, one.detail, one.at) for one in (agent, customer)] == [("left", "expired", seen)] * 2
    room = await sessions.restored("a1")
    assert ({one.stage for one in room.people}, room.ended) == ({Stage.LEFT}, False)
    assert await nodes[0].sweep() == ()


async def test_the_place_of_who_waits_is_kept_for_long_though_nobody_hosts_the_room(sessions, clock, nodes):
    await tell(sessions, clock, 1)
    clock.turn(seconds=KEPT_FOR_WAITING.total_seconds() - 1)
    assert await nodes[0].sweep() == ()
    assert (await sessions.session("a1")).waiting_since == NOON + timedelta(seconds=10)
    clock.turn(seconds=1)
    assert await nodes[0].sweep() == ("a1",)
    assert (await sessions.session("a1")).waiting_since is None


async def test_a_session_hosted_on_another_node_stays_open(sessions, clock, nodes):
    await tell(sessions, clock, 3)
    nodes[1].online.add("a1")
    for _ in range(20):
        clock.turn(minutes=1)
        assert [await node.sweep() for node in nodes] == [(), ()]
    assert (await sessions.session("a1")).admitted_at is not None


async def test_who_comes_back_before_the_sweep_is_not_swept(sessions, clock, nodes):
    await tell(sessions, clock, 3)
    clock.turn(hours=1)
    await sessions.restored("a1")  # as a room is opened anew
    assert await nodes[0].sweep() == ()
    assert {one.stage for one in (await sessions.restored("a1")).people} == {Stage.ADMITTED}


async def test_a_call_that_both_lost_for_a_while_is_left_to_its_room(sessions, clock, db):
    room = Desk(sessions, clock)
    sweeper = Sweeper(db=db, clock=clock, online=room.hub.online, occupied=room.hub.occupied)
    customer, agent = await room.sit(CUSTOMER), await room.sit(AGENT)
    await agent.send(Admit("customer"))
    for one in (customer, agent):
        one.went()
    clock.turn(seconds=OFFLINE_MS / 1000 - 60)
    assert await sweeper.run_once() == ()
    assert [type(message) for message in (await room.sit(CUSTOMER)).got()] == [Welcome]
    assert (await sessions.session("a1")).admitted_at is not None
    assert {one.stage for one in (await sessions.restored("a1")).people} == {Stage.ADMITTED}


async def test_who_lost_a_call_for_good_leaves_it_once_when_the_room_says(sessions, clock, db):
    room = Desk(sessions, clock)
    sweeper = Sweeper(db=db, clock=clock, online=room.hub.online, occupied=room.hub.occupied)
    customer = await room.sit(CUSTOMER)
    customer.went()
    went = clock()
    clock.turn(milliseconds=KEPT_MS - 1)
    assert await sweeper.run_once() == ()
    for _ in range(2):
        clock.turn(seconds=1)
        assert await sweeper.run_once() == ()  # before the room, too
        room.hub.tick()
        await room.hub.settle()
    left = [one for one in await sessions.timeline("a1") if one.type == "left"]
    assert [(one.detail, one.at >= went + KEPT_FOR_WAITING) for one in left] == [("expired", True)]


async def test_while_the_log_cannot_be_asked_nobody_is_swept(sessions, clock, db):
    room = Desk(sessions, clock)
    sweeper = Sweeper(db=db, clock=clock, online=room.hub.online, occupied=room.hub.occupied)
    await tell(sessions, clock, 3)
    clock.turn(hours=1)
    room.log.failing = True
    with pytest.raises(LogUnavailable):
        await sweeper.run_once()
    room.log.failing = False
    assert await sweeper.run_once() == ("a1",)


async def test_sweeps_at_once_close_a_session_once(sessions, clock, nodes, db):
    await tell(sessions, clock, 3)
    clock.turn(hours=1)
    same = [Node(db, clock, holder="same") for _ in range(4)]
    closed = await asyncio.gather(*(node.sweep() for node in same))
    assert sorted(closed) == [(), (), (), ("a1",)]
    assert [one.type for one in await sessions.timeline("a1")].count("left") == 2


async def test_only_the_holder_of_the_lease_sweeps_until_it_runs_out(sessions, clock, nodes):
    await tell(sessions, clock, 3)
    assert await nodes[0].sweep() == ()
    clock.turn(seconds=100)
    await nodes[0].sweep()
    clock.turn(minutes=1, seconds=59)
    assert await nodes[1].sweep() == ()
    clock.turn(minutes=5)
    assert await nodes[1].sweep() == ("a1",)


async def test_a_session_that_has_ended_or_where_all_have_left_is_left_alone(sessions, clock, nodes):
    await tell(sessions, clock, 1)
    at = round(clock().timestamp() * 1000)
    await sessions.commit("a1", Position("epoch-one", 9), at, Left("customer", "left"))
    clock.turn(hours=1)
    assert await nodes[0].sweep() == ()


async def test_the_demonstrations_sessions_are_left_alone(sessions, clock, db):
    await tell(sessions, clock, 1)
    clock.turn(hours=1)
    assert await Node(db, clock, repairs=False).sweep() == ()


async def count(db, table):
    async with db.read() as tx:
        return (await tx.execute(select(func.count()).select_from(table))).scalar_one()


async def test_what_was_kept_long_enough_is_deleted(sessions, clock, nodes, db):
    outcomes = Outcomes(db=db, clock=clock, room_over=Told())
    await tell(sessions, clock, 3)
    await outcomes.put(
        "a1", OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم"), author="staff:s1", if_version=None
    )
    staffing = Staffing(db=db, clock=clock)
    await staffing.add("agent", "correct horse battery", "agent", name_ar="موظف 1", name_en="Agent 1")
    await staffing.sign_in("agent", "correct horse battery", address="192.0.2.1")
    async with Idempotency(db=db, clock=clock).once("api", "k", "one") as repeatable:
        await repeatable.keep(status=200, headers="{}", body=b"")
    tables = (schema.outbox, schema.staff_session, schema.idempotency)
    clock.turn(days=10)
    await nodes[0].sweep()
    assert [await count(db, table) for table in tables] == [1, 0, 0]  # the promise is not kept yet
    await Dispatcher(db=db, clock=clock, handlers={"room.end": Told()}).run_once()
    clock.turn(seconds=PROMISES_KEPT_FOR.total_seconds() - 60)
    await nodes[0].sweep()
    assert await count(db, schema.outbox) == 1
    clock.turn(minutes=2)
    await nodes[0].sweep()
    assert await count(db, schema.outbox) == 0


async def test_the_sweeper_runs_until_it_is_cancelled(sessions, clock, db):
    looked = asyncio.Event()

    def online(room):
        looked.set()
        return {"customer"}

    await tell(sessions, clock, 1)
    swept = asyncio.create_task(
        Sweeper(db=db, clock=clock, online=online, occupied=without_a_log, every_s=0.001).run()
    )
    async with asyncio.timeout(5):
        for _ in range(3):
            await looked.wait()
            looked.clear()
    swept.cancel()
    with pytest.raises(asyncio.CancelledError):
        await swept
