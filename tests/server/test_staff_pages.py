from __future__ import annotations

import json
from datetime import timedelta

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.record import NOON
from tests.support.staff import PASSWORD, mode, staffed, the_two_meet, words_of
from vap_meet.web.appkeys import OUTCOMES, SESSIONS

pytestmark = pytest.mark.usefixtures("each_database")

OUTCOME = "/agent/appointments/a1/outcome"
DRAFT = OUTCOME + "/draft"
RESOLVED = {"code": "resolved", "answer": "Yes, the plan is enough.", "next_steps": "", "internal_notes": ""}


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path) as running:
        yield running


# --- signing in and out --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/agent/", "/agent/appointments/a1", "/admin/", "/admin/appointments/a1"])
async def test_signed_out_people_are_led_to_the_sign_in_and_back(house, path):
    response, _ = await house.stranger.get(path)
    assert (response.status, response.headers["Location"]) == (303, f"/staff/sign-in?next={path}")


async def test_signed_out_programs_are_told_so_as_a_problem(house):
    response, text = await house.stranger.get("/agent/board.json")
    assert (response.status, json.loads(text)["code"]) == (401, "not_signed_in")


async def test_each_role_begins_at_its_own_first_page(house):
    agent, admin = await house.stranger.sign_in("agent"), await house.stranger.sign_in("admin")
    assert (agent.headers["Location"], admin.headers["Location"]) == ("/agent/", "/admin/")


async def test_sign_in_leads_on_to_the_page_that_was_asked_for(house):
    response = await house.stranger.sign_in("agent", wanted="/agent/appointments/a1")
    assert response.headers["Location"] == "/agent/appointments/a1"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/agent/",
        "//elsewhere.example/agent/",
        "/\\elsewhere.example",
        "/agent/\r\nX: y",
        "/admin/appointments",
        "javascript:alert(1)",
        "agent/",
    ],
)
async def test_sign_in_leads_nowhere_else(house, wanted):
    response = await house.stranger.sign_in("agent", wanted=wanted)
    assert response.headers["Location"] == "/agent/"


async def test_whoever_is_signed_in_needs_no_form(house):
    response, _ = await house.agent.get("/staff/sign-in?next=//elsewhere.example")
    assert (response.status, response.headers["Location"]) == (303, "/agent/")


