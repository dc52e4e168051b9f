import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from signaling.events import Position
from signaling.facts import (
    Admitted,
    DeviceChanged,
    Ended,
    FactNotStored,
    Held,
    Joined,
    Left,
    Locked,
    Messaged,
    Prepared,
    SentToLobby,
    Summoned,
    Unlocked,
)
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON, TurnedClock, a_booking, fresh_database, locked
from vap_meet.domain.appointment import AppointmentState, IdentityAssurance
from vap_meet.domain.errors import NotFound, WrongState
from vap_meet.services.booking import Booking
from vap_meet.services.sessions import Sessions
from vap_meet.store import audit, schema

pytestmark = pytest.mark.usefixtures("each_database")

CUSTOMER, AGENT = "customer", "staff.s1"
CUSTOMER_COMES = Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)
AGENT_COMES = Joined(AGENT, tuple(sorted(Grant)), Stage.ADMITTED)
ADMITTED = Admitted(CUSTOMER, AGENT)
S = AppointmentState


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.3) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def booking(db, clock):
    booking = Booking(db=db, clock=clock)
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    return booking


@pytest.fixture
def sessions(db, clock, booking):
    return Sessions(db=db, clock=clock)


class Teller:
    """Tells facts, each some seconds after the one before, and keeps the states they led to."""

    def __init__(self, sessions, booking, clock, epoch="epoch-one"):
        self.sessions, self.booking, self.clock, self.epoch = sessions, booking, clock, epoch
        self.seq = 0
        self.states = []

    async def __call__(self, *facts, every_s=10):
        for fact in facts:
            self.seq += 1
            at = round(self.clock.turn(seconds=every_s).timestamp() * 1000)
            await self.sessions.commit("a1", Position(self.epoch, self.seq), at, fact)
            self.states.append((await self.booking.get("a1")).state)


@pytest.fixture
def tell(sessions, booking, clock):
    return Teller(sessions, booking, clock)


async def actions(db):
    async with db.read() as tx:
        return [entry.action for entry in await audit.of_appointment(tx, "a1")]


async def test_facts_take_the_appointment_through_its_states(tell):
    await tell(CUSTOMER_COMES, AGENT_COMES, Prepared(CUSTOMER, AGENT), ADMITTED, SentToLobby(CUSTOMER, AGENT))
    await tell(ADMITTED, Held(CUSTOMER, AGENT), ADMITTED, Left(CUSTOMER, "left"), Ended())
    assert tell.states == [
        *(S.WAITING, S.WAITING, S.WAITING, S.IN_SESSION, S.WAITING),
        *(S.IN_SESSION, S.IN_SESSION, S.IN_SESSION, S.IN_SESSION, S.IN_SESSION),
    ]


async def test_facts_touch_neither_version(tell, booking):
    before = await booking.get("a1")
    await tell(CUSTOMER_COMES, AGENT_COMES, ADMITTED)
    after = await booking.get("a1")
    assert (after.revision, after.schedule_version) == (before.revision, before.schedule_version)


async def test_the_session_says_who_waits_and_talks_since_when(tell, sessions):
    await tell(CUSTOMER_COMES)
    waiting = await sessions.session("a1")
    assert (waiting.waiting_since, waiting.admitted_at) == (NOON + timedelta(seconds=10), None)
    assert waiting.identity_assurance is IdentityAssurance.LINK
    await tell(AGENT_COMES, ADMITTED)
    talking = await sessions.session("a1")
    assert (talking.waiting_since, talking.admitted_at) == (None, NOON + timedelta(seconds=30))
    assert talking.agent_id == "s1"
    await tell(Left(CUSTOMER, "left"), every_s=65)
    gone = await sessions.session("a1")
    assert (gone.waiting_since, gone.admitted_at, gone.talked_s) == (None, None, 65)
    assert gone.first_admitted_at == NOON + timedelta(seconds=30)
    assert gone.ended_at is None


