"""Messages to customers: what arrives at a real mail server and at an SMS provider, and what never does."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.messages import (
    IN_TWO_DAYS,
    PUBLIC_URL,
    MailServer,
    book,
    event_of,
    offices,
    outbox,
    post_office,
    text_of,
)
from tests.support.record import NOON
from tests.support.server import free_port
from vap_meet.domain.appointment import Customer, Language
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.store import schema

pytestmark = pytest.mark.usefixtures("each_database")

NEVER = {
    Language.AR: "لا نطلب منك أبدًا أموالًا أو كلمات مرور",
    Language.EN: "We never ask for money or passwords",
}


def subjects(mail):
    return [email["Subject"] for email in mail.received]


def texts(gate):
    return [json.loads(body)["text"] for _, body in gate.received]


async def rewrite(office, **values):
    async with office.db.write() as tx:
        await tx.execute(schema.appointment.update().values(**values))


@pytest.mark.parametrize("language", list(Language))
async def test_a_booking_is_confirmed_by_email_and_sms_in_the_appointments_language(tmp_path, language):
    async with offices(tmp_path) as (office, mail, gate):
        who = Customer(name="x", phone="+971500000123", email="customer1@example.org", language=language)
        record = await book(office, customer=who)
        await office.deliver()
        link = (await office.joining.issue_link("a-1", by="test")).url
    (email,), (short,) = mail.received, texts(gate)
    assert email["To"] == "customer1@example.org"
    assert email["From"].addresses[0].addr_spec == "meet@city.example"
    assert email["Content-Language"] == language
    for words in (text_of(email), text_of(email, "html"), short):
        assert link in words
        assert record.reference in words
        assert "123" in words
        assert NEVER[language] in words
        assert "971500000123" not in words
    assert f'lang="{language}"' in text_of(email, "html")
    (headers, _) = gate.received[0]
    assert headers["X-Key"] == "k-1"
    assert headers["Idempotency-Key"]


async def test_a_calendar_follows_the_appointment_through_book_move_and_cancel(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        record = await book(office)
        await office.deliver()
        later = IN_TWO_DAYS + timedelta(hours=3)
        await office.booking.move("a-1", starts_at=later, duration_minutes=30, by="x", if_match=1)
        await office.deliver()
        await office.booking.cancel("a-1", reason="", by="x", if_match=None)
        await office.deliver()
        link = f"{PUBLIC_URL}/j/"
    methods, events = zip(*(event_of(email) for email in mail.received), strict=True)
    assert methods == ("REQUEST", "REQUEST", "CANCEL")
    assert len({event["UID"] for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert [event["DTSTART"].dt for event in events] == [IN_TWO_DAYS, later, later]
    assert events[1]["DTEND"].dt - later == timedelta(minutes=30)
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert all(record.reference in event["SUMMARY"] for event in events)
    assert [str(event.get("URL", "")).startswith(link) for event in events] == [True, True, False]
    assert events[0]["URL"] != events[1]["URL"]
    assert len({email["Message-ID"] for email in mail.received}) == 3


async def test_reminders_come_the_day_and_the_hour_before_once_each(tmp_path):
    async with offices(tmp_path) as (office, mail, gate):
        await book(office)
        await office.deliver()
        arrived = []
        for _ in range(49):
            office.clock.turn(hours=1)
            await office.deliver()
            arrived.append(len(mail.received))
    assert [arrived.count(n) for n in (1, 2, 3)] == [23, 23, 3]
    assert len(texts(gate)) == 3
    assert len({email["Message-ID"] for email in mail.received}) == 3


async def test_no_reminder_of_the_time_before_a_move(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        await book(office)
        await office.deliver()
        later = IN_TWO_DAYS + timedelta(days=5)
        await office.booking.move("a-1", starts_at=later, duration_minutes=None, by="x", if_match=1)
        await office.deliver()
        assert len(mail.received) == 2
        office.clock.turn(days=2)
        await office.deliver()
        assert len(mail.received) == 2
        office.clock.now = later - timedelta(hours=24)
        await office.deliver()
        assert len(mail.received) == 3


async def test_no_reminder_of_what_was_cancelled(tmp_path):
    async with offices(tmp_path) as (office, mail, gate):
        await book(office)
        await office.booking.cancel("a-1", reason="", by="x", if_match=None)
        await office.deliver()
        office.clock.turn(days=2, hours=-1)
        await office.deliver()
    assert [event_of(email)[0] for email in mail.received] == ["CANCEL"]
    assert len(texts(gate)) == 1


async def test_a_reminder_that_could_not_go_out_in_time_never_goes_out_after_the_start(tmp_path):
    mail = MailServer(free_port())
    async with post_office(tmp_path, mail=mail) as office:
        async with mail.up():
            await book(office)
            await office.deliver()
        office.clock.now = IN_TWO_DAYS - timedelta(minutes=59)
        await office.deliver()
        office.clock.now = IN_TWO_DAYS
        async with mail.up():
            await office.deliver()
        assert all(row.done_at for row in await outbox(office.db))
    assert len(mail.received) == 1


async def test_a_day_reminder_is_not_sent_beside_that_of_the_hour(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        await book(office)
        await office.deliver()
        office.clock.now = IN_TWO_DAYS - timedelta(minutes=50)
        await office.deliver()
        assert len(mail.received) == 2


async def test_a_reminder_that_is_late_already_is_not_promised(tmp_path):
    async with offices(tmp_path) as (office, _, __):
        await book(office, starts_at=NOON + timedelta(hours=5))
        kinds = [json.loads(row.payload)["kind"] for row in await outbox(office.db)]
    assert sorted(kinds) == ["confirmation"] * 2 + ["hour_before"] * 2


async def test_nothing_a_customer_typed_gets_into_a_message(tmp_path):
    hostile = "Win\r\nBcc: everyone@example.org\r\n\r\nhttps://evil.example <script>alert(1)</script>"
    async with offices(tmp_path) as (office, mail, gate):
        await book(office)
        # The domain refuses all of this; a message must not depend on that.
        await rewrite(
            office,
            customer_name=hostile,
            question=hostile,
            language="en",
            service_name_en="Trees <b>\r\nBcc: everyone@example.org",
        )
        await office.deliver()
    (email,) = mail.received
    assert email["Bcc"] is None
    assert email["X-Recipients"] == "customer1@example.org"
    assert email["Subject"] == "Your appointment is booked: Trees <b> Bcc: everyone@example.org"
    assert "Trees &lt;b&gt;" in text_of(email, "html")
    for words in (text_of(email), text_of(email, "html"), *texts(gate)):
        assert "evil.example" not in words


async def test_without_a_channel_or_a_contact_nothing_is_promised(tmp_path):
    async with post_office(tmp_path) as office:
        await book(office)
        assert await outbox(office.db) == []
        await book(office, "a-2", customer=Customer(name="x"))
        assert await outbox(office.db) == []


async def test_the_outbox_holds_nothing_personal(tmp_path):
    async with offices(tmp_path) as (office, _, __):
        record = await book(office)
        for row in await outbox(office.db):
            for personal in ("customer1", "0000001", record.reference, "/j/"):
                assert personal not in row.payload


async def test_the_written_answer_and_its_correction_are_told(tmp_path):
    async with offices(tmp_path) as (office, mail, gate):
        await book(office, starts_at=NOON + timedelta(minutes=1))
        await office.deliver()
        await rewrite(office, state="in_session")

        async def put(answer, *, if_version, pending=False, notes="", reason=None):
            content = OutcomeContent(code=OutcomeCode.RESOLVED, answer=answer, internal_notes=notes)
            await office.outcomes.put(
                "a-1", content, author="x", reason=reason, if_version=if_version, answer_pending=pending
            )
            await office.deliver()

        await put("", if_version=None, pending=True)
        assert len(mail.received) == 1
        await put("نعم\nيكفي <المخطط>", if_version=1)
        await put("نعم\nيكفي <المخطط>", if_version=2, notes="للموظفين فقط", reason="notes")
        await put("لا يكفي", if_version=3, reason="خطأ")
    _, answer, correction = mail.received
    assert "يكفي <المخطط>" in text_of(answer)
    assert "يكفي &lt;المخطط&gt;" in text_of(answer, "html")
    assert "للموظفين" not in text_of(answer)
    assert "لا يكفي" in text_of(correction)
    assert answer["Subject"] != correction["Subject"]
    assert all("يكفي" not in short for short in texts(gate))
    assert f"{PUBLIC_URL}/mine" in texts(gate)[-1]


async def test_a_phones_code_goes_by_sms_unless_it_is_no_longer_good(tmp_path):
    async with offices(tmp_path, sms_body="to={to}&body={text}") as (office, _, gate):
        sent = await office.codes.send("+971500000001", subject="x", language=Language.EN, address="::1")
        await office.deliver()
        gate.answers = [500]
        await office.codes.send("+971500000001", subject="x", language=Language.EN, address="::1")
        await office.deliver()
        office.clock.turn(minutes=11)
        await office.deliver()
        ((headers, body),) = gate.received
        form = parse_qs(body)
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert form["to"] == ["+971500000001"]
        assert office.codes.digits(sent.id) in form["body"][0]


async def agent_comes(office, seq):
    fact = Joined("staff.1", tuple(sorted(Grant)), Stage.ADMITTED)
    await office.sessions.commit("a-1", Position("e1", seq), int(office.clock.now.timestamp() * 1000), fact)


@pytest.mark.parametrize(
    ("online", "told"),
    [({"staff.1"}, 1), ({"staff.1", "customer"}, 0), (set(), 0)],
    ids=["the official", "both", "nobody"],
)
async def test_the_ready_official_is_told_once_if_the_customers_page_is_away(tmp_path, online, told):
    async with offices(tmp_path) as (office, _, gate):
        who = Customer(name="x", phone="+971500000001", language=Language.EN)
        await book(office, starts_at=NOON + timedelta(minutes=5), customer=who)
        office.online |= online
        await agent_comes(office, 1)
        office.clock.turn(minutes=2)
        await office.deliver()
        assert len(gate.received) == 1  # it has not begun
        office.clock.turn(minutes=3)
        await agent_comes(office, 2)
        await office.deliver()
        office.clock.turn(minutes=3)
        await office.deliver()
        ready = [text for text in texts(gate) if "The official is ready" in text]
        assert len(ready) == told
