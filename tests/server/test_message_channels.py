"""Channels that are down, refuse or hang: nothing is lost, nothing is told twice, the reason is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.messages import PUBLIC_URL, MailServer, book, offices, outbox, post_office
from tests.support.record import NOON
from tests.support.server import free_port
from vap_meet.domain.appointment import Customer, Language
from vap_meet.domain.messages import Channel, Letter, MessageKind, OutgoingMessage
from vap_meet.domain.outbox import GIVE_UP_AFTER
from vap_meet.services.delivery import NotKept
from vap_meet.services.email_sending import EmailSender, Tls
from vap_meet.services.email_sending import MailServer as MailSettings

pytestmark = pytest.mark.usefixtures("each_database")


async def test_a_mail_server_that_is_down_for_an_hour_loses_nothing_and_gets_nothing_twice(tmp_path):
    mail = MailServer(free_port())
    async with post_office(tmp_path, mail=mail) as office:
        for n in range(5):
            await book(office, f"a-{n}")
        for _ in range(60):
            await office.deliver()
            office.clock.turn(minutes=1)
        assert mail.received == []
        async with mail.up():
            for _ in range(20):
                await office.deliver()
                office.clock.turn(minutes=1)
        assert len(mail.received) == 5
        assert len({email["Message-ID"] for email in mail.received}) == 5


async def test_a_refusal_for_now_is_tried_again_and_given_up_in_the_end_with_its_reason(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        mail.refuse_recipient += ["450 4.2.1 customer1@example.org is busy"] * 3
        who = Customer(name="x", email="customer1@example.org")
        await book(office, starts_at=NOON + timedelta(days=9), customer=who)
        await office.deliver()
        (row, *_) = await outbox(office.db)
        assert (row.last_error, row.parked_at) == ("smtp 450 4.2.1", None)
        office.clock.turn(days=1)
        await office.deliver()
        office.clock.now = NOON + GIVE_UP_AFTER
        await office.deliver()
        (row, *_) = await outbox(office.db)
    assert mail.received == []
    assert (row.last_error, row.parked_at, row.attempts) == ("smtp 450 4.2.1", office.clock.now, 3)


async def test_a_reminder_that_fails_at_first_is_tried_again_however_long_ago_it_was_promised(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        start = NOON + timedelta(days=9)
        await book(office, starts_at=start, customer=Customer(name="x", email="customer1@example.org"))
        await office.deliver()
        mail.refuse_content.append("451 4.3.0 not now")
        office.clock.now = start - timedelta(days=1)
        await office.deliver()
        assert len(mail.received) == 1
        office.clock.turn(minutes=1)
        await office.deliver()
    assert len(mail.received) == 2


@pytest.mark.parametrize("where", ["refuse_recipient", "refuse_content"])
async def test_a_refusal_for_good_is_parked_with_its_reason_and_nobodys_address(tmp_path, where):
    async with offices(tmp_path) as (office, mail, _):
        getattr(mail, where).append("550 5.1.1 customer1@example.org is nobody here")
        await book(office, customer=Customer(name="x", email="customer1@example.org"))
        await office.deliver()
        (row,) = [row for row in await outbox(office.db) if row.parked_at]
    assert row.last_error == "smtp 550 5.1.1"
    assert row.attempts == 1


@pytest.mark.parametrize(
    ("status", "final"), [(500, False), (503, False), (429, False), (302, False), (400, True)]
)
async def test_an_sms_provider_that_refuses_is_asked_again_unless_it_refuses_for_good(
    tmp_path, status, final
):
    async with offices(tmp_path) as (office, _, gate):
        gate.answers = [status]
        await book(office, customer=Customer(name="x", phone="+971500000001"))
        await office.deliver()
        (row,) = [row for row in await outbox(office.db) if row.last_error]
        assert row.last_error == f"sms: status {status}"
        assert bool(row.parked_at) is final
        office.clock.turn(seconds=2)
        await office.deliver()
        assert len(gate.received) == (0 if final else 1)


async def test_an_sms_provider_that_hangs_is_left_after_a_while(tmp_path):
    async with offices(tmp_path) as (office, _, gate):
        gate.answers = [None]
        sender = office.sending._senders[Channel.SMS]
        sender._timeout = type(sender._timeout)(total=0.05)
        await book(office, customer=Customer(name="x", phone="+971500000001"))
        await office.deliver()
        (row,) = [row for row in await outbox(office.db) if row.last_error]
        assert row.last_error == "sms: timeout"


@pytest.mark.parametrize("address", ["a@example.org\r\nBcc: b@example.org", "a@", "", "a b@example.org"])
async def test_an_address_that_is_none_is_given_up(address):
    server = MailSettings(
        host="127.0.0.1",
        port=free_port(),
        tls=Tls.NONE,
        username=None,
        password=None,
        sender="meet@city.example",
        public_url=PUBLIC_URL,
        names={Language.AR: "خدمات المدينة"},
    )
    message = OutgoingMessage(
        id="1",
        kind=MessageKind.MOVED,
        channel=Channel.EMAIL,
        to=address,
        language=Language.AR,
        letter=Letter(subject="s", text="t", html="h", short="s"),
    )
    with pytest.raises(NotKept) as refused:
        await EmailSender(server, clock=lambda: NOON).send(message)
    assert refused.value.final
    assert refused.value.error == "no usable address"
