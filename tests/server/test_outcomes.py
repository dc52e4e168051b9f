import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from signaling.events import Position
from signaling.facts import Admitted, Ended, Joined, Left
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON, Told, TurnedClock, a_booking, fresh_database, locked
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.errors import (
    InvalidRequest,
    NotFound,
    ReasonRequired,
    Unavailable,
    VersionConflict,
    VersionRequired,
    WrongState,
)
from vap_meet.domain.outcome import DraftContent, OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.sessions import Sessions
from vap_meet.store import audit, schema

pytestmark = pytest.mark.usefixtures("each_database")

RESOLVED = OutcomeContent(
    code=OutcomeCode.RESOLVED,
    answer="نعم، يكفي المخطط.",
    next_steps="قدّم الطلب.",
    internal_notes="سُئل عن المخطط",
    follow_up_on=date(2026, 10, 5),
)
CORRECTED = replace(RESOLVED, answer="لا، يلزم المخطط المعتمد.")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.3) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
async def booking(db, clock):
    booking = Booking(db=db, clock=clock)
    await booking.put("a1", a_booking(), by="api:1", if_match=None)
    return booking


@pytest.fixture
def outcomes(db, clock, told):
    return Outcomes(db=db, clock=clock, room_over=told)


@pytest.fixture
async def talked(db, booking, clock):
    """A customer waited 2 minutes 30 and has talked for 5 minutes, still in the call."""
    sessions = Sessions(db=db, clock=clock)
    facts = (
        (0, Joined("customer", (Grant.CHAT,), Stage.WAITING)),
        (60, Joined("staff.s1", tuple(Grant), Stage.ADMITTED)),
        (150, Admitted("customer", "staff.s1")),
    )
    for seq, (after_s, fact) in enumerate(facts, start=1):
        at = round((NOON + timedelta(seconds=after_s)).timestamp() * 1000)
        await sessions.commit("a1", Position("epoch-one", seq), at, fact)
    clock.turn(seconds=450)
    return sessions


async def promises(db):
    async with db.read() as tx:
        return [(row.lane, row.kind) for row in await tx.execute(select(schema.outbox))]


async def put(outcomes, content=RESOLVED, **options):
    return await outcomes.put("a1", content, **({"author": "staff:s1", "if_version": None} | options))


async def test_the_first_version_completes_the_appointment_and_ends_the_room(
    outcomes, talked, booking, db, told
):
    version = await put(outcomes)
    assert (version.version, version.reason, version.content) == (1, None, RESOLVED)
    assert (await booking.get("a1")).state is AppointmentState.COMPLETED
    assert (await booking.get("a1")).revision == 1
    assert await promises(db) == [("room:a1", "room.end")]
    assert told.rooms == ["a1"]
    assert await outcomes.versions("a1") == (version,)


async def test_the_evidence_is_what_the_facts_say(outcomes, talked):
    evidence = (await put(outcomes)).evidence
    assert evidence.customer_waited_s == 150
    assert evidence.talked_s == 300
    assert evidence.first_admitted_at == NOON + timedelta(seconds=150)
    assert evidence.ended_at is None
    assert (evidence.customer_joined, evidence.agent_joined) == (True, True)
    assert evidence.identity_assurance == "link"


async def test_an_amendments_evidence_knows_the_end_and_the_first_one_keeps_its_own(outcomes, talked, clock):
    first = await put(outcomes)
    at = round(clock.turn(seconds=10).timestamp() * 1000)
    await talked.commit("a1", Position("epoch-one", 4), at, Left("customer", "left"))
    await talked.commit("a1", Position("epoch-one", 5), at, Ended())
    clock.turn(hours=1)
    second = await put(outcomes, CORRECTED, if_version=1, reason="Wrong plan")
    assert (second.evidence.talked_s, second.evidence.ended_at) == (310, NOON + timedelta(seconds=460))
    assert await outcomes.versions("a1") == (first, second)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (OutcomeCode.CUSTOMER_NO_SHOW, AppointmentState.NO_SHOW),
        (OutcomeCode.AGENT_NO_SHOW, AppointmentState.NO_SHOW),
        (OutcomeCode.TECHNICAL_FAILURE, AppointmentState.TECHNICAL_FAILURE),
    ],
)
async def test_nobody_needs_to_have_come_for_an_outcome_that_says_so(outcomes, booking, code, state):
    version = await put(outcomes, OutcomeContent(code=code))
    assert (await booking.get("a1")).state is state
    assert not version.evidence.customer_joined
    assert version.evidence.customer_waited_s is None
    assert version.evidence.identity_assurance is None


async def test_a_meeting_that_never_began_cannot_be_resolved(outcomes, booking, db, told):
    with pytest.raises(WrongState):
        await put(outcomes)
    assert (await outcomes.versions("a1"), await promises(db), told.rooms) == ((), [], [])


async def test_a_cancelled_appointment_takes_no_outcome(outcomes, booking):
    await booking.cancel("a1", reason="", by="api:1", if_match=None)
    with pytest.raises(WrongState):
        await put(outcomes, OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE))


async def test_a_second_outcome_needs_version_and_reason(outcomes, talked):
    first = await put(outcomes)
    with pytest.raises(VersionRequired):
        await put(outcomes, CORRECTED)
    with pytest.raises(VersionConflict):
        await put(outcomes, CORRECTED, if_version=2, reason="Wrong plan")
    for reason in (None, "", "  "):
        with pytest.raises(ReasonRequired):
            await put(outcomes, CORRECTED, if_version=1, reason=reason)
    assert await outcomes.versions("a1") == (first,)


