"""Coming in: what is refused first, then who gets where."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from signaling.events import Admitted, Joined, Position
from signaling.log import LogUnavailable
from signaling.protocol import Grant, Stage
from tests.support.access import PASSWORD, PUBLIC_URL, open_house
from vap_meet.domain.access import CUSTOMER, NOTICE_VERSION, LinkStatus, Role
from vap_meet.domain.appointment import Customer, Language
from vap_meet.domain.errors import (
    Forbidden,
    InvalidRequest,
    LinkCancelled,
    LinkMoved,
    LinkOver,
    LinkUnknown,
    NotFound,
    NoticeNotAccepted,
    TokenExpired,
    TokenInvalid,
    TooEarly,
    Unavailable,
)
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.joining import GRANTS
from vap_meet.services.keys import Keys, Ring

RESOLVED = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم")


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


def code_of(link):
    return link.url.rpartition("/")[2]


async def enter(house, link, *, browser=None, notice_version=NOTICE_VERSION):
    return await house.joining.enter_by_link(code_of(link), browser=browser, notice_version=notice_version)


async def booked_link(house, appointment_id="a-1", **changes):
    await house.book(appointment_id, **changes)
    return await house.joining.issue_link(appointment_id, by="api:1")


async def enter_token(house, token, browser=None):
    return await house.joining.enter_by_token(token, browser=browser, notice_version=NOTICE_VERSION)


async def an_agent(house, username="agent"):
    return await house.staffing.add(username, PASSWORD, "agent", name_ar="موظف 1", name_en="Agent 1")


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


# --- links ------------------------------------------------------------------------------------------


async def test_a_link_is_the_same_until_the_appointment_moves(house):
    first = await booked_link(house)
    again = await house.joining.issue_link("a-1", by="api:1")
    assert again == first
    appointment = await house.booking.get("a-1")
    await house.booking.move(
        "a-1",
        starts_at=appointment.starts_at + timedelta(days=1),
        duration_minutes=None,
        by="api:1",
        if_match=appointment.revision,
    )
    moved = await house.joining.issue_link("a-1", by="api:1")
    assert moved.url != first.url
    assert len(await house.audited("link.issued")) == 2


async def test_links_asked_for_at_once_are_one_link(house):
    await house.book()
    links = await asyncio.gather(*(house.joining.issue_link("a-1", by="api:1") for _ in range(5)))
    assert len(set(links)) == 1
    assert len(await house.rows("SELECT * FROM link")) == 1


async def test_only_the_hash_of_a_code_is_stored_anywhere(house):
    link = await booked_link(house)
    code = code_of(link)
    [stored] = await house.rows("SELECT * FROM link")
    assert stored["code_sha256"] == hashlib.sha256(code.encode()).hexdigest()
    everything = repr(stored) + repr(await house.rows("SELECT * FROM audit_entry"))
    assert code not in everything
    assert link.url == f"{PUBLIC_URL}/j/{code}"


async def test_a_rotated_key_leaves_live_links_alive(house):
    old = await booked_link(house)
    house.keys.rotate(Ring.LINK)
    new = await house.joining.issue_link("a-1", by="api:1")
    assert new.url != old.url
    for link in (old, new):
        assert (await house.joining.look_up_link(code_of(link))).status is LinkStatus.OPEN


async def test_no_link_is_made_for_what_is_unknown_cancelled_or_over(house):
    with pytest.raises(NotFound):
        await house.joining.issue_link("nothing", by="api:1")
    await house.book("gone")
    await house.booking.cancel("gone", reason="asked", by="api:1", if_match=1)
    with pytest.raises(LinkCancelled):
        await house.joining.issue_link("gone", by="api:1")
    await house.book("late")
    house.clock.turn(hours=5)
    with pytest.raises(LinkOver):
        await house.joining.issue_link("late", by="api:1")
    with pytest.raises(InvalidRequest):
        await house.joining.issue_link("late", "staff.1", by="api:1")


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


# --- tokens -----------------------------------------------------------------------------------------


async def test_a_token_lets_the_customer_in(house):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    entry = await enter_token(house, token)
    again = await enter_token(house, token, browser=entry.browser)
    assert again.visit_id == entry.visit_id
    view = await house.joining.visit(entry.visit_id, browser=entry.browser)
    assert (view.participant_id, view.role) == (CUSTOMER, Role.CUSTOMER)


async def test_a_token_of_another_deployment_is_refused(house, tmp_path):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    (tmp_path / "other").mkdir()
    async with open_house(tmp_path / "other") as other:
        await other.book()
        with pytest.raises(TokenInvalid):
            await enter_token(other, token)


async def test_a_token_for_an_appointment_that_does_not_exist_here_is_refused(house):
    await house.book("a-1")
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    async with house.db.write() as tx:
        await tx.exec_driver_sql("DELETE FROM appointment")
    with pytest.raises(TokenInvalid):
        await enter_token(house, token)


async def test_a_moved_a_cancelled_and_an_expired_token_say_so(house):
    for appointment_id in ("moved", "cancelled", "expired"):
        await house.book(appointment_id)
    tokens = {
        name: await house.joining.mint_token(name, role="customer", by="api:1")
        for name in ("moved", "cancelled", "expired")
    }
    await house.booking.move(
        "moved",
        starts_at=house.clock() + timedelta(hours=1),
        duration_minutes=None,
        by="api:1",
        if_match=1,
    )
    await house.booking.cancel("cancelled", reason="asked", by="api:1", if_match=1)
    with pytest.raises(LinkMoved):
        await enter_token(house, tokens["moved"])
    with pytest.raises(LinkCancelled):
        await enter_token(house, tokens["cancelled"])
    house.clock.turn(hours=5)
    with pytest.raises(TokenExpired):
        await enter_token(house, tokens["expired"])


async def test_a_token_signed_before_a_rotation_still_lets_in(house):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    Keys.open(house.settings.secret_dir).rotate(Ring.TOKEN)
    await enter_token(house, token)
    await enter_token(house, await house.joining.mint_token("a-1", role="customer", by="api:1"))


async def test_an_agents_token_is_that_agents_while_the_account_is_open(house):
    await house.book()
    agent = await an_agent(house)
    token = await house.joining.mint_token("a-1", role="agent", by="api:1", staff_id=agent.id)
    entry = await enter_token(house, token)
    seat = await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert (seat.participant.id, seat.participant.grants) == (f"staff.{agent.id}", frozenset(Grant))
    async with house.db.write() as tx:
        await tx.exec_driver_sql("UPDATE staff SET active = 0")
    with pytest.raises(NotFound):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)


async def test_no_token_is_made_for_a_role_or_a_person_that_is_not(house):
    await house.book()
    admin = await house.staffing.add("admin", PASSWORD, "admin", name_ar="مشرف", name_en="Admin")
    for role, staff_id in (
        ("admin", None),
        ("agent", None),
        ("agent", "nobody"),
        ("agent", admin.id),
        ("customer", admin.id),
    ):
        with pytest.raises(InvalidRequest):
            await house.joining.mint_token("a-1", role=role, by="api:1", staff_id=staff_id)
    assert await house.audited("token.minted") == []


async def test_a_minted_token_is_audited_by_its_id_and_stored_nowhere(house):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    [entry] = await house.audited("token.minted")
    assert b'"by":"api:1"' in entry["public"]
    assert token not in repr(await house.rows("SELECT * FROM audit_entry"))


# --- seats ------------------------------------------------------------------------------------------


def test_every_role_has_its_grants():
    assert {
        Role.CUSTOMER: frozenset({Grant.PUBLISH, Grant.CHAT}),
        Role.AGENT: frozenset(Grant),
    } == GRANTS


async def test_the_customers_seat_is_theirs_on_this_browser(house):
    link = await booked_link(house)
    phone, laptop = await enter(house, link), await enter(house, link)
    on_phone = await house.joining.seat_for_visit(phone.visit_id, phone.browser)
    on_laptop = await house.joining.seat_for_visit(laptop.visit_id, laptop.browser)
    assert on_phone.participant == on_laptop.participant
    assert on_phone.participant.name == "متعامل 1"
    assert on_phone.participant.grants == {Grant.PUBLISH, Grant.CHAT}
    assert on_phone.seat != on_laptop.seat
    assert on_phone == await house.joining.seat_for_visit(phone.visit_id, phone.browser)


@pytest.mark.parametrize(("language", "name"), [(Language.AR, "موظف 1"), (Language.EN, "Agent 1")])
async def test_the_agent_is_named_in_the_appointments_language(house, language, name):
    await house.book(customer=Customer(name="Customer 1", language=language))
    await an_agent(house)
    _, agent = await house.staffing.sign_in("agent", PASSWORD, address="192.0.2.1")
    seat = await house.joining.seat_for_staff(agent, "a-1")
    assert (seat.participant.id, seat.participant.name) == (f"staff.{agent.id}", name)
    assert seat.seat == agent.session_id


async def test_an_admin_has_no_seat(house):
    await house.book()
    admin = await house.staffing.add("admin", PASSWORD, "admin", name_ar="مشرف", name_en="Admin")
    with pytest.raises(Forbidden):
        await house.joining.seat_for_staff(admin, "a-1")


async def test_staff_have_no_seat_in_what_does_not_exist_or_is_not_open(house):
    agent = await an_agent(house)
    with pytest.raises(NotFound):
        await house.joining.seat_for_staff(agent, "nothing")
    await house.book(starts_at=house.clock() + timedelta(hours=3))
    with pytest.raises(TooEarly):
        await house.joining.seat_for_staff(agent, "a-1")


class RecordingHub:
    """Stands where the hub does, and does something at the moment a room is opened."""

    def __init__(self, at_opening=None):
        self.history = []
        self._at_opening = at_opening

    async def open_room(self, room, *, restored=(), ended=False):
        self.history.append(("open", room, [one.stage for one in restored], ended))
        if self._at_opening:
            await self._at_opening()

    async def revoke(self, room, participant):
        self.history.append(("revoke", room, participant))

    async def end_room(self, room):
        self.history.append(("end", room))


async def test_a_room_is_opened_as_the_facts_left_it(house):
    entry = await enter(house, await booked_link(house))
    now = int(house.clock().timestamp() * 1000)
    await house.sessions.commit(
        "a-1", Position("epoch-one", 1), now, Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)
    )
    await house.sessions.commit("a-1", Position("epoch-one", 2), now, Admitted(CUSTOMER, "staff.1"))
    hub = RecordingHub()
    house.joining._hub = hub
    await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert hub.history == [("open", "a-1", [Stage.ADMITTED], False)]


async def test_a_cancellation_while_the_room_opens_leaves_nobody_in_it(house):
    entry = await enter(house, await booked_link(house))
    hub = RecordingHub(lambda: house.booking.cancel("a-1", reason="asked", by="api:1", if_match=1))
    house.joining._hub = hub
    with pytest.raises(LinkCancelled):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert hub.history[1:] == [("revoke", "a-1", None)]


async def test_an_outcome_while_the_room_opens_ends_it(house):
    entry = await enter(house, await booked_link(house))
    await house.sessions.commit(
        "a-1", Position("epoch-one", 1), 1, Joined(CUSTOMER, (Grant.CHAT,), Stage.WAITING)
    )
    hub = RecordingHub(lambda: house.outcomes.put("a-1", RESOLVED, author="staff:1", if_version=None))
    house.joining._hub = hub
    with pytest.raises(LinkOver):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert hub.history[-1] == ("end", "a-1")


async def test_a_log_that_cannot_open_is_said_to_be_unavailable(house):
    entry = await enter(house, await booked_link(house))

    async def refuse():
        raise LogUnavailable

    house.joining._hub = RecordingHub(refuse)
    with pytest.raises(Unavailable):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
