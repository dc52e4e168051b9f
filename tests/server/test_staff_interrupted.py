"""The staff's pages when a call is over, somebody is gone, or another system came between."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Ended, Held, Joined
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON
from tests.support.staff import PASSWORD, House, mode, staffed, the_two_meet, words_of
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.web.appkeys import BOOKING, JOINING, OUTCOMES, SESSIONS, STAFFING

pytestmark = pytest.mark.usefixtures("each_database")

OUTCOME = "/agent/appointments/a1/outcome"
DRAFT = OUTCOME + "/draft"
RESOLVED = {"code": "resolved", "answer": "Yes, the plan is enough.", "next_steps": "", "internal_notes": ""}


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path) as running:
        yield running


async def the_call_ends(house: House, appointment_id: str = "a1") -> None:
    at = int(house.clock.now.timestamp() * 1000) + 300_000
    await house.app[SESSIONS].commit(appointment_id, Position("epoch-of-a-test", 9), at, Ended())


async def board(house: House) -> dict:
    return json.loads((await house.agent.get("/agent/board.json"))[1])


async def test_a_call_that_ended_without_an_outcome_is_owed_and_called_over_everywhere(house):
    await the_two_meet(house)
    await the_call_ends(house)
    shown = await board(house)
    assert [row["id"] for row in shown["owed"]] == ["a1"]
    assert "outcome not recorded" in shown["owed"][0]["since"]
    assert [row["state"] for row in shown["today"]] == ["over"]
    assert await mode(house) == "over"
    _, html = await house.agent.get("/agent/appointments/a1")
    assert "Call over, outcome owed" in html
    assert 'data-testid="send"' in html
    for path in ("/admin/appointments", "/admin/appointments/a1"):
        assert "Call over, outcome owed" in (await house.admin.get(path))[1]
    await house.agent.put(OUTCOME, RESOLVED)
    assert (await board(house))["owed"] == []
    assert "Call over, outcome owed" not in (await house.admin.get("/admin/appointments/a1"))[1]


async def test_who_waits_without_a_connection_is_shown_so(house):
    await the_customer_waits(house)
    (row,) = (await board(house))["waiting"]
    assert row["online"] is False


async def the_customer_waits(house: House) -> None:
    at = int(house.clock.now.timestamp() * 1000)
    waits = Joined("customer", (Grant.CHAT,), Stage.WAITING)
    await house.app[SESSIONS].commit("a1", Position("epoch-of-a-test", 1), at, waits)


async def test_the_console_leads_back_to_the_call_of_whoever_reads_it(house):
    await the_customer_waits(house)
    assert (await board(house))["call"] is None
    agent = await house.app[STAFFING].sign_in("agent", PASSWORD, address="10.0.0.1")
    at = int(house.clock.now.timestamp() * 1000) + 1_000
    admitted = Admitted("customer", by=f"staff.{agent[1].id}")
    await house.app[SESSIONS].commit("a1", Position("epoch-of-a-test", 2), at, admitted)
    assert (await board(house))["call"]["url"] == "/agent/appointments/a1"
    await the_call_ends(house)
    assert (await board(house))["call"] is None


async def test_a_moved_appointment_says_so_on_the_agents_page(house):
    appointment = await house.app[BOOKING].get("a1")
    later = NOON + timedelta(days=1)
    moved = await house.app[BOOKING].move(
        "a1", starts_at=later, duration_minutes=None, by="api:1", if_match=appointment.revision
    )
    assert moved.schedule_version == 2
    _, html = await house.agent.get("/agent/appointments/a1")
    assert 'data-testid="moved"' in html
    assert "29/09/2026" in html


async def test_what_was_written_while_another_system_recorded_the_outcome_becomes_a_correction(house):
    await the_two_meet(house)
    recorded = "/agent/appointments/a1/recorded.json"
    assert json.loads((await house.agent.get(recorded))[1]) == {"version": None}
    content = OutcomeContent(code=OutcomeCode.RESOLVED, answer="From the booking system.")
    await house.app[OUTCOMES].put("a1", content, author="api:1", if_version=None)
    assert json.loads((await house.agent.get(recorded))[1]) == {"version": 1}
    await house.agent.put(DRAFT, {"code": None, "answer": "Half an ans"})
    _, html = await house.agent.get("/agent/appointments/a1")
    assert "From the booking system." in html
    assert ">Half an ans</textarea>" in html
    assert '<details class="amend" data-testid="amend" open>' in html
    assert 'value="resolved" data-testid="code-resolved" aria-keyshortcuts="1" checked' in html


async def test_an_outcome_without_an_answer_is_corrected_as_an_outcome(house):
    absent = {"code": "customer_no_show", "answer": "", "next_steps": "", "internal_notes": ""}
    house.clock.turn(minutes=30)
    assert (await house.agent.put(OUTCOME, absent))[0].status == 200
    assert "Correct the outcome" in (await house.agent.get("/agent/appointments/a1"))[1]


async def test_the_audit_log_speaks_in_words(house):
    await house.app[JOINING].issue_link("a1", by="api:1")
    await house.app[JOINING].mint_token("a1", role="customer", by="api:1")
    await the_two_meet(house)
    await house.agent.put(OUTCOME, RESOLVED)
    _, html = await house.admin.get("/admin/appointments/a1")
    names = re.findall(r'<li><bdi class="muted">([^<]*)</bdi>', html)
    assert names
    assert [name for name in names if "_" in name or name.islower()] == []


async def test_a_resume_after_a_hold_is_no_second_call_in(house):
    await the_two_meet(house)
    at = int(house.clock.now.timestamp() * 1000) + 200_000
    facts = (Held("customer", by="staff.somebody"), Admitted("customer", by="staff.somebody"))
    for seq, fact in enumerate(facts, start=3):
        await house.app[SESSIONS].commit("a1", Position("epoch-of-a-test", seq), at + seq, fact)
    words = words_of((await house.admin.get("/admin/appointments/a1"))[1])
    assert "A member of staff resumed the call with the customer" in words
    assert words.count("called in the customer") == 1


async def test_a_missing_staff_page_keeps_the_way_around_and_speaks_to_staff(house):
    for browser, path in ((house.agent, "/agent/nothing"), (house.admin, "/admin/appointments/nothing")):
        response, html = await browser.get(path)
        assert response.status == 404
        assert 'data-testid="sign-out"' in html
        assert "from your message" not in html
        assert "there is no such appointment" in html
    assert 'data-testid="sign-out"' not in (await house.stranger.get("/agent/nothing"))[1]
