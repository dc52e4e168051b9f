"""Files that are taken back after the answer was sent: the customer, who may rely on them, is told."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from tests.support.attaching import ID, OTHER_ID, PDF, joins
from tests.support.messages import PUBLIC_URL, book, offices, text_of
from tests.support.record import NOON
from vap_meet.domain.appointment import Customer, Language
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.attachments import Attachments
from vap_meet.store import schema

pytestmark = pytest.mark.usefixtures("each_database")


async def attached(office, *ids):
    """Let an official attach files to an appointment whose call they are in."""
    await book(
        office,
        starts_at=NOON + timedelta(minutes=1),
        customer=Customer(
            name="x", phone="+971500000123", email="customer1@example.org", language=Language.EN
        ),
    )
    await joins(office.sessions, "7", "a-1")
    async with office.db.write() as tx:
        await tx.execute(schema.appointment.update().values(state="in_session"))
    files = Attachments(db=office.db, clock=office.clock, withdrawn=office.promises.file_withdrawn)
    digest = hashlib.sha256(PDF).digest()
    for one in ids:
        await files.attach(
            "a-1", one, PDF, name="plan of the house.pdf", sha256=digest, sent_by="customer", staff_id="7"
        )
    return files


async def answer(office, text, *, pending=False, if_version=None):
    content = OutcomeContent(code=OutcomeCode.RESOLVED, answer=text)
    await office.outcomes.put("a-1", content, author="x", if_version=if_version, answer_pending=pending)
    await office.deliver()


async def test_a_customer_who_was_sent_the_answer_is_told_once_that_a_file_is_gone(tmp_path):
    async with offices(tmp_path) as (office, mail, gate):
        files = await attached(office, ID)
        await answer(office, "The plan is enough.")
        known = len(mail.received)
        office.clock.turn(days=3)
        for _ in range(2):
            await files.withdraw("a-1", ID, staff_id="7")
            await office.deliver()
    (letter,) = mail.received[known:]
    for words in (text_of(letter), text_of(letter, "html"), gate.received[-1][1]):
        assert "withdrawn" in words
        assert f"{PUBLIC_URL}/mine" in words
        assert "plan of the house" not in words
        assert "The plan is enough." not in words


async def test_nobody_is_told_of_a_file_that_was_taken_back_before_the_answer_went_out(tmp_path):
    async with offices(tmp_path) as (office, mail, _):
        files = await attached(office, ID, OTHER_ID)
        await office.deliver()
        known = len(mail.received)
        await files.withdraw("a-1", ID, staff_id="7")
        await answer(office, "", pending=True)
        await files.withdraw("a-1", OTHER_ID, staff_id="7")
        await office.deliver()
    assert len(mail.received) == known
