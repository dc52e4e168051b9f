"""Coming in: what is refused first, then who gets where."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.access import (
    RESOLVED,
    an_agent,
    booked_link,
    code_of,
    enter,
    open_house,
)
from vap_meet.domain.access import CUSTOMER, NOTICE_VERSION, LinkStatus
from vap_meet.domain.errors import (
    LinkCancelled,
    LinkMoved,
    LinkOver,
    LinkUnknown,
    NotFound,
    NoticeNotAccepted,
    TooEarly,
)

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


# --- strangers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["", "a" * 26, "A" * 26, "..", "' OR 1=1", "ب" * 26, "a" * 5000])
async def test_a_guessed_code_is_unknown_and_writes_nothing(house, code):
    await booked_link(house)
    with pytest.raises(LinkUnknown):
        await house.joining.look_up_link(code)
    with pytest.raises(LinkUnknown):
        await house.joining.enter_by_link(code, browser=None, notice_version=NOTICE_VERSION)
    assert await house.rows("SELECT * FROM visit") == []


async def test_opening_a_link_any_number_of_times_writes_nothing(house):
    link = await booked_link(house)
    before = await house.rows("SELECT COUNT(*) AS n FROM audit_entry")
    for _ in range(3):
        view = await house.joining.look_up_link(code_of(link))
    assert (view.appointment.id, view.status, view.may_enter) == ("a-1", LinkStatus.OPEN, True)
    assert await house.rows("SELECT COUNT(*) AS n FROM audit_entry") == before
    assert await house.rows("SELECT * FROM visit") == []


@pytest.mark.parametrize("browser", [None, "", "x", "\ud800", "A" * 43])
async def test_a_visit_needs_the_cookie_of_its_own_browser(house, browser):
    entry = await enter(house, await booked_link(house))
    with pytest.raises(NotFound):
        await house.joining.visit(entry.visit_id, browser=browser)
    with pytest.raises(NotFound):
        await house.joining.seat_for_visit(entry.visit_id, browser)


async def test_one_browsers_cookie_does_not_open_anothers_visit(house):
    link = await booked_link(house)
    mine, theirs = await enter(house, link), await enter(house, link)
    assert mine.browser != theirs.browser
    with pytest.raises(NotFound):
        await house.joining.visit(theirs.visit_id, browser=mine.browser)


async def test_a_visit_that_does_not_exist_is_like_one_of_somebody_else(house):
    entry = await enter(house, await booked_link(house))
    with pytest.raises(NotFound):
        await house.joining.visit("no-such-visit", browser=entry.browser)


@pytest.mark.parametrize("notice", [None, "", "0", "2", "true"])
async def test_without_the_notice_that_is_shown_now_nobody_enters(house, notice):
    link = await booked_link(house)
    with pytest.raises(NoticeNotAccepted):
        await enter(house, link, notice_version=notice)
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    with pytest.raises(NoticeNotAccepted):
        await house.joining.enter_by_token(token, browser=None, notice_version=notice)
    assert await house.rows("SELECT * FROM visit") == []


@pytest.mark.parametrize("planted", ["short", "A" * 42 + "!", "A" * 44, "A" * 42 + "\n"])
async def test_a_cookie_of_another_shape_is_replaced(house, planted):
    entry = await enter(house, await booked_link(house), browser=planted)
    assert entry.set_cookie
    assert entry.browser != planted
    assert len(entry.browser) == 43


async def test_a_revoked_link_is_unknown(house):
    link = await booked_link(house)
    async with house.db.write() as tx:
        await tx.exec_driver_sql("UPDATE link SET revoked_at = '2026-09-28 08:00:00'")
    with pytest.raises(LinkUnknown):
        await enter(house, link)


# --- entering ---------------------------------------------------------------------------------------


async def test_entering_twice_in_one_browser_is_one_visit_audited_once(house):
    link = await booked_link(house)
    first = await enter(house, link)
    again = await enter(house, link, browser=first.browser)
    assert (first.set_cookie, again.set_cookie) == (True, False)
    assert (again.visit_id, again.browser) == (first.visit_id, first.browser)
    assert len(await house.audited("visit.entered")) == 1


async def test_entering_twice_at_once_is_one_visit(house):
    link = await booked_link(house)
    browser = "B" * 43
    entries = await asyncio.gather(*(enter(house, link, browser=browser) for _ in range(5)))
    assert {entry.visit_id for entry in entries} == {entries[0].visit_id}


async def test_two_appointments_live_side_by_side_in_one_browser(house):
    one = await enter(house, await booked_link(house, "a-1"))
    two = await enter(house, await booked_link(house, "a-2"), browser=one.browser)
    assert one.visit_id != two.visit_id
    for entry, appointment_id in ((one, "a-1"), (two, "a-2")):
        view = await house.joining.visit(entry.visit_id, browser=one.browser)
        assert view.appointment.id == appointment_id


async def test_the_version_of_the_accepted_notice_is_kept_and_audited(house):
    await enter(house, await booked_link(house))
    [visit] = await house.rows("SELECT * FROM visit")
    assert visit["notice_version"] == NOTICE_VERSION
    [entry] = await house.audited("visit.entered")
    assert f'"notice_version":"{NOTICE_VERSION}"'.encode() in entry["public"]
    assert "متعامل".encode() not in entry["public"]


async def test_a_newer_notice_is_accepted_anew(house):
    link = await booked_link(house)
    first = await enter(house, link)
    async with house.db.write() as tx:
        await tx.exec_driver_sql("UPDATE visit SET notice_version = '0'")
    again = await enter(house, link, browser=first.browser)
    assert again.visit_id == first.visit_id
    assert len(await house.audited("visit.entered")) == 2


async def test_of_a_browsers_cookie_only_the_hash_is_stored(house):
    entry = await enter(house, await booked_link(house))
    [visit] = await house.rows("SELECT * FROM visit")
    assert visit["browser_sha256"] == hashlib.sha256(entry.browser.encode()).hexdigest()
    assert entry.browser not in repr(visit) + repr(await house.rows("SELECT * FROM audit_entry"))


# --- time, moves and ends ---------------------------------------------------------------------------


async def test_too_early_one_may_enter_and_see_the_countdown_but_has_no_seat(house):
    link = await booked_link(house, starts_at=house.clock() + timedelta(hours=3))
    entry = await enter(house, link)
    view = await house.joining.visit(entry.visit_id, browser=entry.browser)
    assert (view.status, view.opens_at) == (LinkStatus.EARLY, house.clock() + timedelta(hours=2))
    with pytest.raises(TooEarly):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    house.clock.turn(hours=2)
    assert (await house.joining.seat_for_visit(entry.visit_id, entry.browser)).room == "a-1"


async def test_after_a_move_the_old_link_and_the_old_visit_say_so(house):
    link = await booked_link(house)
    entry = await enter(house, link)
    await house.booking.move(
        "a-1",
        starts_at=house.clock() + timedelta(minutes=30),
        duration_minutes=None,
        by="api:1",
        if_match=1,
    )
    assert (await house.joining.look_up_link(code_of(link))).status is LinkStatus.MOVED
    assert (await house.joining.visit(entry.visit_id, browser=entry.browser)).status is LinkStatus.MOVED
    with pytest.raises(LinkMoved):
        await enter(house, link, browser=entry.browser)
    with pytest.raises(LinkMoved):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    new = await enter(house, await house.joining.issue_link("a-1", by="api:1"), browser=entry.browser)
    assert new.visit_id != entry.visit_id
    assert (await house.joining.seat_for_visit(new.visit_id, new.browser)).participant.id == CUSTOMER


async def test_after_a_cancellation_links_visits_and_seats_say_so(house):
    link = await booked_link(house)
    entry = await enter(house, link)
    agent = await an_agent(house)
    await house.booking.cancel("a-1", reason="asked", by="api:1", if_match=1)
    assert (await house.joining.look_up_link(code_of(link))).status is LinkStatus.CANCELLED
    with pytest.raises(LinkCancelled):
        await enter(house, link)
    with pytest.raises(LinkCancelled):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    with pytest.raises(LinkCancelled):
        await house.joining.seat_for_staff(agent, "a-1")


async def test_after_the_outcome_the_link_leads_to_the_answer_but_to_no_seat(house):
    link = await booked_link(house)
    await house.sessions.commit(
        "a-1", Position("epoch-one", 1), 1, Joined(CUSTOMER, (Grant.CHAT,), Stage.WAITING)
    )
    await house.outcomes.put("a-1", RESOLVED, author="staff:1", if_version=None)
    entry = await enter(house, link)
    assert (await house.joining.visit(entry.visit_id, browser=entry.browser)).status is LinkStatus.OVER
    with pytest.raises(LinkOver):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    house.clock.turn(hours=5)
    with pytest.raises(LinkOver):
        await enter(house, link)
    assert (await house.joining.visit(entry.visit_id, browser=entry.browser)).status is LinkStatus.OVER


async def test_long_after_the_end_a_link_opens_nothing(house):
    link = await booked_link(house)
    house.clock.turn(minutes=15 + 15 + 240)
    assert (await house.joining.look_up_link(code_of(link))).status is LinkStatus.OPEN
    house.clock.turn(seconds=1)
    assert (await house.joining.look_up_link(code_of(link))).status is LinkStatus.OVER
    with pytest.raises(LinkOver):
        await enter(house, link)
