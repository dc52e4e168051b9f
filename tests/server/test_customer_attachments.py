"""Files that an official attached, as the customer of the appointment has them."""

from __future__ import annotations

import hashlib
import json

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Joined
from signaling.vocabulary import Stage
from tests.support.customer import open_street
from tests.support.record import NOON
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.web.appkeys import ATTACHMENTS

pytestmark = pytest.mark.usefixtures("each_database")

ANSWER = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم، يكفي المخطط.")


@pytest.fixture
async def street(tmp_path):
    async with open_street(tmp_path) as street:
        await street.house.book()
        yield street


FILE = "0b6fd5a2-7d41-4a35-9f0e-6d2f1f3a9c01"


async def attached(street):
    at = int(NOON.timestamp() * 1000)
    facts = (
        Joined("customer", (), Stage.WAITING),
        Joined("staff.7", (), Stage.ADMITTED),
        Admitted("customer", "staff.7"),
    )
    for seq, fact in enumerate(facts, start=1):
        await street.house.sessions.commit("a-1", Position("epoch-of-a-test", seq), at, fact)
    content = b"%PDF-1.7 a plan of the house"
    await street.client.app[ATTACHMENTS].attach(
        *("a-1", FILE, content),
        name="plan & view.pdf",
        sha256=hashlib.sha256(content).digest(),
        sent_by="customer",
        staff_id="7",
    )
    return content


async def test_the_customer_has_the_files_that_were_attached(street):
    browser = street.browser()
    path = await street.entered(browser)
    assert 'data-testid="attachments"' not in (await browser.get(f"{path}answer")).text
    content = await attached(street)
    file = f"{path}attachments/{FILE}"
    for _ in range(2):  # while the answer is written, and after
        page = await browser.get(f"{path}answer")
        assert f'href="{file}"' in page.text
        assert "plan &amp; view.pdf" in page.text
        await street.house.outcomes.put("a-1", ANSWER, author="staff:7", if_version=None)
    got = await browser.get(file)
    assert (got.status, got.text.encode()) == (200, content)
    assert got.headers["Content-Disposition"].startswith("attachment;")
    [entry] = await street.house.audited("attachment.handed_out")
    assert json.loads(entry["public"])["public"] == {"by": "customer", "attachment": FILE}


async def test_nobody_else_has_the_files(street):
    browser, other = street.browser(), street.browser()
    path = await street.entered(browser)
    await attached(street)
    file = f"attachments/{FILE}"
    await street.house.book("a-2")
    elsewhere = await street.entered(other, "a-2")
    for who, where in ((street.browser(), path), (other, path), (other, elsewhere)):
        assert (await who.get(f"{where}{file}")).status == 404
    await street.house.booking.cancel("a-1", reason="", by="test", if_match=None)
    assert (await browser.get(f"{path}{file}")).status == 404


async def test_a_file_that_was_taken_back_is_said_to_be_and_is_not_given(street):
    browser = street.browser()
    path = await street.entered(browser)
    await attached(street)
    await street.client.app[ATTACHMENTS].withdraw("a-1", FILE, staff_id="7")
    page = await browser.get(f"{path}answer")
    assert 'data-testid="attachment-withdrawn"' in page.text
    assert "view.pdf" not in page.text
    assert (await browser.get(f"{path}attachments/{FILE}")).status == 404
