import json

import pytest
from sqlalchemy import select

from tests.support.record import TurnedClock, a_booking, fresh_database
from vap_meet.domain.appointment import Customer
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.retention import Retention
from vap_meet.services.sealing import Sealer, verify
from vap_meet.store.schema import PERSONAL_COLUMNS
from vap_meet.store.tables import metadata

pytestmark = pytest.mark.usefixtures("each_database")

NAME = "متعامل يُنسى"
FOLDED = "ينسي"
SECRETS = (NAME, FOLDED, "+971500000001", "me@example.org", "سؤال خاص", "إجابة خاصة", "ملاحظة خاصة")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


async def nobody_is_told(_room):
    """Rooms are not what these tests are about."""


async def an_answered_appointment(db, clock):
    customer = Customer(name=NAME, phone="+971500000001", email="me@example.org")
    booking = a_booking(customer=customer, question="سؤال خاص")
    await Booking(db=db, clock=clock).put("a1", booking, by="api:1", if_match=None)
    await Outcomes(db=db, clock=clock, room_over=nobody_is_told).put(
        "a1",
        OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE, answer="إجابة خاصة", internal_notes="ملاحظة خاصة"),
        author="staff:1",
        if_version=None,
    )


async def everything(db):
    """Return every value of every table as text."""
    async with db.read() as tx:
        return json.dumps(
            [[str(v) for v in row] for t in metadata.sorted_tables for row in await tx.execute(select(t))],
            ensure_ascii=False,
        )


async def test_personal_data_goes_when_its_time_is_over_and_the_audit_log_stays_whole(db, clock):
    await an_answered_appointment(db, clock)
    await Sealer(db=db, clock=clock, holder="one").run_once()
    retention = Retention(db=db, clock=clock, keep_months=24, holder="one")
    before = await everything(db)
    assert all(secret in before for secret in SECRETS)

    clock.turn(days=720)
    assert await retention.run_once() == 0
    clock.turn(days=20)
    assert await retention.run_once() == 1
    assert await retention.run_once() == 0

    left = await everything(db)
    for secret in SECRETS:
        assert secret not in left, secret
    appointment = await Booking(db=db, clock=clock).get("a1")
    assert appointment.state == "technical_failure"
    await Sealer(db=db, clock=clock, holder="one").run_once()
    report = await verify(db)
    assert report.intact, report.sentence
    assert report.erased


async def test_only_the_holder_of_the_lease_erases(db, clock):
    await an_answered_appointment(db, clock)
    clock.turn(days=800)
    first = Retention(db=db, clock=clock, keep_months=24, holder="one")
    second = Retention(db=db, clock=clock, keep_months=24, holder="two")
    assert await first.run_once() == 1
    await name_somebody(db)
    assert await second.run_once() == 0
    clock.turn(hours=3)
    assert await second.run_once() == 1


async def name_somebody(db):
    async with db.write() as tx:
        table = metadata.tables["appointment"]
        await tx.execute(table.update().values(customer_name=NAME))


def test_every_personal_column_is_known_to_a_table():
    for table, columns in PERSONAL_COLUMNS.items():
        assert columns <= set(metadata.tables[table].c.keys()), table


async def test_an_appointment_that_is_to_come_keeps_its_person(db, clock):
    await an_answered_appointment(db, clock)
    assert await Retention(db=db, clock=clock, keep_months=1, holder="one").run_once() == 0
    clock.turn(days=1)
    assert await Retention(db=db, clock=clock, keep_months=1, holder="one").run_once() == 0
