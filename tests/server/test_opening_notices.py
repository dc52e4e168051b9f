"""Notices of a service that opens: told once to who asked, by the channel they gave, and then forgotten."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.support.messages import PUBLIC_URL, offices, outbox, text_of
from vap_meet.domain.appointment import Language
from vap_meet.domain.catalogue import Phase, Service
from vap_meet.domain.messages import Channel
from vap_meet.domain.outbox import Kind
from vap_meet.services.catalogue import Catalogue
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.demand import Demand
from vap_meet.services.opening_notices import OpeningPromises, OpeningSending

pytestmark = pytest.mark.usefixtures("each_database")

LATER = Service(
    id="later",
    name_ar="خدمة لاحقة",
    name_en="A later service",
    area_id="area",
    area_ar="قسم",
    area_en="Area",
    phase=Phase.LATER,
    virtual=False,
)


class Notices:
    """A catalogue with one later service, who asked about it, and what arrives."""

    def __init__(self, office, mail, gate, ways):
        self.office, self.mail, self.gate = office, mail, gate
        db, clock = office.db, office.clock
        self.demand = Demand(db=db, clock=clock)
        self.catalogue = Catalogue(db=db, clock=clock, opened=OpeningPromises(ways))
        sending = office.sending
        opening = OpeningSending(db=db, clock=clock, senders=sending._senders, writer=sending._writer)
        handlers = {Kind.SERVICE_OPEN: opening.send}
        self.dispatcher = Dispatcher(db=db, clock=clock, handlers=handlers, chance=lambda: 0.0)

    async def ask(self, contact, language=Language.EN):
        await self.demand.tell_me("later", contact, language=language, agreed=True)

    async def set(self, **changes):
        service = await self.catalogue.get("later")
        await self.catalogue.change(replace(service, **changes), by="staff:1")

    async def open(self):
        await self.set(phase=Phase.FIRST, virtual=True)

    async def deliver(self):
        while await self.dispatcher.run_once():
            pass

    async def waiting(self):
        return [each.waiting for each in await self.demand.interest()]

    def texts(self):
        return [json.loads(body)["text"] for _, body in self.gate.received]


@asynccontextmanager
async def noticing(folder, ways=tuple(Channel)):
    async with offices(folder) as (office, mail, gate):
        notices = Notices(office, mail, gate, ways)
        await notices.catalogue.add(LATER, by="test")
        yield notices


@pytest.fixture
async def notices(tmp_path):
    async with noticing(tmp_path) as notices:
        yield notices


async def test_who_asked_is_told_once_with_a_link_and_then_forgotten(notices):
    await notices.ask("050 123 4567")
    await notices.ask("customer1@example.org", Language.AR)
    await notices.open()
    await notices.deliver()
    [short], [email] = notices.texts(), notices.mail.received
    assert "A later service" in short
    assert "567" in short
    assert f"{PUBLIC_URL}/services/later" in short
    assert "خدمة لاحقة" in email["Subject"]
    assert f"{PUBLIC_URL}/services/later" in text_of(email)
    assert await notices.waiting() == [0]
    for row in await outbox(notices.office.db):
        assert "customer1" not in row.payload
        assert "4567" not in row.payload
    await notices.set(virtual=False)
    await notices.open()
    await notices.deliver()
    assert (len(notices.texts()), len(notices.mail.received)) == (1, 1)


async def test_a_catalogue_file_that_opens_a_service_tells_too(notices):
    await notices.ask("050 123 4567")
    await notices.open()
    data = await notices.catalogue.export()
    await notices.set(virtual=False)
    await notices.catalogue.take(data, by="staff:1")
    await notices.deliver()
    assert len(notices.texts()) == 1


async def test_a_change_that_does_not_open_it_tells_nobody(notices):
    await notices.ask("050 123 4567")
    await notices.set(note="x")
    await notices.set(phase=Phase.FIRST)
    assert await outbox(notices.office.db) == []
    assert await notices.waiting() == [1]


async def test_a_service_that_closed_again_before_the_message_went_out_is_not_told(notices):
    await notices.ask("050 123 4567")
    await notices.open()
    await notices.set(virtual=False)
    await notices.deliver()
    assert notices.texts() == []
    assert await notices.waiting() == [1]
    await notices.open()
    await notices.deliver()
    assert len(notices.texts()) == 1


async def test_a_service_that_opens_twice_before_the_message_went_out_is_told_once(notices):
    await notices.ask("050 123 4567")
    await notices.open()
    await notices.set(virtual=False)
    await notices.open()
    await notices.deliver()
    assert len(notices.texts()) == 1


async def test_a_provider_that_is_down_keeps_the_contact_until_the_message_is_out(notices):
    await notices.ask("050 123 4567")
    notices.gate.answers.append(500)
    await notices.open()
    await notices.deliver()
    assert await notices.waiting() == [1]
    notices.office.clock.turn(minutes=1)
    await notices.deliver()
    assert len(notices.texts()) == 1
    assert await notices.waiting() == [0]


async def test_whoever_no_channel_reaches_stays_on_the_list(tmp_path):
    async with noticing(tmp_path, ways=(Channel.SMS,)) as notices:
        await notices.ask("customer1@example.org")
        await notices.ask("050 123 4567")
        await notices.open()
        await notices.deliver()
        assert await notices.waiting() == [1]
        [still] = await notices.demand.who_waits("later", by="x")
        assert still.contact == "customer1@example.org"
