"""A guest's link on its way: in the guest's language, by what is on record when it is sent."""

from __future__ import annotations

import pytest

from tests.support.access import open_house
from tests.support.web import renderer_for_tests, settings_for_tests
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import Language
from vap_meet.domain.guests import GuestPart
from vap_meet.domain.messages import Channel, MessageKind
from vap_meet.services.delivery import NotKept
from vap_meet.services.guest_sending import GuestSending
from vap_meet.services.guests import Guests
from vap_meet.web.letters import Letters

pytestmark = pytest.mark.usefixtures("each_database")

PHONE, EMAIL = "+971500000009", "interpreter@example.org"


class Sent:
    """A channel that keeps what it is given."""

    def __init__(self):
        self.messages = []

    async def send(self, message):
        self.messages.append(message)

    async def close(self):
        """There is nothing to let go of."""


@pytest.fixture
async def desk(tmp_path):
    async with open_house(tmp_path) as house:
        await house.book()
        guests = Guests(
            db=house.db,
            clock=house.clock,
            invitations=house.joining.invitations,
            channels=tuple(Channel),
        )
        yield house, guests


def sending(guests, senders):
    writer = Letters(settings_for_tests(), renderer_for_tests())
    return GuestSending(guests=guests, senders=senders, writer=writer)


async def promised(house):
    return [
        row["payload"] for row in await house.rows("SELECT payload FROM outbox WHERE kind = 'message.guest'")
    ]


async def invite(guests, language, contact):
    return await guests.invite(
        "a-1",
        part=GuestPart.INTERPRETER,
        name="<b>Interpreter</b> 1",
        by="staff.s1",
        language=language,
        contact=contact,
    )


@pytest.mark.parametrize(
    ("language", "contact", "channel", "part"),
    [(Language.EN, EMAIL, Channel.EMAIL, "interpreter"), (Language.AR, PHONE, Channel.SMS, "مترجم")],
)
async def test_a_link_goes_out_in_the_guests_language_and_says_nothing_of_the_customer(
    desk, language, contact, channel, part
):
    house, guests = desk
    invited = await invite(guests, language, contact)
    sent = Sent()
    [payload] = await promised(house)
    await sending(guests, {channel: sent}).send(payload)
    [message] = sent.messages
    assert (message.kind, message.channel, message.to) == (MessageKind.GUEST, channel, contact)
    for text in (message.letter.text, message.letter.short, message.letter.html):
        assert invited.url in text
        assert part in text
        reference = (await house.booking.get("a-1")).reference
        for secret in (reference, "متعامل 1", "Interpreter</b>", "Interpreter&lt;"):
            assert secret not in text


async def test_a_withdrawn_invitation_is_sent_to_nobody(desk):
    house, guests = desk
    invited = await invite(guests, Language.EN, EMAIL)
    await guests.withdraw("a-1", invited.guest.id, by="staff.s1")
    sent = Sent()
    for payload in await promised(house):
        await sending(guests, {Channel.EMAIL: sent}).send(payload)
    assert sent.messages == []


async def test_without_the_channel_the_promise_stays(desk):
    house, guests = desk
    await invite(guests, Language.EN, EMAIL)
    [payload] = await promised(house)
    with pytest.raises(NotKept):
        await sending(guests, {}).send(payload)


async def test_the_customers_companion_gets_the_link_from_the_customer_alone(desk):
    house, guests = desk
    await guests.invite(
        "a-1", part=GuestPart.COMPANION, name="Companion 1", by=CUSTOMER, language=Language.EN
    )
    assert await promised(house) == []
