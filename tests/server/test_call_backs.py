"""Who is telephoned when the call can't be held: who may ask, who calls, what closes it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.support.access import RESOLVED
from tests.support.staff import staffed, the_two_meet, words_of
from vap_meet.domain.appointment import Customer
from vap_meet.domain.call_backs import MAX_TRIES, Asker, Result
from vap_meet.domain.errors import InvalidRequest, NotFound, WrongState
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.web.appkeys import BOOKING, CALL_BACKS, DB, JOINING, OUTCOMES, STAFFING

pytestmark = pytest.mark.usefixtures("each_database")

ARABIC_INDIC = {ord("0") + digit: chr(0x660 + digit) for digit in range(10)}
FAILED = OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE, answer="تعذّرت المكالمة")


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path) as house:
        yield house


async def entered(house, appointment_id="a1"):
    """Let the stranger in as the customer; return the path of the visit."""
    issued = await house.app[JOINING].issue_link(appointment_id, by="test")
    response, _ = await house.stranger.post("/j/" + issued.url.rsplit("/", 1)[1], {"notice": "1"})
    assert response.status == 303
    return response.headers["Location"]


async def ask(house, **options):
    return await house.app[CALL_BACKS].ask("a1", by=Asker.CUSTOMER, **options)


async def put(house, content, **options):
    await house.app[OUTCOMES].put("a1", content, author="api:1", if_version=None, **options)


async def member(house, name="agent"):
    async with house.app[DB].read() as tx:
        query = text("SELECT id FROM staff WHERE username = :name")
        return (await tx.execute(query, {"name": name})).scalar_one()


# --- Hostile and mistaken ------------------------------------------------------------------------


async def test_another_browser_can_not_ask_and_learns_nothing(house):
    path = await entered(house)
    response, html = await house.agent.post(f"{path}call-back", {"phone": "0501234567"})
    assert (response.status, 'data-testid="stop-visit"' in html) == (404, True)
    assert (await house.agent.get(f"{path}call-back"))[0].status == 404
    assert (await house.app[CALL_BACKS].of("a1")).call_back is None


@pytest.mark.parametrize("phone", ["abc", "12", "+" + "9" * 40, "<script>"])
async def test_a_number_that_can_not_be_called_is_shown_again_with_its_fault(house, phone):
    path = await entered(house)
    response, html = await house.stranger.post(f"{path}call-back", {"phone": phone})
    assert (response.status, "field-phone-error" in html, "<script>" in html) == (422, True, False)
    assert (await house.app[CALL_BACKS].of("a1")).call_back is None


async def test_without_a_number_on_the_record_one_has_to_be_written(house):
    await house.book("a2", customer=Customer(name="Customer 2", phone=None))
    path = await entered(house, "a2")
    assert (await house.stranger.post(f"{path}call-back", {}))[0].status == 422
    with pytest.raises(InvalidRequest):
        await house.app[CALL_BACKS].ask("a2", by=Asker.AGENT)
    assert (await house.stranger.post(f"{path}call-back", {"phone": "050 123 4567".translate(ARABIC_INDIC)}))[
        0
    ].status == 303
    assert (await house.app[CALL_BACKS].of("a2")).call_back.phone == "+971501234567"


async def test_there_is_nothing_to_call_about_once_the_answer_is_there(house):
    path = await entered(house)
    await the_two_meet(house)
    await put(house, RESOLVED)
    response, html = await house.stranger.post(f"{path}call-back", {"phone": "0501234567"})
    assert (response.status, "nothing left to call about" in words_of(html)) == (409, True)
    with pytest.raises(WrongState):
        await ask(house)


async def test_a_cancelled_appointment_is_not_called_about(house):
    path = await entered(house)
    await house.app[BOOKING].cancel("a1", reason="ill", by="test", if_match=None)
    response, html = await house.stranger.post(f"{path}call-back", {"phone": "0501234567"})
    assert (response.status, 'data-testid="stop-cancelled"' in html) == (409, True)
    with pytest.raises(WrongState):
        await ask(house)


async def test_what_nobody_asked_for_can_be_neither_taken_nor_tried_nor_withdrawn(house):
    calls = house.app[CALL_BACKS]
    for act in (
        calls.take("a1", staff_id="s"),
        calls.tried("a1", reached=True, note="", staff_id="s"),
        calls.withdraw("a1"),
    ):
        with pytest.raises(NotFound):
            await act


async def test_a_colleagues_call_is_neither_taken_nor_tried(house):
    other = await house.app[STAFFING].add("second", "correct horse battery", "agent", "موظف 2", "Agent 2")
    await ask(house)
    await house.app[CALL_BACKS].take("a1", staff_id=other.id)
    assert "a1" not in {
        row.call_back.appointment_id for row in (await house.app[CALL_BACKS].desk(await member(house))).open
    }
    for path, form in (("take", {}), ("tried", {"result": "reached"})):
        response, html = await house.agent.post(f"/agent/call-backs/a1/{path}", form)
        assert (response.status, "A colleague has taken this call" in html) == (409, True)
    assert (await house.app[CALL_BACKS].of("a1")).call_back.owner_id == other.id


async def test_a_colleagues_call_that_is_overdue_is_everybodys_again(house):
    other = await house.app[STAFFING].add("second", "correct horse battery", "agent", "موظف 2", "Agent 2")
    await ask(house)
    calls, me = house.app[CALL_BACKS], await member(house)
    taken = await calls.take("a1", staff_id=other.id)
    assert await calls.count(me) == 0
    house.clock.now = taken.due_at + timedelta(seconds=1)
    assert await calls.count(me) == 1
    _, html = await house.agent.get("/agent/call-backs")
    assert "A colleague has taken this call and did not make it in time" in html
    assert (await house.agent.post("/agent/call-backs/a1/take", {}))[0].status == 303
    assert (await calls.of("a1")).call_back.owner_id == me
    with pytest.raises(WrongState):
        await calls.tried("a1", reached=True, note="", staff_id=other.id)


async def test_of_two_who_take_a_call_at_once_one_has_it(house):
    other = await house.app[STAFFING].add("second", "correct horse battery", "agent", "موظف 2", "Agent 2")
    await ask(house)
    calls, first = house.app[CALL_BACKS], await member(house)
    results = await asyncio.gather(
        calls.take("a1", staff_id=first), calls.take("a1", staff_id=other.id), return_exceptions=True
    )
    assert sum(isinstance(result, WrongState) for result in results) == 1


async def test_admins_and_strangers_have_no_calls_to_make(house):
    assert (await house.admin.get("/agent/call-backs"))[0].status == 403
    assert (await house.stranger.get("/agent/call-backs"))[0].status == 303


# --- The way of a call ---------------------------------------------------------------------------


async def test_asking_again_keeps_the_deadline_and_changes_the_number(house):
    first = await ask(house)
    house.clock.turn(minutes=30)
    assert await ask(house) == first
    changed = await ask(house, phone="0509999999")
    assert (changed.phone, changed.due_at) == ("+971509999999", first.due_at)


async def test_a_customer_asks_an_agent_calls_and_the_answer_is_owed(house):
    path = await entered(house)
    assert (await house.stranger.post(f"{path}call-back", {"phone": "050 123 4567"}))[0].status == 303
    _, html = await house.stranger.get(f"{path}call-back")
    assert "We will call you" in html
    assert "+971501234567" in html
    _, html = await house.agent.get("/agent/call-backs")
    assert ("+971501234567" in html, 'data-testid="reached"' in html) == (True, False), "first it is taken"
    await house.agent.post("/agent/call-backs/a1/take", {})
    assert 'data-testid="reached"' in (await house.agent.get("/agent/call-backs"))[1]
    response, _ = await house.agent.post("/agent/call-backs/a1/tried", {"result": "reached", "note": "spoke"})
    assert response.headers["Location"] == "/agent/appointments/a1"
    assert "You have been called" in (await house.stranger.get(f"{path}call-back"))[1]
    assert "spoke" in (await house.agent.get("/agent/call-backs"))[1]


async def test_after_the_last_call_in_vain_the_customer_may_ask_anew(house):
    path = await entered(house)
    await ask(house)
    for _ in range(MAX_TRIES):
        await house.agent.post("/agent/call-backs/a1/tried", {"result": "not_reached"})
    ways = await house.app[CALL_BACKS].of("a1")
    found = ways.call_back
    assert (found.result, found.tries, ways.may_ask) == (Result.NOT_REACHED, MAX_TRIES, True)
    assert "We could not reach you" in (await house.stranger.get(f"{path}call-back"))[1]
    house.clock.turn(hours=1)
    again = await ask(house)
    assert (again.result, again.tries, again.due_at > found.due_at) == (None, 0, True)


async def test_a_failed_call_leaves_the_wish_open_and_the_answer_page_offers_it(house):
    path = await entered(house)
    await the_two_meet(house)
    await ask(house)
    await put(house, FAILED)
    assert (await house.app[CALL_BACKS].of("a1")).call_back.result is None
    assert f'href="{path}call-back"' in (await house.stranger.get(f"{path}answer"))[1]


@pytest.mark.parametrize("closing", ["answer", "cancel"])
async def test_what_was_answered_or_cancelled_in_another_way_is_not_called_about(house, closing):
    await the_two_meet(house)
    await ask(house)
    if closing == "answer":
        await put(house, RESOLVED)
    else:
        await house.app[BOOKING].cancel("a1", reason="ill", by="test", if_match=None)
    assert (await house.app[CALL_BACKS].of("a1")).call_back.result is Result.WITHDRAWN


async def test_the_customer_takes_the_wish_back(house):
    path = await entered(house)
    await ask(house)
    response, _ = await house.stranger.post(f"{path}call-back/withdraw", {})
    assert response.headers["Location"] == f"{path}call-back"
    assert (await house.app[CALL_BACKS].of("a1")).call_back.result is Result.WITHDRAWN
    assert (await house.app[CALL_BACKS].desk(await member(house))).open == ()


async def test_the_agent_puts_a_customer_on_the_own_list_from_the_appointments_page(house):
    await the_two_meet(house)
    _, html = await house.agent.get("/agent/appointments/a1")
    assert 'action="/agent/call-backs/a1"' in html
    response, _ = await house.agent.post("/agent/call-backs/a1", {})
    assert response.status == 303
    found = (await house.app[CALL_BACKS].of("a1")).call_back
    assert (found.asked_by, found.owner_id) == (Asker.AGENT, await member(house))
    assert "On the list of calls to make" in (await house.agent.get("/agent/appointments/a1"))[1]


async def test_the_console_says_how_many_wait_for_a_call_and_so_does_its_board(house):
    said = "1 customer is waiting for a phone call"
    _, html = await house.agent.get("/agent/")
    assert 'data-testid="to-call" hidden' in html
    assert json.loads((await house.agent.get("/agent/board.json"))[1])["toCall"] is None
    await ask(house)
    _, html = await house.agent.get("/agent/")
    assert 'data-testid="to-call" hidden' not in html
    assert said in words_of(html)
    assert json.loads((await house.agent.get("/agent/board.json"))[1])["toCall"] == said