@pytest.mark.parametrize(("username", "password"), [("agent", "wrong password"), ("nobody", PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_read_the_same(house, username, password):
    form = {"username": username, "password": password, "next": ""}
    response, html = await house.stranger.post("/staff/sign-in", form)
    assert response.status == 401
    assert "The user name or the password is not right" in html
    assert password not in html
    assert "Set-Cookie" not in response.headers


async def test_an_empty_form_says_what_is_missing(house):
    response, html = await house.stranger.post("/staff/sign-in", {"username": "agent"})
    assert response.status == 422
    assert "both the user name and the password" in html


async def test_many_wrong_passwords_have_to_wait(house):
    for _ in range(10):
        await house.stranger.sign_in("agent", "wrong password")
    response = await house.stranger.sign_in("agent")
    assert response.status == 429
    assert int(response.headers["Retry-After"]) > 0


async def test_signing_out_ends_the_sign_in_for_good(house):
    response, _ = await house.agent.post("/staff/sign-out", {})
    assert (response.status, response.headers["Location"]) == (303, "/staff/sign-in")
    assert (await house.agent.get("/agent/"))[0].status == 303


# --- who may see and do what ---------------------------------------------------------------------------


async def test_an_agent_sees_no_admin_page(house):
    for path in ("/admin/", "/admin/appointments", "/admin/appointments/a1"):
        assert (await house.agent.get(path))[0].status == 403
    response, html = await house.agent.post("/admin/appointments/a1/reveal", {"reason": "a good reason"})
    assert response.status == 403
    assert "+971500000001" not in html


async def test_an_admin_sees_no_agent_page_and_writes_no_outcome(house):
    for path in ("/agent/", "/agent/board.json", "/agent/appointments/a1"):
        assert (await house.admin.get(path))[0].status == 403
    assert (await house.admin.put(OUTCOME, RESOLVED))[0].status == 403
    assert await house.app[OUTCOMES].versions("a1") == ()


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_another_site_can_write_nothing(house, origin):
    for path in (OUTCOME, DRAFT, "/agent/appointments/a1/identity"):
        response, text = await house.agent.put(path, RESOLVED, Origin=origin)
        assert (response.status, json.loads(text)["code"]) == (403, "foreign_origin")
    response, _ = await house.agent.post("/staff/sign-out", {}, headers={"Origin": origin})
    assert response.status == 403
    assert await house.app[OUTCOMES].draft("a1") is None


# --- the console ---------------------------------------------------------------------------------------


async def test_the_board_shows_who_waits_today_and_answers_owed(house):
    await house.book("a2", starts_at=NOON + timedelta(minutes=20))
    grants = (Grant.CHAT, Grant.PUBLISH)
    at = int(NOON.timestamp() * 1000)
    await house.app[SESSIONS].commit(
        "a1", Position("epoch-of-a-test", 1), at, Joined("customer", grants, Stage.WAITING)
    )
    response, text = await house.agent.get("/agent/board.json")
    board = json.loads(text)
    assert response.headers["Cache-Control"] == "no-store"
    assert [(row["id"], row["waitingSince"], row["url"]) for row in board["waiting"]] == [
        ("a1", at, "/agent/appointments/a1")
    ]
    assert [(row["id"], row["state"]) for row in board["today"]] == [("a1", "waiting"), ("a2", "booked")]
    assert board["owed"] == []


async def test_an_answer_put_off_is_owed_until_it_is_sent(house):
    await the_two_meet(house)
    await house.agent.put(OUTCOME, RESOLVED | {"answer": "", "answer_pending": True})
    owed = json.loads((await house.agent.get("/agent/board.json"))[1])["owed"]
    assert [row["id"] for row in owed] == ["a1"]
    response, _ = await house.agent.put(OUTCOME, RESOLVED, If_Match='"1"')
    assert response.status == 200
    assert json.loads((await house.agent.get("/agent/board.json"))[1])["owed"] == []


# --- the outcome ---------------------------------------------------------------------------------------


async def test_an_outcome_is_kept_with_its_author(house):
    await the_two_meet(house)
    response, text = await house.agent.put(OUTCOME, RESOLVED)
    assert (response.status, json.loads(text)["version"], response.headers["ETag"]) == (200, 1, '"1"')
    (version,) = await house.app[OUTCOMES].versions("a1")
    assert version.content.answer == RESOLVED["answer"]
    assert version.author.startswith("staff:")


async def test_a_stale_version_is_refused_and_nothing_is_lost(house):
    await the_two_meet(house)
    await house.agent.put(OUTCOME, RESOLVED)
    changed = RESOLVED | {"answer": "No.", "reason": "a wrong plan"}
    assert (await house.agent.put(OUTCOME, changed, If_Match='"1"'))[0].status == 200
    for tag in ('"1"', 'W/"2"', '"abc"'):
        late = RESOLVED | {"answer": "Maybe.", "reason": "read too early"}
        response, text = await house.agent.put(OUTCOME, late, If_Match=tag)
        assert (response.status, json.loads(text)["code"]) == (412, "version_conflict")
    versions = await house.app[OUTCOMES].versions("a1")
    assert [version.content.answer for version in versions] == [RESOLVED["answer"], "No."]


async def test_a_second_outcome_needs_the_version_and_a_reason(house):
    await the_two_meet(house)
    await house.agent.put(OUTCOME, RESOLVED)
    changed = RESOLVED | {"answer": "No."}
    response, text = await house.agent.put(OUTCOME, changed)
    assert (response.status, json.loads(text)["code"]) == (428, "version_required")
    response, text = await house.agent.put(OUTCOME, changed, If_Match='"1"')
    assert (response.status, json.loads(text)["code"]) == (422, "reason_required")


@pytest.mark.parametrize(
    "body",
    [
        {"code": "unknown"},
        {"answer": "no code"},
        {"code": "resolved", "answer": "x" * 10_001},
        {"code": "resolved", "colour": "red"},
        {"code": "resolved", "follow_up_on": "soon"},
        [],
    ],
)
async def test_what_no_outcome_is_gets_a_problem(house, body):
    await the_two_meet(house)
    response, text = await house.agent.put(OUTCOME, body)
    assert (response.status, json.loads(text)["code"]) == (422, "invalid_request")


async def test_a_form_is_no_json(house):
    response, _ = await house.agent._ask("PUT", OUTCOME, data={"code": "resolved"})
    assert response.status == 415


async def test_resolved_before_anybody_came_is_the_wrong_state(house):
    response, text = await house.agent.put(OUTCOME, RESOLVED)
    assert (response.status, json.loads(text)["code"]) == (409, "wrong_state")


async def test_a_draft_waits_on_the_page(house):
    response, text = await house.agent.put(DRAFT, {"code": None, "answer": "Half an ans"})
    assert (response.status, json.loads(text)["saved_at"]) == (200, int(NOON.timestamp() * 1000))
    _, html = await house.agent.get("/agent/appointments/a1")
    assert ">Half an ans</textarea>" in html


async def test_checking_the_identity_is_on_the_record(house):
    await the_two_meet(house)
    for _ in range(2):
        assert (await house.agent.put("/agent/appointments/a1/identity", {}))[0].status == 200
    session = await house.app[SESSIONS].session("a1")
    assert session.identity_assurance == "agent_checked"
    _, html = await house.admin.get("/admin/appointments/a1")
    assert html.count('data-action="session.identity_confirmed"') == 1


async def test_a_missing_appointment_is_not_found(house):
    for browser, path in (
        (house.agent, "/agent/appointments/missing"),
        (house.admin, "/admin/appointments/missing"),
    ):
        assert (await browser.get(path))[0].status == 404
    assert (await house.agent.put("/agent/appointments/missing/outcome", RESOLVED))[0].status == 404


# --- one page, several forms ---------------------------------------------------------------------------


async def test_the_page_follows_the_appointment_from_early_to_late(house):
    await house.book("later", starts_at=NOON + timedelta(hours=3))
    assert await mode(house, "later") == "early"
    house.clock.turn(hours=2, minutes=30)
    assert await mode(house, "later") == "live"
    house.clock.turn(hours=6)
    await house.agent.sign_in("agent")
    assert await mode(house, "later") == "late"


async def test_the_page_follows_the_outcome_from_owed_to_closed(house):
    await the_two_meet(house)
    assert await mode(house) == "live"
    await house.agent.put(OUTCOME, RESOLVED | {"answer": "", "answer_pending": True})
    assert await mode(house) == "owed"
    await house.agent.put(OUTCOME, RESOLVED, If_Match='"1"')
    assert await mode(house) == "closed"


async def test_what_people_wrote_stays_text(house):
    await the_two_meet(house)
    await house.agent.put(OUTCOME, RESOLVED | {"answer": "<script>alert(1)</script>"})
    for browser, path in (
        (house.agent, "/agent/appointments/a1"),
        (house.admin, "/admin/appointments/a1"),
    ):
        _, html = await browser.get(path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


# --- the admin -----------------------------------------------------------------------------------------


async def test_the_list_narrows_by_day_state_and_words(house):
    await house.book("tomorrow", starts_at=NOON + timedelta(days=1))
    await the_two_meet(house)
    for query, ids in (
        ("", {"a1", "tomorrow"}),
        ("?day=2026-09-28", {"a1"}),
        ("?state=booked", {"tomorrow"}),
        ("?q=R-1001", {"a1", "tomorrow"}),
        ("?q=nothing+like+it", set()),
        ("?day=&state=&q=", {"a1", "tomorrow"}),
    ):
        response, html = await house.admin.get(f"/admin/appointments{query}")
        assert response.status == 200
        shown = {one for one in ("a1", "tomorrow") if f'data-id="{one}"' in html}
        assert shown == ids, query


@pytest.mark.parametrize(
    "query", ["day=soon", "state=unknown", "page=0", "page=-1", "page=9999999999", "q=%00"]
)
async def test_an_unreadable_filter_breaks_nothing(house, query):
    response, _ = await house.admin.get(f"/admin/appointments?{query}")
    assert response.status == 200


async def test_contacts_are_masked_until_a_reason_is_given(house):
    _, html = await house.admin.get("/admin/appointments/a1")
    assert "+971500000001" not in html
    assert "customer1@example.org" not in html
    response, html = await house.admin.post(
        "/admin/appointments/a1/reveal", {"reason": "The customer asked to be called back"}
    )
    assert response.status == 200
    assert "+971500000001" in html
    assert "customer1@example.org" in html
    assert html.count('data-action="contact.revealed"') == 1
    _, html = await house.admin.get("/admin/appointments/a1")
    assert "+971500000001" not in html, "shown once, not from now on"
    assert 'data-action="contact.revealed"' in html
    assert "asked to be called back" not in html, "the reason is in the personal part"


@pytest.mark.parametrize("reason", ["", "   ", "why", "x" * 301])
async def test_without_a_reason_nothing_is_revealed_or_audited(house, reason):
    response, html = await house.admin.post("/admin/appointments/a1/reveal", {"reason": reason})
    assert response.status == 422
    assert "+971500000001" not in html
    assert 'data-action="contact.revealed"' not in html


async def test_the_record_tells_the_meeting_in_words(house):
    await the_two_meet(house)
    await house.agent.put(OUTCOME, RESOLVED)
    await house.agent.put(OUTCOME, RESOLVED | {"answer": "No.", "reason": "a wrong plan"}, If_Match='"1"')
    _, html = await house.admin.get("/admin/appointments/a1")
    words = words_of(html)
    assert "The customer joined" in words
    assert "A member of staff called in the customer" in words
    assert html.index('data-version="2"') < html.index('data-version="1"')
    assert "a wrong plan" in words
    assert "Agent 1" in words


async def test_the_pages_speak_arabic_unless_english_was_chosen(house):
    house.agent._session.cookie_jar.clear(lambda cookie: cookie.key == "vap_lang")
    house.agent._session.headers.popall("Cookie", None)
    _, html = await house.agent.get("/agent/appointments/a1")
    assert '<html lang="ar" dir="rtl"' in html
