"""How the customer found it: who may say it, when, once; what an unhappy customer sets going."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Stage
from tests.support.access import RESOLVED
from tests.support.customer import open_street
from tests.support.record import TurnedClock, a_booking, fresh_database
from tests.support.staff import staffed, words_of
from tests.support.webhooks import receiving, telling
from vap_meet.domain.errors import InvalidRequest, NotFound, WrongState
from vap_meet.domain.feedback import MAX_COMMENT_CHARS, Face, Opinion, Topic
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.feedback import Feedback
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.retention import Retention
from vap_meet.web.appkeys import API_KEYS, FEEDBACK, OUTCOMES

ZONE = ZoneInfo("Asia/Dubai")
UNHAPPY = Opinion(face=Face.UNHAPPY, topics=frozenset({Topic.WAITING, Topic.ANSWER}), comment="انتظرت كثيرًا")
HAPPY = Opinion(face=Face.HAPPY, would_have_come=True, must_still_come=False)


@pytest.fixture
async def street(tmp_path):
    async with open_street(tmp_path) as street:
        await street.house.book()
        yield street


async def answer(house, content=RESOLVED, **options):
    """Let the customer wait, then put the outcome."""
    at = int(house.clock().timestamp() * 1000)
    fact = Joined("customer", (), Stage.WAITING)
    await house.sessions.commit("a-1", Position("epoch-test-1", 1), at, fact)
    await house.outcomes.put("a-1", content, author="api:1", if_version=None, **options)


async def given(street):
    return await street.house.rows("SELECT * FROM feedback")


# --- Who may not, and when not ------------------------------------------------------------------


async def test_another_site_can_not_say_it_for_the_customer(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    browser.origin = "https://elsewhere.example"
    assert (await browser.post(f"{path}feedback", face="happy")).status == 403
    assert await given(street) == []


async def test_another_browser_can_not_say_it_and_learns_nothing(street):
    path = await street.entered(street.browser())
    await answer(street.house)
    page = await street.browser().post(f"{path}feedback", face="happy")
    assert (page.status, 'data-testid="stop-visit"' in page.text) == (404, True)
    assert await given(street) == []


async def test_nothing_can_be_said_before_there_is_an_answer(street):
    browser = street.browser()
    path = await street.entered(browser)
    page = await browser.post(f"{path}feedback", face="happy")
    assert page.status == 409
    assert "once the answer is here" in page.text
    await answer(street.house, OutcomeContent(code=OutcomeCode.RESOLVED), answer_pending=True)
    assert (await browser.post(f"{path}feedback", face="happy")).status == 409
    assert 'data-testid="feedback"' not in (await browser.get(f"{path}answer")).text
    assert await given(street) == []


async def test_whoever_did_not_come_is_not_asked(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house, OutcomeContent(code=OutcomeCode.CUSTOMER_NO_SHOW))
    assert 'data-testid="feedback"' not in (await browser.get(f"{path}answer")).text
    assert (await browser.post(f"{path}feedback", face="unhappy")).status == 409
    assert await given(street) == []


async def test_nothing_is_said_of_an_appointment_that_was_cancelled(street):
    browser = street.browser()
    path = await street.entered(browser)
    await street.house.booking.cancel("a-1", reason="ill", by="test", if_match=None)
    page = await browser.post(f"{path}feedback", face="happy")
    assert (page.status, 'data-testid="stop-cancelled"' in page.text) == (409, True)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({}, "face-error"),
        ({"face": "furious"}, "face-error"),
        ({"face": "happy", "comment": "x" * (MAX_COMMENT_CHARS + 1)}, "field-comment-error"),
    ],
)
async def test_what_can_not_be_taken_is_shown_again_with_its_fault(street, form, fault):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    page = await browser.post(f"{path}feedback", **form, would_have_come="yes")
    assert page.status == 422
    assert f'id="{fault}"' in page.text
    assert 'name="would_have_come" value="yes" checked' in page.text, "what was chosen stays"
    assert form.get("comment", "") in page.text
    assert await given(street) == []


@pytest.mark.parametrize("form", [{"topic": "weather"}, {"would_have_come": "maybe"}])
async def test_words_that_are_not_on_the_form_are_refused(street, form):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    assert (await browser.post(f"{path}feedback", face="happy", **form)).status == 422
    assert await given(street) == []


async def test_one_visit_sends_no_more_often_than_people_do(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    statuses = {(await browser.post(f"{path}feedback", face="happy")).status for _ in range(21)}
    assert statuses == {303, 429}


# --- Saying it ---------------------------------------------------------------------------------


async def test_a_face_is_enough_and_the_page_thanks(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    page = await browser.post(f"{path}feedback", face="neutral")
    assert (page.status, page.location) == (303, f"{path}answer#feedback")
    page = await browser.get(f"{path}answer")
    assert 'data-testid="feedback-thanks"' in page.text
    assert "Your opinion helps us do better." in page.text
    assert (await browser.get(f"{path}feedback")).location == f"{path}answer"


async def test_the_same_twice_is_said_once_and_a_second_thought_replaces_the_first(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    for _ in range(2):
        assert (await browser.post(f"{path}feedback", face="happy", comment="شكرًا\r\nلكم")).status == 303
    assert [row["action"] for row in await street.house.audited("feedback.given")] == ["feedback.given"]
    street.house.clock.turn(hours=23)
    assert (await browser.post(f"{path}feedback", face="neutral")).status == 303
    [row] = await given(street)
    assert (row["face"], row["comment"]) == ("neutral", "")
    [entry] = await street.house.audited("feedback.changed")
    assert json.loads(entry["public"])["public"]["face"] == "neutral"


async def test_after_a_day_it_stays_as_it_was(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    await browser.post(f"{path}feedback", face="happy")
    street.house.clock.turn(days=1)
    page = await browser.get(f"{path}answer")
    assert 'data-testid="feedback-form"' not in page.text
    page = await browser.post(f"{path}feedback", face="unhappy")
    assert (page.status, "no longer be changed" in page.text) == (409, True)
    assert [row["face"] for row in await given(street)] == ["happy"]


async def test_what_is_typed_is_shown_as_text(street):
    browser = street.browser()
    path = await street.entered(browser)
    await answer(street.house)
    await browser.post(f"{path}feedback", face="happy", comment="<script>x</script>\0")
    page = await browser.get(f"{path}answer")
    assert "&lt;script&gt;x&lt;/script&gt;</textarea>" in page.text
    assert "<script>x" not in page.text


async def test_a_follow_up_offers_its_own_day_to_book(street):
    browser = street.browser()
    path = await street.entered(browser)
    day = date(2026, 10, 5)
    await answer(street.house, OutcomeContent(code=OutcomeCode.FOLLOW_UP, answer="نعم", follow_up_on=day))
    page = await browser.get(f"{path}answer")
    assert f'href="/book?service=permit&amp;day={day}"' in page.text.replace("&day", "&amp;day")


# --- The case ----------------------------------------------------------------------------------


@pytest.fixture
async def desk(tmp_path, each_database):
    clock = TurnedClock(datetime(2026, 10, 1, 8, 0, tzinfo=UTC))  # a Thursday, noon in Dubai
    async with fresh_database(tmp_path) as db:
        await Booking(db=db, clock=clock).put(
            "a1", a_booking(starts_at=clock() + timedelta(minutes=15)), by="api:1", if_match=None
        )

        async def nobody_is_told(_room):
            """Rooms are not what these tests are about."""

        failed = OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE)
        await Outcomes(db=db, clock=clock, room_over=nobody_is_told).put(
            "a1", failed, author="staff:1", if_version=None
        )
        yield Feedback(db=db, clock=clock, zone=ZONE), clock, db


async def test_an_unhappy_customer_opens_a_case_that_is_due_in_two_working_days(desk):
    feedback, clock, _ = desk
    await feedback.give("a1", HAPPY)
    assert await feedback.case_of("a1") is None
    await feedback.give("a1", UNHAPPY)
    case = await feedback.case_of("a1")
    assert (case.owner_id, case.due_at) == (None, datetime(2026, 10, 5, 8, 0, tzinfo=UTC)), "Monday noon"
    report = await feedback.report()
    assert ([row.case for row in report.open], report.overdue, report.closed) == ([case], (), ())
    clock.now = case.due_at + timedelta(seconds=1)
    report = await feedback.report()
    assert (report.open, [row.case for row in report.overdue]) == ((), [case])


async def test_a_second_thought_does_not_make_a_case_go_away_or_its_deadline_later(desk):
    feedback, clock, _ = desk
    await feedback.give("a1", UNHAPPY)
    case = await feedback.case_of("a1")
    clock.turn(hours=2)
    await feedback.give("a1", Opinion(face=Face.UNHAPPY, comment="again"))
    await feedback.give("a1", HAPPY)
    assert await feedback.case_of("a1") == case
    [row] = (await feedback.report()).open
    assert row.opinion == HAPPY


async def test_a_case_is_taken_closed_with_what_was_done_and_opened_by_a_new_complaint(desk):
    feedback, clock, _ = desk
    await feedback.give("a1", UNHAPPY)
    assert (await feedback.take("a1", staff_id="s1")).owner_id == "s1"
    taken_over = await feedback.take("a1", staff_id="s2")
    assert taken_over.owner_id == "s2"
    assert await feedback.take("a1", staff_id="s2") == taken_over
    for nothing in ("", "   no   ", "x" * 1001, "called\0"):
        with pytest.raises(InvalidRequest):
            await feedback.close("a1", nothing, staff_id="s1")
    clock.turn(hours=1)
    closed = await feedback.close("a1", "  Called the customer back.  ", staff_id="s1")
    assert (closed.owner_id, closed.done, closed.closed_at) == ("s2", "Called the customer back.", clock())
    for late in (feedback.take("a1", staff_id="s1"), feedback.close("a1", "again, again", staff_id="s1")):
        with pytest.raises(WrongState):
            await late
    await feedback.give("a1", Opinion(face=Face.UNHAPPY, comment="it happened again"))
    again = await feedback.case_of("a1")
    assert (again.closed_at, again.owner_id, again.done) == (None, "s2", closed.done)
    assert again.due_at > closed.due_at


async def test_there_is_no_case_without_an_unhappy_customer(desk):
    feedback, _, _ = desk
    await feedback.give("a1", HAPPY)
    with pytest.raises(NotFound):
        await feedback.take("a1", staff_id="s1")
    with pytest.raises(NotFound):
        await feedback.close("a1", "nothing to do", staff_id="s1")
    with pytest.raises(NotFound):
        await feedback.give("a2", HAPPY)


async def test_ten_at_once_are_one_opinion_and_one_case(desk):
    feedback, _, _ = desk
    await asyncio.gather(*(feedback.give("a1", UNHAPPY) for _ in range(10)))
    report = await feedback.report()
    assert (report.counts.given, report.counts.unhappy, len(report.open)) == (1, 1, 1)


async def test_counts_say_who_was_happy_and_who_stayed_at_home_for_three_months(desk):
    feedback, clock, _ = desk
    empty = (await feedback.report()).counts
    assert (empty.given, empty.happy, empty.visits_saved, empty.asked_visits) == (0, 0, 0, 0)
    await feedback.give("a1", HAPPY)
    counts = (await feedback.report()).counts
    assert (counts.given, counts.happy, counts.visits_saved, counts.asked_visits) == (1, 1, 1, 1)
    clock.turn(days=91)
    assert (await feedback.report()).counts == empty


async def test_what_was_written_is_erased_and_the_counts_stay(desk):
    feedback, clock, db = desk
    await feedback.give("a1", UNHAPPY)
    await feedback.close("a1", "اتصلنا بالمتعامل", staff_id="s1")
    clock.turn(days=60)
    assert await Retention(db=db, clock=clock, keep_months=1, holder="one").run_once() == 1
    kept = await feedback.of("a1")
    assert (kept.opinion.face, kept.opinion.topics, kept.opinion.comment) == (
        Face.UNHAPPY,
        UNHAPPY.topics,
        "",
    )
    assert (await feedback.case_of("a1")).done == ""


# --- Those who hear of it ----------------------------------------------------------------------


async def test_webhooks_tell_of_it_with_the_whole_record(tmp_path):
    async with telling(tmp_path) as teller, receiving() as receiver:
        await teller.listen(receiver)
        await teller.book()

        async def nobody_is_told(_room):
            """Rooms are not what this test is about."""

        await Outcomes(db=teller.db, clock=teller.clock, room_over=nobody_is_told).put(
            "a-1", OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE), author="api:1", if_version=None
        )
        feedback = Feedback(db=teller.db, clock=teller.clock, zone=ZONE, wake=teller.dispatcher.wake)
        await feedback.give("a-1", HAPPY)
        await feedback.give("a-1", HAPPY)
        await teller.tell()
        assert receiver.types("a-1") == ["booked", "completed", "feedback.given"]
        *_, before, told = receiver.seen.values()
        assert before["data"]["feedback"] is None
        assert told["data"]["appointment"]["state"] == "technical_failure"
        assert told["data"]["feedback"]["face"] == "happy"
        assert told["data"]["feedback"]["would_have_come"] is True


async def test_booking_systems_ask_for_it(tmp_path):
    async with staffed(tmp_path) as house:
        key = await house.app[API_KEYS].add("booking")
        asked = {"headers": {"Authorization": f"Bearer {key}"}}
        url = "/api/v1/appointments/a1/feedback"
        assert (await house.stranger.get(url))[0].status == 401
        assert (await house.stranger.get(url, **asked))[0].status == 404
        await house.app[OUTCOMES].put(
            "a1",
            OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE),
            author="api:1",
            if_version=None,
        )
        await house.app[FEEDBACK].give("a1", UNHAPPY)
        response, text = await house.stranger.get(url, **asked)
        body = json.loads(text)
        assert response.status == 200
        assert body["feedback"]["face"] == "unhappy"
        assert body["feedback"]["topics"] == ["answer", "waiting"]
        assert (body["case"]["state"], body["case"]["owner"]) == ("open", None)


async def test_the_admin_takes_and_closes_a_case_on_its_page(tmp_path):
    async with staffed(tmp_path) as house:
        page = "/admin/feedback"
        assert (await house.agent.get(page))[0].status == 403
        assert (await house.stranger.post(f"{page}/a1/take", {}))[0].status == 401
        assert (await house.agent.post(f"{page}/a1/close", {"done": "by an agent"}))[0].status == 403
        assert (await house.admin.post(f"{page}/a1/take", {}))[0].status == 404
        assert "No open cases." in (await house.admin.get(page))[1]
        await house.app[OUTCOMES].put(
            "a1",
            OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE),
            author="api:1",
            if_version=None,
        )
        await house.app[FEEDBACK].give("a1", UNHAPPY)
        shown = words_of((await house.admin.get(page))[1])
        for said in (
            "0%",
            "0 of 1 opinions",
            "1 open, 0 overdue",
            "Nobody has taken it yet",
            UNHAPPY.comment,
        ):
            assert said in shown, said
        response, _ = await house.admin.post(f"{page}/a1/take", {})
        assert response.headers["Location"] == f"{page}#case-a1"
        assert "Owner: Admin 1" in words_of((await house.admin.get(page))[1])
        response, faulty = await house.admin.post(f"{page}/a1/close", {"done": "ok"})
        assert (response.status, "5 to 1000 characters" in faulty) == (422, True)
        assert (await house.admin.post(f"{page}/a1/close", {"done": "Called back"}))[0].status == 303
        shown = words_of((await house.admin.get(page))[1])
        assert "Done: Called back" in shown
        assert "0 open, 0 overdue" in shown
        assert (await house.admin.post(f"{page}/a1/close", {"done": "once more"}))[0].status == 409
        _, detail = await house.admin.get("/admin/appointments/a1")
        for said in ("Feedback given", "Case of an unhappy customer closed"):
            assert said in detail, said