async def test_who_left_the_call_and_comes_back_waits_again(tell, sessions):
    await tell(CUSTOMER_COMES, AGENT_COMES, ADMITTED, Left(CUSTOMER, "expired"), CUSTOMER_COMES)
    assert tell.states[-1] is S.WAITING
    assert (await sessions.session("a1")).waiting_since == NOON + timedelta(seconds=50)


async def test_the_same_position_again_changes_nothing(tell, sessions, db):
    await tell(CUSTOMER_COMES, AGENT_COMES, ADMITTED)
    before = (await sessions.timeline("a1"), await sessions.session("a1"), await actions(db))
    tell.seq = 0
    await tell(CUSTOMER_COMES, AGENT_COMES, ADMITTED)
    assert (await sessions.timeline("a1"), await sessions.session("a1"), await actions(db)) == before


async def test_twenty_commits_of_one_position_at_once_store_one_fact(sessions, db):
    at = round(NOON.timestamp() * 1000)
    await asyncio.gather(
        *(sessions.commit("a1", Position("epoch-one", 1), at, CUSTOMER_COMES) for _ in range(20))
    )
    async with db.read() as tx:
        count = select(func.count()).select_from(schema.session_event)
        assert (await tx.execute(count)).scalar_one() == 1


async def test_a_fact_that_the_state_table_refuses_is_stored_all_the_same(tell, sessions, booking):
    await booking.cancel("a1", reason="", by="api:1", if_match=None)
    await tell(CUSTOMER_COMES, ADMITTED)
    assert tell.states == [S.CANCELLED, S.CANCELLED]
    assert [item.type for item in await sessions.timeline("a1")] == ["joined", "admitted"]


async def test_the_timeline_lists_every_fact_in_its_order(tell, sessions):
    await tell(
        CUSTOMER_COMES, AGENT_COMES, ADMITTED, DeviceChanged(CUSTOMER), Left(CUSTOMER, "removed", AGENT)
    )
    tell.epoch, tell.seq = "epoch-two", 0
    await tell(Ended(AGENT))
    assert [
        (item.epoch, item.seq, item.type, item.participant, item.by, item.detail)
        for item in await sessions.timeline("a1")
    ] == [
        ("epoch-one", 1, "joined", CUSTOMER, None, "waiting"),
        ("epoch-one", 2, "joined", AGENT, None, "admitted"),
        ("epoch-one", 3, "admitted", CUSTOMER, AGENT, None),
        ("epoch-one", 4, "deviceChanged", CUSTOMER, None, None),
        ("epoch-one", 5, "left", CUSTOMER, AGENT, "removed"),
        ("epoch-two", 1, "ended", None, AGENT, None),
    ]


async def test_admitted_left_and_ended_are_audited(tell, db):
    await tell(CUSTOMER_COMES, AGENT_COMES, ADMITTED, Left(CUSTOMER, "left"), Ended())
    assert await actions(db) == [
        "appointment.booked",
        "session.admitted",
        "session.left",
        "session.ended",
    ]


async def restored(sessions):
    room = await sessions.restored("a1")
    return {one.participant.id: (one.stage, one.how) for one in room.people}, room.ended


async def test_an_admitted_pair_stays_admitted_when_the_log_is_lost(tell, sessions):
    await tell(CUSTOMER_COMES, AGENT_COMES, Prepared(CUSTOMER, AGENT), ADMITTED)
    room = await sessions.restored("a1")
    people = room.people
    assert not room.ended
    assert [(one.participant.id, one.stage) for one in people] == [
        (CUSTOMER, Stage.ADMITTED),
        (AGENT, Stage.ADMITTED),
    ]
    assert people[0].participant.name == "متعامل 1"
    assert people[0].participant.grants == {Grant.CHAT, Grant.PUBLISH}
    assert people[1].participant.grants == frozenset(Grant)