async def test_an_amendment_is_a_new_version_and_tells_the_room_nothing(outcomes, talked, db, told):
    await put(outcomes)
    second = await put(outcomes, CORRECTED, if_version=1, reason="Wrong plan", author="api:1")
    assert (second.version, second.reason, second.author) == (2, "Wrong plan", "api:1")
    assert (await promises(db), told.rooms) == ([("room:a1", "room.end")], ["a1"])
    async with db.read() as tx:
        entries = await audit.of_appointment(tx, "a1")
    assert [one.action for one in entries][-2:] == ["outcome.put", "outcome.amended"]
    assert all(RESOLVED.answer.encode() not in one.public for one in entries)


async def test_an_amended_code_corrects_the_state(outcomes, talked, booking):
    await put(outcomes, OutcomeContent(code=OutcomeCode.CUSTOMER_NO_SHOW))
    await put(outcomes, RESOLVED, if_version=1, reason="Wrong key")
    assert (await booking.get("a1")).state is AppointmentState.COMPLETED


async def test_the_same_outcome_again_is_the_same_version(outcomes, talked, told, clock):
    first = await put(outcomes)
    clock.turn(minutes=1)
    assert await put(outcomes) == first
    second = await put(outcomes, CORRECTED, if_version=1, reason="Wrong plan")
    assert await put(outcomes, CORRECTED, if_version=1, reason="Wrong plan") == second
    assert told.rooms == ["a1"]


async def test_of_ten_different_first_outcomes_at_once_one_wins(outcomes, talked):
    results = await asyncio.gather(
        *(put(outcomes, replace(RESOLVED, answer=f"{n}")) for n in range(10)), return_exceptions=True
    )
    assert [type(result) for result in results].count(VersionRequired) == 9
    assert len(await outcomes.versions("a1")) == 1


async def test_of_ten_amendments_of_one_version_at_once_one_wins(outcomes, talked):
    await put(outcomes)
    results = await asyncio.gather(
        *(put(outcomes, replace(RESOLVED, answer=f"{n}"), if_version=1, reason="x") for n in range(10)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(VersionConflict) == 9
    assert [version.version for version in await outcomes.versions("a1")] == [1, 2]


async def test_an_outcome_before_the_first_has_no_version_to_amend(outcomes, talked):
    with pytest.raises(VersionConflict):
        await put(outcomes, if_version=1, reason="x")


async def test_a_pending_answer_is_finished_without_a_reason_and_not_taken_back(outcomes, talked):
    pending = await put(outcomes, OutcomeContent(code=OutcomeCode.RESOLVED), answer_pending=True)
    assert pending.answer_pending
    finished = await put(outcomes, RESOLVED, if_version=1)
    assert (finished.version, finished.answer_pending) == (2, False)
    with pytest.raises(InvalidRequest) as refusal:
        await put(outcomes, CORRECTED, if_version=2, reason="x", answer_pending=True)
    assert list(refusal.value.fields) == ["answerPending"]


async def test_an_answer_that_is_owed_is_written_or_pending(outcomes, talked):
    with pytest.raises(InvalidRequest) as refusal:
        await put(outcomes, replace(RESOLVED, answer=" "))
    assert list(refusal.value.fields) == ["answer"]


async def test_texts_that_are_too_long_are_refused_by_field(outcomes, talked):
    long = "x" * 10_001
    with pytest.raises(InvalidRequest) as refusal:
        await put(outcomes, replace(RESOLVED, answer=long, next_steps=long, internal_notes=long))
    assert list(refusal.value.fields) == ["answer", "nextSteps", "internalNotes"]
    with pytest.raises(InvalidRequest):
        await put(outcomes, reason="x" * 501)
    with pytest.raises(InvalidRequest):
        await outcomes.save_draft("a1", DraftContent(answer=long), author="staff:s1")


async def test_a_draft_waits_without_a_code_and_is_gone_with_the_final_outcome(outcomes, talked):
    assert await outcomes.draft("a1") is None
    await outcomes.save_draft("a1", DraftContent(answer="Half"), author="staff:s1")
    draft = DraftContent(code=OutcomeCode.RESOLVED, answer="More", follow_up_on=date(2026, 10, 5))
    await outcomes.save_draft("a1", draft, author="staff:s1")
    assert await outcomes.draft("a1") == draft
    await put(outcomes, OutcomeContent(code=OutcomeCode.RESOLVED), answer_pending=True)
    assert await outcomes.draft("a1") == draft
    await put(outcomes, RESOLVED, if_version=1)
    assert await outcomes.draft("a1") is None


async def test_nothing_can_be_said_of_an_unknown_appointment(outcomes, booking):
    with pytest.raises(NotFound):
        await outcomes.put("nowhere", RESOLVED, author="staff:s1", if_version=None)
    with pytest.raises(NotFound):
        await outcomes.save_draft("nowhere", DraftContent(), author="staff:s1")
    with pytest.raises(NotFound):
        await outcomes.versions("nowhere")


async def test_a_room_that_cannot_be_told_now_does_not_undo_the_outcome(db, talked, clock):
    async def deaf(room):
        raise RuntimeError(room)

    await put(Outcomes(db=db, clock=clock, room_over=deaf))
    assert await promises(db) == [("room:a1", "room.end")]


async def test_a_locked_database_changes_nothing_and_tells_nobody(outcomes, talked, told, booking, db):
    async with locked(db):
        with pytest.raises(Unavailable):
            await put(outcomes)
    assert (await booking.get("a1")).state is AppointmentState.IN_SESSION
    assert (await outcomes.versions("a1"), told.rooms) == ((), [])
    await put(outcomes)
