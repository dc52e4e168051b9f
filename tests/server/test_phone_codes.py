"""One-time codes, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from tests.support.record import TurnedClock, fresh_database
from vap_meet.domain.appointment import Language
from vap_meet.domain.errors import DomainError, RateLimited
from vap_meet.domain.phone_codes import derive_digits, read_digits
from vap_meet.domain.slot_errors import CodeExpired, CodeWrong
from vap_meet.services.keys import Keys, Ring
from vap_meet.services.limits import RateLimiter
from vap_meet.services.phone_codes import PhoneCodes, read_code_message
from vap_meet.store import schema
from vap_meet.store.schema_self_booking import phone_code

pytestmark = pytest.mark.usefixtures("each_database")

PHONE = "+971500000001"


class Codes:
    def __init__(self, db, folder):
        self.db, self.clock = db, TurnedClock()
        self.keys = Keys.open(folder / "secrets")
        limits = RateLimiter(self.clock)
        self.service = PhoneCodes(db=db, clock=self.clock, keys=self.keys, limits=limits)

    async def send(self, phone=PHONE, subject="b-1"):
        sent = await self.service.send(phone, subject=subject, language=Language.AR, address="198.51.100.7")
        return sent.id

    async def check(self, code_id, digits=None, *, subject="b-1", **options):
        digits = self.service.digits(code_id) if digits is None else digits
        await self.service.check(code_id, digits, phone=PHONE, subject=subject, **options)

    def wrong(self, code_id):
        return str((int(self.service.digits(code_id)) + 1) % 10**6).zfill(6)


@pytest.fixture
async def codes(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield Codes(db, tmp_path)


async def test_a_code_proves_its_phone_once(codes):
    code = await codes.send()
    await codes.check(code)
    with pytest.raises(CodeExpired):
        await codes.check(code)


async def test_a_repeatable_code_goes_on_for_its_very_subject(codes):
    code = await codes.send()
    await codes.check(code, repeatable=True)
    await codes.check(code, repeatable=True)
    with pytest.raises(CodeExpired):
        await codes.check(code, subject="b-2", repeatable=True)


async def test_guesses_at_once_count_one_by_one(codes):
    code = await codes.send()

    async def guess():
        try:
            await codes.check(code, codes.wrong(code))
        except DomainError as error:
            return type(error)

    answers = await asyncio.gather(*(guess() for _ in range(20)))
    assert answers.count(CodeWrong) == 5
    assert answers.count(CodeExpired) == 15
    with pytest.raises(CodeExpired):
        await codes.check(code)


async def test_a_code_ends_after_ten_minutes(codes):
    code = await codes.send()
    codes.clock.turn(minutes=10)
    await codes.check(code, repeatable=True)
    codes.clock.turn(seconds=1)
    with pytest.raises(CodeExpired):
        await codes.check(code, repeatable=True)


async def test_a_phone_gets_a_few_codes_an_hour_and_a_day_and_others_get_theirs(codes):
    for _ in range(5):
        await codes.send()
    with pytest.raises(RateLimited):
        await codes.send()
    await codes.send("+971500000002")
    codes.clock.turn(hours=1, seconds=1)
    for _ in range(5):
        await codes.send()
    codes.clock.turn(hours=2)
    with pytest.raises(RateLimited):
        await codes.send()
    codes.clock.turn(days=1)
    await codes.send()


async def test_one_address_can_not_send_to_everybody(codes):
    for number in range(100):
        await codes.send(f"+9715000{number:05}")
    with pytest.raises(RateLimited):
        await codes.send("+971500099999")


async def test_a_number_is_forgotten_when_no_bound_counts_it(codes):
    await codes.send("+971500000002")
    codes.clock.turn(days=2, seconds=1)
    await codes.send()
    async with codes.db.read() as tx:
        assert (await tx.execute(select(phone_code.c.phone))).scalars().all() == [PHONE]


async def test_the_message_names_the_code_and_whoever_sends_it_derives_the_digits(codes):
    code = await codes.send()
    async with codes.db.read() as tx:
        [row] = (await tx.execute(select(schema.outbox))).all()
    message = read_code_message(row.payload)
    assert (message.code_id, message.phone, message.language) == (code, PHONE, "ar")
    codes.keys.rotate(Ring.LINK)
    await codes.check(code, codes.service.digits(message.code_id))


async def test_a_refused_code_promises_nothing(codes):
    for _ in range(5):
        await codes.send()
    with pytest.raises(RateLimited):
        await codes.send()
    async with codes.db.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(schema.outbox))).scalar_one() == 5


def test_digits_are_six_and_read_as_people_type_them():
    digits = {derive_digits(b"key", f"id-{number}") for number in range(200)}
    assert len(digits) > 190
    assert {len(code) for code in digits} == {6}
    assert read_digits(" ٠٣٩-268 ") == "039268"
    assert read_digits("x") == ""
