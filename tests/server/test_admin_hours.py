"""Opening hours as an administrator keeps them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.support.booker import a_booker
from vap_meet.domain.opening import Opening
from vap_meet.web.appkeys import AVAILABILITY, HOURS, STAFFING

pytestmark = pytest.mark.usefixtures("each_database")

PASSWORD = "correct horse battery"


@pytest.fixture
async def admin(tmp_path):
    async with a_booker(tmp_path, officials=0) as booker:
        for name, role in (("admin", "admin"), ("agent", "agent")):
            await booker.app[STAFFING].add(name, PASSWORD, role, name_ar=name, name_en=name.title())
        await booker.post("/staff/sign-in", username="admin", password=PASSWORD)
        yield booker


async def a_pool(admin, **changes):
    form = {"id": "general", "kind": "officials", "name_ar": "قسم", "name_en": "Section"}
    return await admin.post("/admin/hours", **{**form, **changes})


def week_form(**changes):
    form = {"name_ar": "قسم", "name_en": "Section", "time_zone": "Asia/Dubai"}
    form |= {"buffer_minutes": "5", "lead_minutes": "120", "horizon_days": "60"}
    form |= {"opens-0-0": "08:00", "closes-0-0": "12:00", "opens-0-1": "13:00", "closes-0-1": "00:00"}
    return form | changes


async def settings(admin):
    return (await admin.app[HOURS].pool("general")).settings


async def starts(admin, day):
    found = await admin.app[AVAILABILITY].slots("test-service", day, day)
    return [start.astimezone(found.zone).strftime("%H:%M") for start in found.starts]


async def test_a_pool_opens_with_the_usual_week_and_takes_bookings_once_somebody_is_in_it(admin):
    page = await a_pool(admin)
    assert (page.status, page.path) == (200, "/admin/hours/general")
    assert await starts(admin, date(2026, 9, 28)) == []
    await admin.post("/admin/hours/general/people")
    assert (await starts(admin, date(2026, 9, 28)))[0] == "07:30"
    assert (await starts(admin, date(2026, 10, 2)))[-1] == "11:30"


async def test_the_week_is_typed_into_a_table(admin):
    await a_pool(admin)
    await admin.post("/admin/hours/general/people")
    saved = await admin.post("/admin/hours/general", **week_form())
    assert saved.path == "/admin/hours/general?saved=1"
    assert (await settings(admin)).week == (Opening(0, 480, 720), Opening(0, 780, 1440))
    assert "11:40" in await starts(admin, date(2026, 9, 28))
    assert "12:00" not in await starts(admin, date(2026, 9, 28))
    assert await starts(admin, date(2026, 9, 29)) == []
    page = await admin.get("/admin/hours/general")
    assert 'name="closes-0-1" value="00:00"' in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"opens-0-0": ""},
        {"opens-0-0": "8"},
        {"opens-0-0": "12:30"},
        {"opens-0-1": "11:00"},
        {"opens-0-0": "08:01"},
        {"buffer_minutes": "-1"},
        {"buffer_minutes": "61"},
        {"horizon_days": "٥"},  # noqa: RUF001
        {"time_zone": "Dubai"},
        {"time_zone": "../etc/passwd"},
        {"name_ar": ""},
    ],
)
async def test_impossible_hours_are_refused_and_nothing_is_saved(admin, changes):
    await a_pool(admin)
    before = await settings(admin)
    page = await admin.post("/admin/hours/general", **week_form(**changes))
    assert (page.status, "Nothing was saved" in page.text) == (422, True)
    assert await settings(admin) == before


@pytest.mark.parametrize("changes", [{"id": "A B"}, {"kind": "cooks"}, {"name_en": " "}])
async def test_an_impossible_pool_is_refused(admin, changes):
    page = await a_pool(admin, **changes)
    assert (page.status, "Nothing was saved" in page.text) == (422, True)
    await a_pool(admin)
    assert (await a_pool(admin)).status == 422


async def test_exceptions_close_days_or_change_their_hours_until_they_are_removed(admin):
    await a_pool(admin)
    await admin.post("/admin/hours/general/people")
    names = {"name_ar": "عطلة", "name_en": "Holiday"}
    await admin.post("/admin/hours/general/exceptions", first_day="2026-09-28", closed="1", **names)
    ramadan = {"opens": "09:00", "closes": "14:00", "friday_closes": "11:00"}
    await admin.post(
        "/admin/hours/general/exceptions", first_day="2026-09-29", last_day="2026-10-02", **ramadan, **names
    )
    assert await starts(admin, date(2026, 9, 28)) == []
    assert (await starts(admin, date(2026, 9, 29)))[0] == "09:00"
    assert (await starts(admin, date(2026, 10, 2)))[-1] == "10:40"
    page = await admin.get("/admin/hours/general")
    [closed, _] = re.findall(r'action="([^"]+/remove)"', page.text)
    await admin.post(closed)
    assert (await starts(admin, date(2026, 9, 28)))[0] == "07:30"
    assert (await admin.post(closed)).status == 404


@pytest.mark.parametrize(
    "changes",
    [{"first_day": "soon"}, {"last_day": "2026-09-01"}, {"opens": ""}, {"name_en": ""}],
)
async def test_an_impossible_exception_is_refused(admin, changes):
    await a_pool(admin)
    form = {"first_day": "2026-09-28", "name_ar": "عطلة", "name_en": "Holiday"}
    form |= {"opens": "09:00", "closes": "14:00"}
    page = await admin.post("/admin/hours/general/exceptions", **{**form, **changes})
    assert (page.status, "Nothing was saved" in page.text) == (422, True)


async def test_a_person_has_hours_of_their_own_or_takes_no_more(admin):
    await a_pool(admin)
    await admin.post("/admin/hours/general/people")
    page = await admin.get("/admin/hours/general")
    [path] = set(page.links("/people/"))
    assert (await admin.get(path)).status == 200
    await admin.post(path, active="1", **{"opens-0-0": "08:00", "closes-0-0": "09:00"})
    assert await starts(admin, date(2026, 9, 28)) == ["08:00", "08:20", "08:40"]
    assert (await admin.post(path, active="1", **{"opens-0-0": "08:00"})).status == 422
    await admin.post(path, active="1", as_pool="1")
    assert (await starts(admin, date(2026, 9, 28)))[0] == "07:30"
    await admin.post(path, as_pool="1")
    assert await starts(admin, date(2026, 9, 28)) == []
    for unknown in ("/admin/hours/general/people/999", "/admin/hours/general/people/x", "/admin/hours/none"):
        assert (await admin.get(unknown)).status == 404


async def test_an_account_is_in_one_pool_only(admin):
    await a_pool(admin)
    page = await admin.get("/admin/hours/general")
    [agent] = re.findall(r'<option value="([0-9a-f-]{36})">', page.text)
    assert (await admin.post("/admin/hours/general/people", staff=agent)).status == 200
    assert (await admin.post("/admin/hours/general/people", staff=agent)).status == 422
    assert (await admin.post("/admin/hours/general/people", staff="nobody")).status == 422


async def test_a_service_is_given_to_a_pool_of_its_own(admin):
    await a_pool(admin, id="experts")
    await admin.post("/admin/hours/experts/people")
    await admin.post("/admin/hours/experts/services", service="test-service")
    assert await starts(admin, date(2026, 9, 28))
    assert (await admin.post("/admin/hours/experts/services", service="none")).status == 404


async def test_hours_are_for_administrators_only(admin):
    await admin.post("/staff/sign-out")
    assert "/staff/sign-in" in (await admin.get("/admin/hours")).path
    await admin.post("/staff/sign-in", username="agent", password=PASSWORD)
    assert (await admin.get("/admin/hours")).status == 403
    assert (await a_pool(admin)).status == 403
