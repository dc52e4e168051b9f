"""Places in rooms: whose they are, and how a room is opened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Joined
from signaling.log import LogUnavailable
from signaling.vocabulary import Grant, Stage
from tests.support.access import (
    PASSWORD,
    RESOLVED,
    an_agent,
    booked_link,
    enter,
    open_house,
)
from tests.support.signaling import FakeTransport
from vap_meet.domain.access import CUSTOMER, Role
from vap_meet.domain.appointment import Customer, Language
from vap_meet.domain.errors import (
    Forbidden,
    LinkCancelled,
    LinkOver,
    NotFound,
    TooEarly,
    Unavailable,
)
from vap_meet.services.seating import GRANTS

pytestmark = pytest.mark.usefixtures("each_database")
BOTH = {"ar": "موظف 1", "en": "Agent 1"}


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


def test_every_role_has_its_grants():
    assert {
        Role.CUSTOMER: frozenset({Grant.PUBLISH, Grant.CHAT, Grant.PLACE}),
        Role.AGENT: frozenset(Grant) - {Grant.PLACE},
    } == GRANTS


async def test_the_customers_seat_is_theirs_on_this_browser(house):
    link = await booked_link(house)
    phone, laptop = await enter(house, link), await enter(house, link)
    on_phone = await house.joining.seat_for_visit(phone.visit_id, phone.browser)
    on_laptop = await house.joining.seat_for_visit(laptop.visit_id, laptop.browser)
    assert on_phone.participant == on_laptop.participant
    assert on_phone.participant.name == "متعامل 1"
    assert on_phone.participant.grants == {Grant.PUBLISH, Grant.CHAT, Grant.PLACE}
    assert on_phone.seat != on_laptop.seat
    assert on_phone == await house.joining.seat_for_visit(phone.visit_id, phone.browser)


@pytest.mark.parametrize("language", Language)
async def test_the_agent_is_named_in_both_languages_whatever_the_appointments_is(house, language):
    await house.book(customer=Customer(name="Customer 1", language=language))
    await an_agent(house)
    _, agent = await house.staffing.sign_in("agent", PASSWORD, address="192.0.2.1")
    seat = await house.joining.seat_for_staff(agent, "a-1")
    assert (seat.participant.id, seat.participant.name) == (f"staff.{agent.id}", BOTH)
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

    async def open_room(self, room, *, restored=(), ended=False, locked=False):
        self.history.append(("open", room, [one.stage for one in restored], ended, locked))
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
    house.joining._seating._hub = hub
    await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert hub.history == [("open", "a-1", [Stage.ADMITTED], False, False)]


async def test_a_cancellation_while_the_room_opens_leaves_nobody_in_it(house):
    entry = await enter(house, await booked_link(house))
    hub = RecordingHub(lambda: house.booking.cancel("a-1", reason="asked", by="api:1", if_match=1))
    house.joining._seating._hub = hub
    with pytest.raises(LinkCancelled):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert hub.history[1:] == [("revoke", "a-1", None)]


async def test_an_outcome_while_the_room_opens_ends_it(house):
    entry = await enter(house, await booked_link(house))
    await house.sessions.commit(
        "a-1", Position("epoch-one", 1), 1, Joined(CUSTOMER, (Grant.CHAT,), Stage.WAITING)
    )
    hub = RecordingHub(lambda: house.outcomes.put("a-1", RESOLVED, author="staff:1", if_version=None))
    house.joining._seating._hub = hub
    with pytest.raises(LinkOver):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert hub.history[-1] == ("end", "a-1")


async def test_a_log_that_cannot_open_is_said_to_be_unavailable(house):
    entry = await enter(house, await booked_link(house))

    async def refuse():
        raise LogUnavailable

    house.joining._seating._hub = RecordingHub(refuse)
    with pytest.raises(Unavailable):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)


# --- coming back at once ----------------------------------------------------------------------------


async def seated(house):
    """A customer who has said hello; gives the entry and the line."""
    entry = await enter(house, await booked_link(house))
    seat = await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    transport = FakeTransport()
    line = house.hub.connect(transport, room=seat.room, participant=seat.participant, seat=seat.seat)
    await line.receive(b'{"type":"hello"}')
    await house.hub.settle()
    return entry, line


async def test_whoever_holds_the_seat_comes_back_without_the_record_being_read(house):
    entry, line = await seated(house)
    line.closed()
    seat = await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    await house.db.close()
    assert await house.joining.seat_for_visit(entry.visit_id, entry.browser) == seat


async def test_a_stolen_visit_id_is_worth_nothing_without_its_cookie_even_then(house):
    entry, _ = await seated(house)
    for cookie in (None, "", "x" * 43):
        with pytest.raises(NotFound):
            await house.joining.seat_for_visit(entry.visit_id, cookie)


async def test_whoever_lost_the_seat_to_another_device_is_looked_up_again(house):
    entry, _ = await seated(house)
    link = await house.joining.issue_link("a-1", by="test")
    other = await enter(house, link)
    seat = await house.joining.seat_for_visit(other.visit_id, other.browser)
    line = house.hub.connect(FakeTransport(), room="a-1", participant=seat.participant, seat=seat.seat)
    await line.receive(b'{"type":"hello"}')
    assert not house.hub.holds("a-1", CUSTOMER, entry.visit_id)
    assert (await house.joining.seat_for_visit(entry.visit_id, entry.browser)).seat == entry.visit_id


async def test_whose_access_was_taken_is_refused_at_once(house):
    entry, _ = await seated(house)
    await house.booking.cancel("a-1", reason="closed", by="test", if_match=None)
    await house.hub.revoke("a-1", None)
    with pytest.raises(LinkCancelled):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)


async def test_after_closing_time_the_seat_is_no_way_in_any_more(house):
    entry, _ = await seated(house)
    house.clock.turn(days=1)
    with pytest.raises(LinkOver):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)