@pytest.mark.parametrize(
    ("fact", "stage", "how"),
    [
        (Prepared(CUSTOMER, AGENT), Stage.PREPARING, None),
        (Held(CUSTOMER, AGENT), Stage.HELD, None),
        (SentToLobby(CUSTOMER), Stage.WAITING, None),
        (Left(CUSTOMER, "removed", AGENT), Stage.LEFT, "removed"),
        (Left(CUSTOMER, "left"), Stage.LEFT, "left"),
        (DeviceChanged(CUSTOMER), Stage.WAITING, None),
        (Summoned(CUSTOMER, AGENT), Stage.WAITING, None),
        (Messaged(CUSTOMER, AGENT), Stage.WAITING, None),
    ],
)
async def test_each_fact_is_restored_as_the_stage_it_led_to(tell, sessions, fact, stage, how):
    await tell(CUSTOMER_COMES, fact)
    assert await restored(sessions) == ({CUSTOMER: (stage, how)}, False)


@pytest.mark.parametrize(
    ("said", "locked"),
    [([], False), ([Locked(AGENT)], True), ([Locked(AGENT), Unlocked(AGENT)], False)],
)
async def test_a_room_is_restored_as_locked_as_it_was(tell, sessions, said, locked):
    await tell(CUSTOMER_COMES, AGENT_COMES, *said)
    assert (await sessions.restored("a1")).locked is locked


async def test_an_ended_room_is_restored_ended(tell, sessions):
    await tell(CUSTOMER_COMES, Ended())
    assert (await restored(sessions))[1]


async def test_staff_are_restored_by_their_names_in_both_languages(tell, sessions, db):
    async with db.write() as tx:
        await tx.execute(
            schema.staff.insert().values(
                id="s1",
                username="agent",
                display_name_ar="الموظف 1",
                display_name_en="Agent 1",
                password_hash="-",
                role="agent",
                active=True,
                created_at=NOON,
            )
        )
    await tell(AGENT_COMES)
    people = (await sessions.restored("a1")).people
    assert people[0].participant.name == {"ar": "الموظف 1", "en": "Agent 1"}


async def test_a_moved_appointment_begins_its_session_anew(tell, sessions, booking, clock):
    await tell(CUSTOMER_COMES, AGENT_COMES, Ended(AGENT))
    clock.turn(seconds=1)
    await booking.move(
        "a1", starts_at=NOON + timedelta(days=1), duration_minutes=None, by="api:1", if_match=1
    )
    assert await restored(sessions) == ({}, False)
    assert await sessions.session("a1") is None
    assert len(await sessions.timeline("a1")) == 3
    tell.epoch, tell.seq = "epoch-two", 0
    await tell(CUSTOMER_COMES)
    assert tell.states[-1] is S.WAITING
    assert await restored(sessions) == ({CUSTOMER: (Stage.WAITING, None)}, False)


async def test_a_fact_from_before_the_move_is_stored_but_projects_nothing(tell, sessions, booking, clock):
    early = round(clock().timestamp() * 1000)
    clock.turn(seconds=5)
    await booking.move(
        "a1", starts_at=NOON + timedelta(days=1), duration_minutes=None, by="api:1", if_match=1
    )
    await sessions.commit("a1", Position("epoch-one", 1), early, CUSTOMER_COMES)
    assert (await booking.get("a1")).state is S.BOOKED
    assert await sessions.session("a1") is None
    assert len(await sessions.timeline("a1")) == 1


async def test_a_locked_database_stores_no_fact_and_takes_it_later(tell, sessions, db):
    at = round(NOON.timestamp() * 1000)
    async with locked(db):
        with pytest.raises(FactNotStored):
            await sessions.commit("a1", Position("epoch-one", 1), at, CUSTOMER_COMES)
    assert await sessions.timeline("a1") == ()
    await sessions.commit("a1", Position("epoch-one", 1), at, CUSTOMER_COMES)
    assert len(await sessions.timeline("a1")) == 1


async def test_confirming_the_identity_is_audited_once(tell, sessions, db):
    await tell(CUSTOMER_COMES)
    for _ in range(2):
        session = await sessions.confirm_identity("a1", by="staff:s1")
        assert session.identity_assurance is IdentityAssurance.AGENT_CHECKED
    await tell(AGENT_COMES, ADMITTED)
    assert (await sessions.session("a1")).identity_assurance is IdentityAssurance.AGENT_CHECKED
    assert (await actions(db)).count("session.identity_confirmed") == 1


