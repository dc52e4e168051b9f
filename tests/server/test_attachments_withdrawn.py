"""Files that an official takes back: gone for good, and everybody reads that they were there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.attaching import ID, PATH, audit_of, house, in_call, joins, put, staff_id
from tests.support.record import NOON
from tests.support.staff import PASSWORD
from vap_meet.web.appkeys import ATTACHMENTS, DB, SESSIONS, STAFFING

__all__ = ["house", "in_call"]

pytestmark = pytest.mark.usefixtures("each_database")


async def test_whoever_was_not_in_the_call_takes_nothing_back(in_call):
    await put(in_call.agent)
    await in_call.app[STAFFING].add("two", PASSWORD, "agent", name_ar="موظف 2", name_en="Agent 2")
    await in_call.stranger.sign_in("two")
    assert (await in_call.stranger.post(f"{PATH}/withdraw", {}))[0].status == 403
    assert (await in_call.admin.post(f"{PATH}/withdraw", {}))[0].status == 403
    assert (await in_call.agent.get(PATH))[0].status == 200


async def test_a_file_that_is_taken_back_is_gone_and_that_it_was_there_remains(in_call):
    await put(in_call.agent, **{"X-File-Name": "of-another-person.pdf"})
    for _ in range(2):
        response, _ = await in_call.agent.post(f"{PATH}/withdraw", {})
        assert (response.status, response.headers["Location"]) == (303, "/agent/appointments/a1#attachments")
    me = await staff_id(in_call)
    (gone,) = await in_call.app[ATTACHMENTS].of("a1")
    assert (gone.name, gone.withdrawn_by, gone.withdrawn_at) == ("", f"staff.{me}", NOON)
    async with in_call.app[DB].read() as tx:
        assert bytes((await tx.exec_driver_sql("SELECT content FROM attachment")).scalar_one()) == b""
    for response, _ in (
        await in_call.agent.get(PATH),
        await in_call.admin.post(
            f"/admin/appointments/a1/attachments/{ID}", {"reason": "A complaint has to be answered"}
        ),
    ):
        assert response.status == 404
    withdrawn = [one for one in await audit_of(in_call) if one["action"] == "attachment.withdrawn"]
    assert [one["public"] for one in withdrawn] == [{"by": f"staff:{me}", "attachment": ID}]
    for browser, page in (
        (in_call.agent, "/agent/appointments/a1"),
        (in_call.admin, "/admin/appointments/a1"),
    ):
        _, text = await browser.get(page)
        assert "withdrawn on" in text
        assert "of-another-person" not in text
        assert f"{ID}/withdraw" not in text


async def test_one_of_another_appointment_is_not_taken_back(in_call):
    await put(in_call.agent)
    await in_call.book("a2", starts_at=NOON + timedelta(hours=2))
    await joins(in_call.app[SESSIONS], await staff_id(in_call), "a2")
    assert (await in_call.agent.post(f"{PATH.replace('a1', 'a2')}/withdraw", {}))[0].status == 404
    assert (await in_call.agent.get(PATH))[0].status == 200
