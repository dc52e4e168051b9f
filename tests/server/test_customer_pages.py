from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from signaling.events import Position
from signaling.facts import Admitted, Ended, Joined
from signaling.vocabulary import Stage
from tests.support.access import PUBLIC_URL
from tests.support.customer import open_street
from tests.support.record import NOON
from vap_meet.domain.access import NOTICE_VERSION
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.limits import LIMITS, Bucket

pytestmark = pytest.mark.usefixtures("each_database")

ANSWER = OutcomeContent(
    code=OutcomeCode.FOLLOW_UP,
    answer="نعم، يكفي المخطط.",
    next_steps="1. قدّم الطلب.\n2. انتظر الرد.",
    internal_notes="not for the customer",
    follow_up_on=date(2026, 10, 5),
)
TABLES = ("appointment", "visit", "link", "audit_entry", "outbox", "session", "session_event")


@pytest.fixture
async def street(tmp_path):
    async with open_street(tmp_path) as street:
        await street.house.book()
        yield street


async def counts(street):
    async with street.house.db.read() as tx:
        return [(await tx.execute(text(f"SELECT count(*) FROM {table}"))).scalar() for table in TABLES]


def assert_private(page):
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def assert_stopped(page, kind, status=200):
    assert (page.status, f'data-testid="stop-{kind}"' in page.text) == (status, True)


async def test_the_link_page_explains_the_appointment_and_writes_nothing(street):
    path, browser = await street.link(), street.browser()
    reference = (await street.house.booking.get("a-1")).reference
    before = await counts(street)
    for _ in range(3):  # as scanners of messages do
        page = await browser.get(path)
    assert await counts(street) == before
    assert page.status == 200
    assert not page.cookies
    assert f'<bdi class="whole">{reference}</bdi>' in page.text
    for words in ("Building permit", "Dubai time", "money or passwords", "not recorded", "Privacy notice"):
        assert words in page.text
    assert "متعامل 1" not in page.text
    assert_private(page)


async def test_the_link_page_is_arabic_unless_another_language_was_chosen(street):
    page = await street.browser(language="").get(await street.link())
    assert '<html lang="ar" dir="rtl"' in page.text
    assert "بتوقيت دبي" in page.text


async def test_continuing_accepts_the_notice_and_gives_the_browser_its_cookie(street):
    browser = street.browser()
    page = await browser.post(await street.link(), notice="1")
    assert page.status == 303
    assert re.fullmatch(r"/v/[0-9a-f-]{36}/", page.location)
    (cookie,) = page.cookies
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert [row["notice_version"] for row in await street.house.rows("SELECT * FROM visit")] == [
        NOTICE_VERSION
    ]
    assert (await browser.get(page.location)).status == 200
    assert_private(page)


async def test_without_the_notice_nobody_enters(street):
    path = await street.link()
    page = await street.browser().post(path)
    assert (page.status, page.location) == (303, path)
    assert await street.house.rows("SELECT * FROM visit") == []


async def test_opening_the_link_again_leads_to_the_same_visit(street):
    browser = street.browser()
    first = await street.entered(browser)
    assert await street.entered(browser) == first


@pytest.mark.parametrize("code", ["x", "a" * 26, "<script>", "٢" * 26, "a" * 3000])
async def test_an_unknown_link_gets_a_vague_page_with_a_next_step(street, code):
    for page in (
        await street.browser().get(f"/j/{code}"),
        await street.browser().post(f"/j/{code}", notice="1"),
    ):
        assert_stopped(page, "unknown", 404)
        assert code not in page.text or code == "x"
        assert_private(page)


async def test_a_form_of_another_site_is_refused(street):
    page = await street.browser(origin="https://evil.example").post(await street.link(), notice="1")
    assert page.status == 403
    assert not page.cookies
    assert await street.house.rows("SELECT * FROM visit") == []


async def test_a_visit_shows_nothing_to_another_browser(street):
    path = await street.entered(street.browser())
    stranger = street.browser(cookie="A" * 43)
    await street.entered(other := street.browser())
    for browser in (street.browser(), stranger, other):
        assert_stopped(await browser.get(path), "visit", 404)
        assert_stopped(await browser.get(f"{path}answer"), "visit", 404)
        assert (await browser.get(f"{path}status.json")).status == 404


