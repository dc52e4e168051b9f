"""Guests, colleagues and other devices as use cases, on both databases."""

from __future__ import annotations

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.access import PASSWORD, an_agent, booked_link, code_of, enter
from tests.support.circle import open_circle
from tests.support.record import NOON
from tests.support.signaling import FakeTransport
from vap_meet.domain.access import CUSTOMER, NOTICE_VERSION, LinkStatus
from vap_meet.domain.errors import (
    InvalidRequest,
    LinkMoved,
    LinkOver,
    LinkUnknown,
    NotFound,
    NoticeNotAccepted,
    RoomFull,
)
from vap_meet.domain.guests import MAX_INVITED, GuestPart, StaffPart, guest_participant
from vap_meet.domain.messages import Channel
from vap_meet.services.retention import Retention

pytestmark = pytest.mark.usefixtures("each_database")

PHONE = "+971500000009"


@pytest.fixture
async def circle(tmp_path):
    async with open_circle(tmp_path) as circle:
        yield circle


# --- guests -----------------------------------------------------------------------------------------


async def test_a_guest_comes_by_a_link_of_their_own_as_themselves(circle):
    invited = await circle.invite()
    _, seat = await circle.come(invited)
    assert seat.participant.id == invited.guest.participant_id
    assert seat.participant.name == "Companion 1"
    assert seat.participant.part == "companion"
    assert seat.participant.grants == {Grant.PUBLISH, Grant.CHAT}
    assert seat.room == "a-1"
    [entry] = await circle.house.audited("guest.invited")
    assert "Companion 1" not in bytes(entry["public"]).decode()
    [visit] = await circle.house.rows("SELECT * FROM visit")
    assert visit["notice_version"] == NOTICE_VERSION


async def test_the_notice_comes_before_a_guest_enters(circle):
    invited = await circle.invite()
    with pytest.raises(NoticeNotAccepted):
        await circle.house.joining.enter_by_link(
            invited.url.rpartition("/")[2], browser=None, notice_version=None
        )


async def test_a_guests_link_and_visit_are_unknown_to_the_customers_doors(circle):
    invited = await circle.invite()
    code = invited.url.rpartition("/")[2]
    with pytest.raises(LinkUnknown):
        await circle.house.joining.look_up_link(code)
    entry, _ = await circle.come(invited)
    with pytest.raises(NotFound):
        await circle.visit(entry)
    assert (await circle.visit(entry, as_guest=True)).guest == invited.guest


async def test_a_withdrawn_guest_is_out_and_the_link_is_dead(circle):
    invited = await circle.invite()
    entry, _ = await circle.come(invited)
    await circle.guests.withdraw("a-1", invited.guest.id, by=CUSTOMER)
    await circle.guests.withdraw("a-1", invited.guest.id, by=CUSTOMER)
    for way in (circle.visit(entry, as_guest=True), circle.come(invited)):
        with pytest.raises((NotFound, LinkUnknown)):
            await way
    with pytest.raises(NotFound):
        await circle.house.joining.seat_for_visit(entry.visit_id, entry.browser)
    rows = await circle.house.rows("SELECT kind, payload FROM outbox WHERE kind = 'room.revoke'")
    assert [row["payload"] for row in rows] == [
        f'{{"participant":"{invited.guest.participant_id}","room":"a-1"}}'
    ]
    assert len(await circle.house.audited("guest.withdrawn")) == 1
    assert await circle.guests.of_appointment("a-1", by=CUSTOMER) == ()


async def test_a_move_kills_the_links_of_guests_and_they_are_invited_no_more(circle):
    invited = await circle.invite()
    entry, _ = await circle.come(invited)
    await circle.house.booking.move(
        "a-1", starts_at=NOON.replace(day=29), duration_minutes=None, by="api:1", if_match=1
    )
    assert (await circle.visit(entry, as_guest=True)).status is LinkStatus.MOVED
    with pytest.raises(LinkMoved):
        await circle.come(invited)
    assert await circle.guests.of_appointment("a-1", by=CUSTOMER) == ()


