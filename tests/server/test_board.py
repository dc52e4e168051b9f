from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from signaling.events import Position
from signaling.facts import Admitted, Ended, Joined, Left
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON, Told, TurnedClock, a_booking, fresh_database
from vap_meet.domain.appointment import AppointmentState, Customer
from vap_meet.domain.outcome import DraftContent, OutcomeCode, OutcomeContent
from vap_meet.services.board import PAGE_ROWS, Board
from vap_meet.services.booking import Booking
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.sessions import Sessions
from vap_meet.settings import Settings

pytestmark = pytest.mark.usefixtures("each_database")

FINAL = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم")
CUSTOMER_COMES = Joined("customer", (Grant.CHAT,), Stage.WAITING)


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def board(db, clock):
    return Board(db=db, clock=clock, settings=Settings(time_zone="Asia/Dubai", wait_target_minutes=10))


@pytest.fixture
def outcomes(db, clock):
    return Outcomes(db=db, clock=clock, room_over=Told())


@pytest.fixture
def book(db, clock):
    async def book(appointment_id, *, minutes=0.0, **changes):
        request = a_booking(starts_at=clock() + timedelta(minutes=minutes), **changes)
        days_ago = clock() - timedelta(days=3)
        await Booking(db=db, clock=lambda: days_ago).put(appointment_id, request, by="api:1", if_match=None)

    return book


@pytest.fixture
def tell(db, clock):
    sessions = Sessions(db=db, clock=clock)
    seq = iter(range(1, 1000))

    async def tell(appointment_id, fact):
        at = round(clock().timestamp() * 1000)
        await sessions.commit(appointment_id, Position("epoch-one", next(seq)), at, fact)

    return tell


def ids(rows):
    return [row.appointment.id for row in rows]


async def test_today_is_in_order_of_start_and_leaves_other_days_out(board, book):
    for name, hours in (("late", 5), ("early", -5), ("yesterday", -24.5), ("tomorrow", 24.5)):
        await book(name, minutes=hours * 60)
    assert ids((await board.agent("s1")).today) == ["early", "late"]


@pytest.mark.parametrize("minute", [-1, 1])
async def test_around_midnight_the_last_and_the_next_appointments_are_both_there(board, book, clock, minute):
    clock.now = datetime(2026, 9, 28, 20, 0, tzinfo=UTC) + timedelta(minutes=minute)  # midnight in Dubai
    await book("before", minutes=-30)
    await book("after", minutes=30)
    assert ids((await board.agent("s1")).today) == ["before", "after"]


async def test_the_whole_local_day_is_there_late_in_the_evening(board, book, clock):
    clock.now = datetime(2026, 9, 28, 19, 0, tzinfo=UTC)  # 23:00 in Dubai
    await book("morning", minutes=-15 * 60)
    assert ids((await board.agent("s1")).today) == ["morning"]


async def test_who_waits_is_listed_by_arrival_with_how_long(board, book, tell, clock):
    await book("a1")
    await book("a2")
    await tell("a2", CUSTOMER_COMES)
    clock.turn(minutes=3)
    await tell("a1", CUSTOMER_COMES)
    clock.turn(minutes=8)
    first, second = (await board.agent("s1")).waiting
    assert (first.appointment.id, first.waited_s, first.over_target) == ("a2", 660, True)
    assert (second.appointment.id, second.waited_s, second.over_target) == ("a1", 480, False)


async def test_waiting_before_the_start_is_never_over_target(board, book, tell, clock):
    await book("a1", minutes=30)
    await tell("a1", CUSTOMER_COMES)
    clock.turn(minutes=40)
    (row,) = (await board.agent("s1")).waiting
    assert (row.waited_s, row.over_target) == (2400, False)
    clock.turn(seconds=1)
    (row,) = (await board.agent("s1")).waiting
    assert row.over_target


async def test_who_was_called_in_or_left_does_not_wait(board, book, tell):
    for name in ("a1", "a2"):
        await book(name)
        await tell(name, CUSTOMER_COMES)
    await tell("a1", Admitted("customer", "staff.s1"))
    await tell("a2", Left("customer", "left"))
    found = await board.agent("s1")
    assert found.waiting == ()
    assert {row.appointment.id: row.in_session_with for row in found.today} == {"a1": "staff.s1", "a2": None}


async def test_a_cancelled_appointment_owes_no_waiting(board, book, tell, db, clock):
    await book("a1")
    await tell("a1", CUSTOMER_COMES)
    await Booking(db=db, clock=clock).cancel("a1", reason="", by="api:1", if_match=None)
    assert (await board.agent("s1")).waiting == ()


