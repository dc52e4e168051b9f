"""What people miss: kept without the person, or with the contact they gave for it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.support.record import TurnedClock, fresh_database
from vap_meet.domain.appointment import Language
from vap_meet.domain.errors import InvalidRequest, NotFound, WrongState
from vap_meet.services.catalogue import Catalogue
from vap_meet.services.demand import Demand

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        await Catalogue(db=db, clock=TurnedClock()).fill()
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def demand(db, clock):
    return Demand(db=db, clock=clock)


async def ask(demand, contact="050 123 4567", service_id="refund-fees", *, agreed=True):
    await demand.tell_me(service_id, contact, language=Language.AR, agreed=agreed)


async def test_searches_in_vain_are_counted_by_their_folded_words(demand):
    for query in ("رُخصة طيران", "رخصه طيران ", "kites", "رخصـة  طيران؟"):
        await demand.note_miss(query)
    assert [(miss.text, miss.times) for miss in await demand.misses()] == [("رخصه طيران", 3), ("kites", 1)]
    await demand.drop_miss("kites")
    await demand.drop_miss("never\0there")
    assert len(await demand.misses()) == 1


@pytest.mark.parametrize(
    "query",
    [
        "",
        "؟!",
        "call 050 123 4567",
        "٠٥٠١٢٣٤٥٦٧",
        "784-1990-1234567-1",
        "me@example.org",
        "one two three four five six seven eight nine",
    ],
)
async def test_what_may_be_somebodys_is_not_kept(demand, query):
    await demand.note_miss(query)
    assert await demand.misses() == ()


async def test_searches_in_vain_can_not_fill_the_record(db, clock):
    demand = Demand(db=db, clock=clock, most_misses=2)
    for query in ("one", "two", "three", "two"):
        await demand.note_miss(query)
    assert {(miss.text, miss.times) for miss in await demand.misses()} == {("one", 1), ("two", 2)}


async def test_asking_twice_counts_once_however_the_number_is_written(demand):
    for contact in ("050 123 4567", "+971 (50) 123-4567", "00971501234567", "٠٥٠١٢٣٤٥٦٧"):
        await ask(demand, contact)
    await ask(demand, "One@Example.org")
    [interest] = await demand.interest()
    assert (interest.service_id, interest.asked, interest.waiting) == ("refund-fees", 2, 2)
    waiting = await demand.who_waits("refund-fees", by="staff:1")
    assert {asked.contact for asked in waiting} == {"+971501234567", "one@example.org"}


async def test_who_was_told_is_forgotten_and_stays_counted(demand, clock, db):
    await ask(demand)
    until = clock()
    clock.turn(minutes=1)
    await ask(demand, "two@example.org")
    assert await demand.have_told("refund-fees", until=until, by="staff:1") == 1
    [interest] = await demand.interest()
    assert (interest.asked, interest.waiting) == (2, 1)
    async with db.read() as tx:
        assert "+971501234567" not in str((await tx.execute(text("SELECT * FROM service_interest"))).all())
        actions = (await tx.execute(text("SELECT action FROM audit_entry ORDER BY id"))).scalars().all()
    assert actions[-1] == "service_interest.told"


@pytest.mark.parametrize(
    ("contact", "agreed", "fields"),
    [
        ("", True, {"contact"}),
        ("call me", True, {"contact"}),
        ("050", True, {"contact"}),
        ("a@b", True, {"contact"}),
        ("x" * 300 + "@example.org", True, {"contact"}),
        ("a@b.ae\r\nBcc: c@d.ae", True, {"contact"}),
        ("0501234567", False, {"agreed"}),
        ("?", False, {"contact", "agreed"}),
    ],
)
async def test_no_contact_is_kept_that_can_not_be_used_or_was_not_agreed_to(demand, contact, agreed, fields):
    with pytest.raises(InvalidRequest) as refused:
        await ask(demand, contact, agreed=agreed)
    assert set(refused.value.fields) == fields
    assert await demand.interest() == ()


async def test_nobody_waits_for_what_is_open_or_unknown(demand):
    with pytest.raises(WrongState):
        await ask(demand, service_id="building-permit")
    with pytest.raises(NotFound):
        await ask(demand, service_id="nothing")