async def test_no_guest_reads_the_answer_of_an_appointment_that_is_over(circle):
    invited = await circle.invite()
    entry, _ = await circle.come(invited)
    circle.house.clock.turn(hours=48)
    with pytest.raises(LinkOver):
        await circle.come(invited)
    assert (await circle.visit(entry, as_guest=True)).status is LinkStatus.OVER


async def test_the_customer_invites_companions_alone_and_sees_only_their_own(circle):
    with pytest.raises(InvalidRequest):
        await circle.invite(part=GuestPart.INTERPRETER)
    agent = "staff.s1"
    theirs = await circle.invite("Interpreter 1", by=agent, part=GuestPart.INTERPRETER)
    circle.house.clock.turn(seconds=1)
    mine = await circle.invite()
    assert await circle.guests.of_appointment("a-1", by=CUSTOMER) == (mine,)
    assert await circle.guests.of_appointment("a-1", by=agent) == (theirs, mine)
    with pytest.raises(NotFound):
        await circle.guests.withdraw("a-1", theirs.guest.id, by=CUSTOMER)
    await circle.guests.withdraw("a-1", mine.guest.id, by=agent)
    assert await circle.guests.of_appointment("a-1", by=agent) == (theirs,)


async def test_no_more_are_invited_than_may_be_and_a_withdrawal_makes_room(circle):
    invited = [await circle.invite(f"Companion {number}") for number in range(MAX_INVITED)]
    with pytest.raises(RoomFull):
        await circle.invite("Companion 5")
    await circle.guests.withdraw("a-1", invited[0].guest.id, by=CUSTOMER)
    await circle.invite("Companion 5")


@pytest.mark.parametrize("name", ["", " \t ", "x" * 61, "\u202e\u0007"])
async def test_nobody_without_a_name_is_invited(circle, name):
    with pytest.raises(InvalidRequest):
        await circle.invite(name)
    assert await circle.guests.of_appointment("a-1", by=CUSTOMER) == ()


async def test_nobody_of_another_appointment_is_withdrawn(circle):
    await circle.house.book("a-2")
    invited = await circle.invite()
    for appointment_id, guest_id in (("a-2", invited.guest.id), ("a-1", "nobody"), ("a-1", "\0")):
        with pytest.raises(NotFound):
            await circle.guests.withdraw(appointment_id, guest_id, by="staff.s1")


@pytest.mark.parametrize(
    ("contact", "channel"), [("050 000 0009", Channel.SMS), ("interpreter@example.org", Channel.EMAIL)]
)
async def test_a_link_is_sent_by_its_id_and_derived_when_it_is_sent(circle, contact, channel):
    invited = await circle.invite(
        by="staff.s1", part=GuestPart.INTERPRETER, name="Interpreter 1", contact=contact
    )
    [row] = await circle.house.rows("SELECT payload FROM outbox WHERE kind = 'message.guest'")
    assert row["payload"] == f'{{"channel":"{channel}","guest_id":"{invited.guest.id}"}}'
    guest, _, url = await circle.guests.link_of(invited.guest.id)
    assert url == invited.url
    assert (guest.phone, guest.email) == ((PHONE, None) if channel is Channel.SMS else (None, contact))
    await circle.guests.withdraw("a-1", guest.id, by="staff.s1")
    assert await circle.guests.link_of(guest.id) is None


async def test_a_contact_that_is_none_is_refused(circle):
    with pytest.raises(InvalidRequest):
        await circle.invite(contact="12", by="staff.s1")


async def test_a_room_opened_anew_knows_guests_by_name_and_part(circle):
    invited = await circle.invite()
    _, seat = await circle.come(invited)
    await circle.house.sessions.commit(
        "a-1",
        Position("epoch-0009", 1),
        int(NOON.timestamp() * 1000),
        Joined(seat.participant.id, tuple(sorted(seat.participant.grants)), Stage.WAITING, seat.seat),
    )
    [person] = (await circle.house.sessions.restored("a-1")).people
    assert (person.participant, person.stage) == (seat.participant, Stage.WAITING)