async def test_the_room_says_where_its_socket_is_and_how_long_one_has_waited(street):
    browser = street.browser()
    page = await browser.get(path := await street.entered(browser))
    visit = path.split("/")[2]
    assert f'"signalUrl":"/signal?visit={visit}"' in page.text
    assert '"waitedMs":null' in page.text
    for testid in ("choose-video", "choose-sound", "section-waiting", "section-call", "leave-dialog"):
        assert f'data-testid="{testid}"' in page.text
    assert not re.search(r"\sstyle=", page.text)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page.text)
    assert_private(page)


async def test_the_pages_of_a_visit_write_nothing(street):
    browser = street.browser()
    path = await street.entered(browser)
    before = await counts(street)
    for name in ("", "answer", "status.json"):
        await browser.get(path + name)
    assert await counts(street) == before


async def test_before_the_room_opens_there_is_a_countdown(street):
    await street.house.book("a-2", starts_at=NOON + timedelta(hours=3))
    browser = street.browser()
    assert 'id="early-note"' in (await browser.get(await street.link("a-2"))).text
    page = await browser.get(await street.entered(browser, "a-2"))
    assert 'data-testid="countdown"' in page.text
    assert f'"opensInMs":{2 * 3600 * 1000}' in page.text
    assert 'data-testid="choose-sound"' in page.text


async def test_the_countdown_ends_in_the_room(street):
    await street.house.book("a-2", starts_at=NOON + timedelta(hours=3))
    browser = street.browser()
    path = await street.entered(browser, "a-2")
    street.house.clock.turn(hours=2)
    assert 'data-testid="section-waiting"' in (await browser.get(path)).text


async def test_a_moved_appointment_says_so_on_the_old_link_and_visit(street):
    browser, old = street.browser(), await street.link()
    path = await street.entered(browser)
    await street.house.booking.move(
        "a-1", starts_at=NOON + timedelta(days=2), duration_minutes=None, by="test", if_match=1
    )
    for page in (await browser.get(old), await browser.get(path), await browser.get(f"{path}answer")):
        assert_stopped(page, "moved")
        assert "30/09/2026" in page.text
    page = await street.browser().post(old, notice="1")
    assert (page.status, page.location) == (303, old)
    assert '"outcome": false' in (await browser.get(f"{path}status.json")).text


async def test_a_cancelled_appointment_says_what_to_do_now(street):
    browser, link = street.browser(), await street.link()
    path = await street.entered(browser)
    await street.house.booking.cancel("a-1", reason="private reason", by="test", if_match=None)
    for page in (await browser.get(link), await browser.get(path)):
        assert_stopped(page, "cancelled")
        assert "private reason" not in page.text
        assert "where you booked" in page.text, "a booking system's own service is not booked here"
        assert 'href="/book' not in page.text


async def test_long_after_the_end_the_link_is_over(street):
    browser, link = street.browser(), await street.link()
    path = await street.entered(browser)
    street.house.clock.turn(hours=12)
    assert_stopped(await browser.get(link), "over")
    assert_stopped(await browser.get(path), "over")


async def test_the_written_answer_is_for_the_customer_and_can_be_reopened(street):
    browser = street.browser()
    path = await street.entered(browser)
    assert 'data-testid="answer-pending"' in (await browser.get(f"{path}answer")).text
    await admitted(street)
    await street.house.outcomes.put("a-1", ANSWER, author="staff:1", if_version=None)
    assert (await browser.get(path)).location == f"{path}answer"
    for _ in range(2):
        page = await browser.get(f"{path}answer")
    for words in (ANSWER.answer, "1. قدّم الطلب.<br>2. انتظر الرد.", "05/10/2026", "Needs a follow-up"):
        assert words in page.text
    assert ANSWER.internal_notes not in page.text
    assert 'data-testid="correction"' not in page.text
    state = await browser.get(f"{path}status.json")
    assert state.text == '{"state": "completed", "visit": "over", "outcome": true}'
    assert_private(state)


async def test_an_answer_that_is_still_owed_is_announced_not_shown(street):
    browser, link = street.browser(), await street.link()
    path = await street.entered(browser)
    await admitted(street)
    owed = OutcomeContent(code=OutcomeCode.RESOLVED)
    await street.house.outcomes.put("a-1", owed, author="staff:1", if_version=None, answer_pending=True)
    page = await browser.get(f"{path}answer")
    assert "Your answer is being written" in page.text
    fresh = await street.browser().get(link)
    assert "will be here when it is ready" in fresh.text
    assert "Read the answer" not in fresh.text
    assert '"statusUrl"' in page.text
    assert '"outcome": false' in (await browser.get(f"{path}status.json")).text
    await street.house.outcomes.put("a-1", ANSWER, author="staff:1", if_version=1)
    page = await browser.get(f"{path}answer")
    assert ANSWER.answer in page.text
    assert 'data-testid="correction"' not in page.text