async def test_answers_owed_are_pending_ones_and_drafts_without_an_outcome(board, book, tell, outcomes):
    for name in ("pending", "drafted", "finished", "nothing"):
        await book(name)
        await tell(name, CUSTOMER_COMES)
    pending = OutcomeContent(code=OutcomeCode.RESOLVED)
    for name in ("pending", "finished"):
        await outcomes.put(name, pending, author="staff:s1", if_version=None, answer_pending=True)
    await outcomes.save_draft("drafted", DraftContent(answer="half"), author="staff:s1")
    await outcomes.save_draft("finished", DraftContent(answer="half"), author="staff:s1")
    await outcomes.put("finished", FINAL, author="staff:s1", if_version=1)
    assert sorted(ids((await board.agent("s1")).owed)) == ["drafted", "pending"]


async def test_a_call_that_ended_without_an_outcome_is_owed_with_or_without_a_draft(
    board, book, tell, outcomes, clock
):
    for name in ("bare", "drafted", "running"):
        await book(name)
        await tell(name, CUSTOMER_COMES)
        await tell(name, Admitted("customer", "staff.s1"))
    await outcomes.save_draft("drafted", DraftContent(answer="half"), author="staff:s1")
    assert (await board.agent("s1")).owed == (), "a call that is on owes nothing yet"
    ended_at = clock.turn(minutes=5)
    for name in ("bare", "drafted"):
        await tell(name, Ended())
    found = await board.agent("s1")
    assert sorted(ids(found.owed)) == ["bare", "drafted"]
    assert {row.over_at for row in found.owed} == {ended_at}
    told = {row.appointment.id: (row.in_session_with, row.over_at) for row in found.today}
    assert told["bare"] == (None, ended_at)
    assert told["running"] == ("staff.s1", None)
    await outcomes.put("bare", FINAL, author="staff:s1", if_version=None)
    found = await board.agent("s1")
    assert ids(found.owed) == ["drafted"]
    assert {row.over_at for row in found.today if row.appointment.id == "bare"} == {None}


async def test_a_draft_that_nobody_can_finish_is_not_owed(board, book, outcomes, db, clock):
    await book("a1")
    await outcomes.save_draft("a1", DraftContent(answer="half"), author="staff:s1")
    await Booking(db=db, clock=clock).cancel("a1", reason="", by="api:1", if_match=None)
    assert (await board.agent("s1")).owed == ()


async def find(board, *, day=None, state=None, query=None, page=1):
    return await board.admin(day=day, state=state, query=query, page=page)


async def test_the_admins_list_is_filtered_by_local_day_state_and_text(board, book, db, clock):
    await book("a1", customer=Customer(name="متعامل 1"))
    await book("a2", minutes=13 * 60, customer=Customer(name="متعامل 2"), request_number="R_77%")
    await Booking(db=db, clock=clock).cancel("a1", reason="", by="api:1", if_match=None)
    assert ids((await find(board)).rows) == ["a2", "a1"]
    assert ids((await find(board, day=date(2026, 9, 28))).rows) == ["a1"]
    assert ids((await find(board, day=date(2026, 9, 29))).rows) == ["a2"]
    assert ids((await find(board, state=AppointmentState.CANCELLED)).rows) == ["a1"]
    assert ids((await find(board, query="متعامل 2")).rows) == ["a2"]
    assert ids((await find(board, query="r_77%")).rows) == ["a2"]
    reference = (await find(board)).rows[0].appointment.reference
    assert ids((await find(board, query=reference.lower())).rows) == ["a2"]
    assert ids((await find(board, query="%")).rows) == ["a2"]
    assert (await find(board, query="nobody")).total == 0


async def test_the_admins_list_comes_in_pages_and_never_beyond_the_last(board, book):
    for n in range(PAGE_ROWS + 1):
        await book(f"a{n:03}", minutes=n)
    first, second = await find(board), await find(board, page=99)
    assert (first.page, first.pages, first.total, len(first.rows)) == (1, 2, PAGE_ROWS + 1, PAGE_ROWS)
    assert (second.page, ids(second.rows)) == (2, ["a000"])
    assert first.rows[0].appointment.starts_at == NOON + timedelta(minutes=PAGE_ROWS)


# --- what it costs ----------------------------------------------------------------------------------


@contextmanager
def statements():
    """Collect what is asked of the database while the block runs."""
    asked = []

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_a_board_asks_the_record_no_oftener_for_many_than_for_one(board, book, tell):
    counts = []
    for number in range(1, 4):
        for part in ("waits", "talks"):
            await book(f"{part}-{number}")
            await tell(f"{part}-{number}", CUSTOMER_COMES)
        await tell(f"talks-{number}", Admitted("customer", by=f"staff.{number}"))
        with statements() as asked:
            found = await board.agent("s1")
        assert (len(found.waiting), len(found.today)) == (number, number * 2)
        counts.append(len(asked))
    assert len(set(counts)) == 1