async def test_an_identity_may_be_confirmed_before_anybody_came_but_not_after_the_end(sessions, booking):
    await sessions.confirm_identity("a1", by="staff:s1")
    await booking.cancel("a1", reason="", by="api:1", if_match=None)
    with pytest.raises(WrongState):
        await sessions.confirm_identity("a1", by="staff:s1")


async def test_an_unknown_appointment_has_no_session(sessions):
    for ask in (sessions.timeline, sessions.session):
        with pytest.raises(NotFound):
            await ask("nowhere")
    await sessions.commit("nowhere", Position("epoch-one", 1), 0, CUSTOMER_COMES)


async def test_facts_of_many_rooms_at_once_are_each_stored_once_and_in_order(sessions, booking, db):
    rooms = [f"many{n}" for n in range(40)]
    for room in rooms:
        await booking.put(room, a_booking(), by="api:1", if_match=None)

    async def meet(room):
        for seq, fact in enumerate((CUSTOMER_COMES, AGENT_COMES, ADMITTED, Left(CUSTOMER, "left")), start=1):
            for _ in range(2):
                at = round(NOON.timestamp() * 1000) + seq * 1000
                await sessions.commit(room, Position("epoch-one", seq), at, fact)

    await asyncio.gather(*(meet(room) for room in rooms))
    for room in rooms:
        assert [item.type for item in await sessions.timeline(room)] == [
            "joined",
            "joined",
            "admitted",
            "left",
        ]
        assert (await sessions.session(room)).talked_s == 1
    async with db.read() as tx:
        counted = await tx.execute(select(func.count()).select_from(schema.audit_entry))
        assert counted.scalar_one() == 1 + len(rooms) * 3  # booked, admitted, left


async def test_a_fact_that_breaks_its_transaction_does_not_break_those_it_shared_it_with(sessions, booking):
    await booking.put("a2", a_booking(), by="api:1", if_match=None)
    at = round(NOON.timestamp() * 1000)
    results = await asyncio.gather(
        sessions.commit("a1", Position("epoch-one", 1), at, CUSTOMER_COMES),
        sessions.commit("a2", Position("epoch-one", 2**80), at, CUSTOMER_COMES),  # no database takes it
        sessions.commit("a2", Position("epoch-one", 1), at, CUSTOMER_COMES),
        return_exceptions=True,
    )
    assert results[0] is results[2] is None
    assert isinstance(results[1], Exception)
    assert not isinstance(results[1], FactNotStored)
    assert len(await sessions.timeline("a1")) == len(await sessions.timeline("a2")) == 1


async def test_who_writes_for_others_and_is_cancelled_leaves_their_facts_to_the_next(sessions, booking):
    at = round(NOON.timestamp() * 1000)
    facts = (CUSTOMER_COMES, AGENT_COMES, ADMITTED)
    for steps in range(30):
        room = f"cancelled{steps}"
        await booking.put(room, a_booking(), by="api:1", if_match=None)
        first, *others = (
            asyncio.create_task(sessions.commit(room, Position("epoch-one", seq), at + seq, fact))
            for seq, fact in enumerate(facts, start=1)
        )
        for _ in range(steps):
            await asyncio.sleep(0.0002)
        first.cancel()
        await asyncio.gather(first, *others, return_exceptions=True)
        assert [other.exception() for other in others] == [None, None]
        kept = [item.type for item in await sessions.timeline(room)]
        assert kept in (["joined", "admitted"], ["joined", "joined", "admitted"])
        assert not first.done() or first.cancelled() or len(kept) == 3


async def test_two_nodes_that_commit_the_same_facts_at_once_store_each_once(db, sessions, clock, tmp_path):
    node = Sessions(db=db, clock=clock)
    at = round(NOON.timestamp() * 1000)
    facts = (CUSTOMER_COMES, AGENT_COMES, ADMITTED)
    await asyncio.gather(
        *(
            one.commit("a1", Position("epoch-one", seq), at + seq, fact)
            for seq, fact in enumerate(facts, start=1)
            for one in (sessions, node)
        )
    )
    assert [item.seq for item in await sessions.timeline("a1")] == [1, 2, 3]