async def test_a_guest_withdrawn_while_the_log_was_lost_takes_no_place_in_the_room_opened_anew(circle):
    invited = await circle.invite()
    _, seat = await circle.come(invited)
    hub = circle.house.hub
    hub.connect(FakeTransport(), room="a-1", participant=seat.participant, seat=seat.seat)
    await circle.house.sessions.commit(
        "a-1",
        Position("epoch-0009", 1),
        int(NOON.timestamp() * 1000),
        Joined(seat.participant.id, tuple(sorted(seat.participant.grants)), Stage.WAITING, seat.seat),
    )
    hub._rooms["a-1"].lose()
    await hub._log.close()  # and forgets everything
    await circle.guests.withdraw("a-1", invited.guest.id, by=CUSTOMER)
    await hub.revoke("a-1", seat.participant.id)  # there is no log that could be told
    await enter_as_customer(circle.house)
    await hub.settle()
    assert [one.participant.id for one in hub._rooms["a-1"].room.present()] == []
    assert [one.type for one in await circle.house.sessions.timeline("a-1")] == ["joined", "left"]


async def enter_as_customer(house):
    link = await house.joining.issue_link("a-1", by="test")
    entry = await enter(house, link)
    await house.joining.seat_for_visit(entry.visit_id, entry.browser)


async def test_the_time_of_the_notice_over_guests_are_forgotten(circle):
    await circle.invite(contact=PHONE, by="staff.s1")
    circle.house.clock.turn(days=800)
    await Retention(db=circle.house.db, clock=circle.house.clock, keep_months=24).run_once()
    assert await circle.house.rows("SELECT * FROM guest") == []
    [entry] = await circle.house.audited("guest.invited")
    assert entry["personal"] is None


# --- colleagues -------------------------------------------------------------------------------------


async def test_a_colleague_is_asked_seen_as_such_and_asked_no_more(circle):
    me = await an_agent(circle.house)
    other = await circle.house.staffing.add("other", PASSWORD, "agent", name_ar="موظف 2", name_en="Agent 2")
    await circle.house.staffing.add("admin", PASSWORD, "admin", name_ar="مدير", name_en="Admin")
    assert [one.id for one in await circle.colleagues.colleagues(me)] == [other.id]
    await circle.colleagues.ask("a-1", other.id, part=StaffPart.COLLEAGUE, by=me)
    await circle.colleagues.ask("a-1", other.id, part=StaffPart.SUPERVISOR, by=me)
    [asked] = await circle.colleagues.asked_for(other.id)
    assert (asked.appointment.id, asked.ask.part, asked.ask.asked_by) == (
        "a-1",
        StaffPart.SUPERVISOR,
        f"staff.{me.id}",
    )
    seat = await circle.house.joining.seat_for_staff(other, "a-1")
    assert (seat.participant.part, Grant.ADMIT in seat.participant.grants) == ("supervisor", True)
    assert (await circle.house.joining.seat_for_staff(me, "a-1")).participant.part == ""
    await circle.colleagues.unask("a-1", other.id, by=other)
    await circle.colleagues.unask("a-1", other.id, by=other)
    assert await circle.colleagues.asked_for(other.id) == ()
    assert [len(await circle.house.audited(f"colleague.{one}")) for one in ("asked", "unasked")] == [2, 1]


async def test_nobody_asks_themselves_an_admin_or_a_stranger(circle):
    me = await an_agent(circle.house)
    admin = await circle.house.staffing.add("admin", PASSWORD, "admin", name_ar="مدير", name_en="Admin")
    for staff_id in (me.id, admin.id, "nobody"):
        with pytest.raises(InvalidRequest):
            await circle.colleagues.ask("a-1", staff_id, part=StaffPart.COLLEAGUE, by=me)


def test_a_participant_id_of_a_guest_is_no_customers_and_no_staffs():
    assert guest_participant("x").split(".")[0] not in {CUSTOMER, "staff"}


async def test_the_customers_link_stays_as_it_was(circle):
    link = await booked_link(circle.house, "a-7")
    assert (await circle.house.joining.look_up_link(code_of(link))).guest is None
