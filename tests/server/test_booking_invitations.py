"""Invitations to book, as a use case: once each, told to whom they are for, used up by one booking."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from tests.support.slots import SERVICES, TEN, a_desk
from vap_meet.domain.appointment import Customer, Language, Mode
from vap_meet.domain.booking_invitations import (
    LONGEST_LIFE,
    InvitationExists,
    InvitationOver,
    InvitationRequest,
    InvitationState,
)
from vap_meet.domain.errors import InvalidRequest, LinkUnknown, NotFound
from vap_meet.domain.messages import Channel
from vap_meet.domain.slot_errors import NotBookable, SlotTaken
from vap_meet.services.availability import SlotRequest
from vap_meet.services.booking_invitations import BookingInvitations
from vap_meet.services.keys import Keys
from vap_meet.services.reserving import Wish
from vap_meet.services.retention import Retention
from vap_meet.store import schema

pytestmark = pytest.mark.usefixtures("each_database")

REQUEST = InvitationRequest(
    service_id="trees",
    customer=Customer(name="متعامل 1", phone="+971500000001", email="customer1@example.org"),
    request_number="R-7",
    reason_ar="أُعيد طلبك",
    reason_en=None,
)


@pytest.fixture
async def desk(tmp_path):
    async with a_desk(tmp_path) as desk:
        desk.invitations = BookingInvitations(
            db=desk.db,
            clock=desk.clock,
            keys=Keys.open(tmp_path / "secrets"),
            services=SERVICES,
            public_url="https://meet.example/",
            ways=Channel,
        )
        yield desk


async def invite(desk, id_="i-1", **changes):
    invited, _ = await desk.invitations.invite(id_, replace(REQUEST, **changes), by="api:1")
    return invited


def code(invited):
    return invited.url.rpartition("/")[2]


async def told(desk):
    async with desk.db.read() as tx:
        rows = await tx.execute(select(schema.outbox).where(schema.outbox.c.kind == "message.invitation"))
        return sorted(msgspec.json.decode(row.payload)["channel"] for row in rows)


async def book_by(desk, appointment_id, starts_at, invitation_id="i-1"):
    request = SlotRequest(
        service_id="trees",
        customer=REQUEST.customer,
        starts_at=starts_at,
        mode=Mode.VIDEO,
        wish=Wish(invitation_id=invitation_id),
    )
    return await desk.availability.book(appointment_id, request, by="customer")


async def test_who_is_invited_is_told_by_each_channel_that_reaches_them_once(desk):
    await invite(desk)
    assert await told(desk) == ["email", "sms"]
    _, created = await desk.invitations.invite("i-1", REQUEST, by="api:1")
    assert not created
    assert await told(desk) == ["email", "sms"]


async def test_the_promise_holds_nothing_personal_and_the_code_is_stored_nowhere(desk):
    invited = await invite(desk)
    async with desk.db.read() as tx:
        kept = [str(row) for row in await tx.execute(select(schema.outbox))]
        entries = [str(row) for row in await tx.execute(select(schema.audit_entry.c.public))]
    for text in (*kept, *entries):
        for secret in (code(invited), "متعامل", "971500000001", "customer1@", "أُعيد"):
            assert secret not in text


async def test_the_same_id_with_other_content_is_another_invitation_and_refused(desk):
    await invite(desk)
    with pytest.raises(InvitationExists):
        await invite(desk, reason_ar="سبب آخر")


async def test_its_link_is_the_same_whenever_it_is_asked_for_and_no_appointments(desk):
    invited = await invite(desk)
    assert (await desk.invitations.get("i-1")).url == invited.url
    assert (await desk.invitations.by_code(code(invited).upper())).id == "i-1"
    for wrong in ("", "x", "a" * 26, "\0"):
        with pytest.raises(LinkUnknown):
            await desk.invitations.by_code(wrong)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason_ar": None}, "reasonAr"),
        ({"reason_ar": " "}, "reasonAr"),
        ({"reason_en": "x" * 501}, "reasonEn"),
        ({"request_number": "a\nb"}, "requestNumber"),
        ({"customer": Customer(name="متعامل 1", phone=None, email=None)}, "customer.phone"),
        ({"customer": Customer(name=" ", phone="+971500000001", email=None)}, "customer.name"),
        ({"expires_at": TEN - timedelta(days=30)}, "expiresAt"),
        ({"expires_at": TEN + LONGEST_LIFE + timedelta(days=1)}, "expiresAt"),
    ],
)
async def test_what_can_not_be_is_refused_by_its_field_and_tells_nobody(desk, changes, field):
    with pytest.raises(InvalidRequest) as refusal:
        await invite(desk, **changes)
    assert list(refusal.value.fields) == [field]
    assert await told(desk) == []


@pytest.mark.parametrize("service", ["later", "nothing"])
async def test_a_service_that_takes_no_appointments_can_not_be_invited_to(desk, service):
    with pytest.raises(NotBookable):
        await invite(desk, service_id=service)


async def test_a_booking_uses_it_up_and_a_second_is_refused_and_books_nothing(desk):
    await desk.open(officials=3)
    invited = await invite(desk)
    booked, _ = await book_by(desk, "a1", TEN)
    assert (await book_by(desk, "a1", TEN))[0] == booked  # the same form, sent twice
    with pytest.raises(InvitationOver) as refusal:
        await book_by(desk, "a2", TEN)
    assert refusal.value.state is InvitationState.USED
    with pytest.raises(NotFound):
        await desk.booking.get("a2")
    found = (await desk.invitations.get("i-1")).invitation
    assert (found.appointment_id, found.used_at) == ("a1", desk.clock.now)
    with pytest.raises(InvitationOver):
        await desk.invitations.by_code(code(invited))


async def test_many_at_once_book_once(desk):
    await desk.open(officials=20)
    await invite(desk)
    results = await asyncio.gather(
        *(book_by(desk, f"a{number}", TEN) for number in range(10)), return_exceptions=True
    )
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, InvitationOver) for result in results) == 9
    async with desk.db.read() as tx:
        assert len((await tx.execute(select(schema.appointment.c.id))).all()) == 1


async def test_a_time_that_is_gone_leaves_it_open(desk):
    await desk.open()
    await desk.book("other", TEN)
    invited = await invite(desk)
    with pytest.raises(SlotTaken):
        await book_by(desk, "a1", TEN)
    assert (await desk.invitations.by_code(code(invited))).id == "i-1"


async def test_called_off_it_books_nothing_and_a_used_one_can_not_be(desk):
    await desk.open(officials=2)
    invited = await invite(desk)
    for _ in range(2):
        called_off = await desk.invitations.cancel("i-1", by="api:1")
        assert called_off.invitation.state(desk.clock.now) is InvitationState.CANCELLED
    with pytest.raises(InvitationOver):
        await book_by(desk, "a1", TEN)
    with pytest.raises(InvitationOver) as refusal:
        await desk.invitations.by_code(code(invited))
    assert refusal.value.state is InvitationState.CANCELLED
    await invite(desk, "i-2")
    await book_by(desk, "a2", TEN, "i-2")
    with pytest.raises(InvitationOver):
        await desk.invitations.cancel("i-2", by="api:1")
    with pytest.raises(NotFound):
        await desk.invitations.cancel("nothing", by="api:1")


async def test_too_old_it_books_nothing(desk):
    await desk.open()
    invited = await invite(desk, expires_at=desk.clock.now + timedelta(hours=1))
    desk.clock.turn(hours=1)
    with pytest.raises(InvitationOver) as refusal:
        await desk.invitations.by_code(code(invited))
    assert refusal.value.state is InvitationState.EXPIRED
    with pytest.raises(InvitationOver):
        await book_by(desk, "a1", TEN)


async def test_the_list_has_pages_and_filters(desk):
    await desk.open()
    for number in range(5):
        await invite(desk, f"i-{number}", request_number=f"R-{number % 2}")
    await book_by(desk, "a1", TEN, "i-2")
    await desk.invitations.cancel("i-3", by="api:1")

    async def ids(**asked):
        usual = {"state": None, "service_id": None, "request_number": None, "after": None, "at_most": 9}
        return [one.invitation.id for one in await desk.invitations.listing(**(usual | asked))]

    assert await ids() == ["i-4", "i-3", "i-2", "i-1", "i-0"]
    assert await ids(after="i-3", at_most=2) == ["i-2", "i-1"]
    assert await ids(request_number="R-1") == ["i-3", "i-1"]
    assert await ids(service_id="nothing") == []
    assert await ids(state=InvitationState.USED) == ["i-2"]
    assert await ids(state=InvitationState.CANCELLED) == ["i-3"]
    assert await ids(state=InvitationState.OPEN) == ["i-4", "i-1", "i-0"]
    desk.clock.turn(days=20)
    assert await ids(state=InvitationState.EXPIRED) == ["i-4", "i-1", "i-0"]
    for gone in ("nothing", "\0"):
        with pytest.raises(NotFound):
            await ids(after=gone)


async def test_whom_it_was_for_is_forgotten_with_time(desk):
    await invite(desk, customer=replace(REQUEST.customer, language=Language.EN))
    retention = Retention(db=desk.db, clock=desk.clock, keep_months=24, holder="one")
    desk.clock.turn(days=740)
    await retention.run_once()
    assert (await desk.invitations.get("i-1")).invitation.customer.phone == "+971500000001"
    desk.clock.turn(days=20)
    await retention.run_once()
    found = (await desk.invitations.get("i-1")).invitation
    assert (found.customer.name, found.customer.phone, found.customer.email) == ("", None, None)
    assert (found.reason_ar, found.request_number) == (None, None)
