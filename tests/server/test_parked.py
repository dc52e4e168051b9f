"""Messages that were given up: what the admin sees of them, and sending them again."""

from __future__ import annotations

import json

import pytest

from tests.support.messages import book, offices, outbox
from tests.support.staff import staffed, words_of
from vap_meet.domain.messages import MessageKind
from vap_meet.services.parked import ParkedMessages
from vap_meet.store import schema
from vap_meet.web.appkeys import DB, PARKED

FOR_GOOD = "550 5.1.1 customer1@example.org is unknown"


async def audited(db):
    async with db.read() as tx:
        query = schema.audit_entry.select().where(schema.audit_entry.c.action == "message.sent_again")
        return [json.loads(row.public)["public"] for row in await tx.execute(query)]


@pytest.mark.usefixtures("each_database")
async def test_a_message_that_was_refused_is_shown_with_its_reason_and_goes_out_again_with_its_id(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        mail.refuse_recipient.append(FOR_GOOD)
        await book(office)
        await office.deliver()
        parked = ParkedMessages(db=office.db, clock=office.clock)
        [one] = await parked.list()
        assert (one.message.kind, one.error, one.attempts) == (MessageKind.CONFIRMATION, "smtp 550 5.1.1", 1)
        assert (one.appointment.id, one.still_true) == ("a-1", True)
        assert "customer1" not in one.error
        office.clock.turn(hours=5)
        assert await parked.send_again({one.id}, by="staff:1") == 1
        assert await parked.list() == ()
        await office.deliver()
        assert [email["Message-ID"] for email in mail.received] == [f"<{one.message.id}@meet.example>"]
        wanted = {"by": "staff:1", "message": "confirmation", "channel": "email"}
        assert await audited(office.db) == [wanted]
        assert await parked.send_again({one.id}, by="staff:1") == 0


@pytest.mark.usefixtures("each_database")
async def test_all_are_sent_again_and_one_that_is_no_longer_true_is_dropped(tmp_path):
    async with offices(tmp_path) as (office, mail, gate):
        mail.refuse_recipient.append(FOR_GOOD)
        gate.answers.append(400)
        await book(office)
        await office.deliver()
        await office.booking.cancel("a-1", reason="", by="x", if_match=None)
        parked = ParkedMessages(db=office.db, clock=office.clock)
        assert [one.still_true for one in await parked.list()] == [False, False]
        assert await parked.send_again(None, by="staff:1") == 2
        await office.deliver()
        assert len(mail.received) == len(gate.received) == 1  # of the cancellation
        assert await parked.list() == ()


async def test_what_fails_again_is_tried_for_as_long_as_the_first_time(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        mail.refuse_recipient.append(FOR_GOOD)
        await book(office)
        await office.deliver()
        office.clock.turn(days=1)
        parked = ParkedMessages(db=office.db, clock=office.clock)
        mail.refuse_recipient.append("451 4.3.0 not now")
        await parked.send_again(None, by="staff:1")
        await office.deliver()
        [row] = [row for row in await outbox(office.db) if row.last_error]
        assert (row.parked_at, row.last_error) == (None, "smtp 451 4.3.0")


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path, demo=True) as running:
        yield running


async def give_up(house):
    """Let the admin's house have one message that was given up."""
    async with house.app[DB].write() as tx:
        query = schema.outbox.select().where(schema.outbox.c.kind == "message").limit(1)
        row = (await tx.execute(query)).one()
        await tx.execute(
            schema.outbox.update()
            .where(schema.outbox.c.id == row.id)
            .values(parked_at=house.clock(), done_at=None, last_error="smtp 550 5.1.1", attempts=3)
        )
    return row.id


async def test_an_admin_sees_them_and_sends_one_again(house):
    assert "No message was given up" in words_of((await house.admin.get("/admin/messages"))[1])
    given_up = await give_up(house)
    _, page = await house.admin.get("/admin/messages")
    assert "smtp 550 5.1.1" in page
    assert "+9715" not in page
    for wrong in ("x", "-1", "9" * 30):
        response, _ = await house.admin.post("/admin/messages/send-again", {"message": wrong})
        assert response.headers["Location"] == "/admin/messages"
    assert len(await house.app[PARKED].list()) == 1
    response, _ = await house.admin.post("/admin/messages/send-again", {"message": str(given_up)})
    assert response.headers["Location"] == "/admin/messages?again=1"
    assert await house.app[PARKED].list() == ()


@pytest.mark.parametrize("who", ["agent", "stranger"])
async def test_nobody_else_sees_them_or_sends_them(house, who):
    await give_up(house)
    browser = getattr(house, who)
    assert (await browser.get("/admin/messages"))[0].status in {303, 403}
    assert (await browser.post("/admin/messages/send-again", {}))[0].status in {401, 403}
    assert len(await house.app[PARKED].list()) == 1
