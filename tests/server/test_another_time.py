"""Whoever was not met books another time before everybody else: who may, once, and without lead time."""

from __future__ import annotations

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Stage
from tests.support.access import RESOLVED
from tests.support.booker import a_booker
from tests.support.record import a_booking
from vap_meet.domain.appointment import ServiceName
from vap_meet.domain.booking_invitations import again_id
from vap_meet.domain.call_backs import MAX_TRIES, Asker
from vap_meet.domain.errors import WrongState
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.web.appkeys import BOOKING, BOOKING_INVITATIONS, CALL_BACKS, JOINING, OUTCOMES, SESSIONS

pytestmark = pytest.mark.usefixtures("each_database")

TYPED = {"name": "Customer 1", "mode": "video", "terms": "1"}
SERVICE = ServiceName(id="test-service", name_ar="خدمة", name_en="Test service")
FAILED = OutcomeContent(code=OutcomeCode.TECHNICAL_FAILURE)


@pytest.fixture
async def booker(tmp_path):
    async with a_booker(tmp_path, officials=2) as booker:
        booker.clock.turn(hours=22)  # Monday, ten in the morning: the office opens
        at = a_booking(service=SERVICE, starts_at=booker.clock())
        await booker.app[BOOKING].put("a-1", at, by="test", if_match=None)
        yield booker


async def entered(booker):
    issued = await booker.app[JOINING].issue_link("a-1", by="test")
    return (await booker.post("/j/" + issued.url.rpartition("/")[2], notice="1")).path


async def put(booker, content):
    at = int(booker.clock().timestamp() * 1000)
    await booker.app[SESSIONS].commit(
        "a-1", Position("epoch-of-a-test", 1), at, Joined("customer", (), Stage.WAITING)
    )
    await booker.app[OUTCOMES].put("a-1", content, author="api:1", if_version=None)


async def starts(booker, path):
    return (await booker.get(path)).links("/book/details?")


async def test_nobody_may_before_the_end_or_once_they_were_answered(booker):
    path = await entered(booker)
    assert (await booker.post(f"{path}another-time")).status == 409
    await put(booker, RESOLVED)
    assert (await booker.post(f"{path}another-time")).status == 409
    assert "another-time" not in (await booker.get(f"{path}answer")).text
    with pytest.raises(WrongState):
        await booker.app[CALL_BACKS].book_again("a-1")


async def test_another_browser_may_not(booker):
    path = await entered(booker)
    await put(booker, FAILED)
    booker.session.cookie_jar.clear()
    assert (await booker.post(f"{path}another-time")).status == 404


async def test_who_was_not_met_chooses_among_todays_times_which_others_can_not_have(booker):
    path = await entered(booker)
    await put(booker, FAILED)
    usual = await starts(booker, "/book?service=test-service")
    assert "another-time" in (await booker.get(f"{path}answer")).text
    page = await booker.post(f"{path}another-time")
    assert "through no fault of yours" in page.text
    mine = await starts(booker, page.links("/book?")[0])
    assert mine[0].split("start=")[1] < usual[0].split("start=")[1]
    form = await booker.get(mine[0])
    code = await booker.post(
        "/book/details", **{**form.hidden(), "name": "Customer 1", "mode": "video", "terms": "1"}
    )
    booked = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
    assert booked.path.endswith("/booked"), booked.text
    again = await booker.post(f"{path}another-time")
    assert (again.status, "invitation_used" in again.text) == (410, True)


async def test_without_the_invitation_the_lead_time_binds_whoever_sends_the_form(booker):
    path = await entered(booker)
    await put(booker, FAILED)
    page = await booker.post(f"{path}another-time")
    form = await booker.get((await starts(booker, page.links("/book?")[0]))[0])
    typed = {**form.hidden(), **TYPED, "phone": "0501234567", "invitation": ""}
    code = await booker.post("/book/details", **typed)
    refused = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
    assert refused.status == 409


async def test_whoever_was_called_in_vain_is_told_once_and_may_choose_another_time(booker):
    await booker.app[CALL_BACKS].ask("a-1", by=Asker.CUSTOMER)
    for _ in range(MAX_TRIES):
        with pytest.raises(WrongState):
            await booker.app[CALL_BACKS].book_again("a-1")
        await booker.app[CALL_BACKS].tried("a-1", reached=False, note="", staff_id=None)
    found = await booker.app[BOOKING_INVITATIONS].get(again_id("a-1"))
    assert found.invitation.at_once
    assert (await booker.app[CALL_BACKS].book_again("a-1")).url == found.url