async def test_a_call_that_ended_without_an_outcome_is_over_and_its_answer_to_come(street):
    browser, link = street.browser(), await street.link()
    path = await street.entered(browser)
    await admitted(street)
    at = int(street.house.clock().timestamp() * 1000) + 1
    await street.house.sessions.commit("a-1", Position("epoch-one", 9), at, Ended())
    page = await browser.get(path)
    assert (page.status, page.location) == (303, f"{path}answer")
    page = await browser.get(page.location)
    assert "The call is over" in page.text
    assert "Back to the appointment" not in page.text
    again = await street.browser().get(link)
    assert "The call is over. Your answer in writing will be here" in again.text
    assert "What will happen" not in again.text


async def test_an_amended_answer_is_marked_as_a_correction(street):
    browser = street.browser()
    path = await street.entered(browser)
    await admitted(street)
    await street.house.outcomes.put("a-1", ANSWER, author="staff:1", if_version=None)
    better = OutcomeContent(code=OutcomeCode.RESOLVED, answer="لا <b>يكفي</b>.")
    await street.house.outcomes.put("a-1", better, author="staff:1", reason="private reason", if_version=1)
    page = await browser.get(f"{path}answer")
    assert 'data-testid="correction"' in page.text
    assert "لا &lt;b&gt;يكفي&lt;/b&gt;." in page.text
    assert ANSWER.answer not in page.text
    assert "private reason" not in page.text


async def test_after_the_answer_the_link_lets_another_device_read_it(street):
    link = await street.link()
    await admitted(street)
    await street.house.outcomes.put("a-1", ANSWER, author="staff:1", if_version=None)
    browser = street.browser()
    assert "Read the answer" in (await browser.get(link)).text
    page = await browser.get((await browser.post(link, notice="1")).location)
    assert ANSWER.answer in (await browser.get(page.location)).text


async def test_no_meeting_is_said_neutrally(street):
    browser = street.browser()
    path = await street.entered(browser)
    absent = OutcomeContent(code=OutcomeCode.CUSTOMER_NO_SHOW)
    await street.house.outcomes.put("a-1", absent, author="staff:1", if_version=None)
    page = await browser.get(f"{path}answer")
    assert "The meeting did not take place" in page.text


async def test_a_token_is_exchanged_after_the_notice(street):
    token = await street.house.joining.mint_token("a-1", role="customer", by="test")
    browser = street.browser()
    opening = await browser.get("/join")
    assert 'id="join-token"' in opening.text
    assert_private(opening)
    notice = await browser.post("/join", token=token)
    assert notice.status == 200
    assert f'name="token" value="{token}"' in notice.text
    assert await street.house.rows("SELECT * FROM visit") == []
    page = await browser.post("/join", token=token, notice="1")
    assert page.status == 303
    assert (await browser.get(page.location)).status == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "<b>", "٣" * 200])
async def test_a_forged_token_gets_the_vague_page(street, token):
    page = await street.browser().post("/join", token=token, notice="1")
    assert_stopped(page, "unknown", 403 if token else 400)
    assert not page.cookies


async def test_a_token_of_a_moved_appointment_says_so_without_the_appointment(street):
    token = await street.house.joining.mint_token("a-1", role="customer", by="test")
    await street.house.booking.move(
        "a-1", starts_at=NOON + timedelta(days=2), duration_minutes=None, by="test", if_match=1
    )
    page = await street.browser().post("/join", token=token, notice="1")
    assert_stopped(page, "moved", 410)
    assert "Building permit" not in page.text


async def test_links_are_tried_only_so_often(street):
    burst = LIMITS[Bucket.LINK].burst
    for _ in range(burst):
        street.house.limits.hit(Bucket.LINK, "127.0.0.1")
    page = await street.browser().get("/j/" + "a" * 26)
    assert page.status == 429
    assert int(page.headers["Retry-After"]) >= 1
    assert_private(page)


async def test_the_choice_of_language_stays_on_the_page(street):
    path = await street.link()
    page = await street.browser().get(f"{path}?lang=ar")
    assert (page.status, page.location) == (303, path)
    assert PUBLIC_URL not in page.location


async def admitted(street):
    """Let the record know that the customer was here and in the call."""
    facts = (Joined("customer", (), Stage.WAITING), Admitted("customer", "staff.1"))
    for seq, fact in enumerate(facts, start=1):
        at = int(street.house.clock().timestamp() * 1000)
        await street.house.sessions.commit("a-1", Position("epoch-test-1", seq), at, fact)
