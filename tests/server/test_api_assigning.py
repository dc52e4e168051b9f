"""Which agent has an appointment, over REST: read, and given to another until the customer is called in."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp
import pytest

from tests.support.access import refused
from tests.support.server import app_in_process
from tests.support.slots import SUNDAY_NOON, TEN_TO_NOON
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.catalogue import Service
from vap_meet.domain.pools import PoolSettings
from vap_meet.store import appointments
from vap_meet.web.appkeys import API_KEYS, CATALOGUE, DB, HOURS, STAFFING

pytestmark = pytest.mark.usefixtures("each_database")

URL = "/api/v1/appointments/b-1"
NAMES = {"name_ar": "خدمة", "name_en": "Service"}
BOOKING = {
    "id": "b-1",
    "service": "test-service",
    "starts_at": "2026-09-28T10:00:00+04:00",
    "customer": {"name": "متعامل 1", "phone": "+971500000001"},
}
ELSEWHERE = {
    "service": {"id": "test-service", **NAMES},
    "customer": BOOKING["customer"],
    "starts_at": "2026-09-28T15:00:00+04:00",
}


@pytest.fixture
async def office(tmp_path):
    """Two agents in one pool, an agent in none, and an appointment that one of the two has."""
    async with app_in_process(tmp_path, clock=lambda: SUNDAY_NOON) as (app, url):
        area = {"area_ar": "قسم", "area_en": "Area"}
        await app[CATALOGUE].add(Service(id="test-service", area_id="test-area", **NAMES, **area), by="test")
        pool = PoolSettings(id="general", name_ar="قسم", name_en="Section", week=TEN_TO_NOON)
        await app[HOURS].save_pool(pool, by="test")
        ids = {}
        for number in (1, 2, 3):
            member = await app[STAFFING].add(
                f"agent{number}",
                "a long enough password",
                "agent",
                name_ar=f"موظف {number}",
                name_en=f"Agent {number}",
            )
            ids[number] = member.id
            if number < 3:
                await app[HOURS].add_person("general", staff_id=member.id, by="test")
        headers = {"Authorization": f"Bearer {await app[API_KEYS].add('booking')}"}
        async with aiohttp.ClientSession(url, headers=headers) as api:
            assert (await api.post("/api/v1/bookings", json=BOOKING)).status == 201
            office = SimpleNamespace(app=app, api=api, ids=ids)
            office.has = (await assignment(office))["agent"]["id"]
            office.other = next(ids[number] for number in (1, 2) if ids[number] != office.has)
            yield office


async def assignment(office):
    response = await office.api.get(f"{URL}/agent")
    assert response.status == 200, await response.text()
    return await response.json()


async def give(office, agent, **headers):
    return await office.api.put(f"{URL}/agent", json={"agent": agent}, headers=headers)


# --- refusals ---------------------------------------------------------------------------------------


async def test_it_is_given_to_nobody_outside_the_pool(office):
    for nobody in (office.ids[3], "", "x", "1"):
        problem = await refused(await give(office, nobody), 422, "invalid_request")
        assert set(problem["fields"]) == {"agent"}
    response = await office.api.put(f"{URL}/agent", json={"unit": 1})
    assert set((await refused(response, 422, "invalid_request"))["fields"]) & {"agent", "unit"}
    assert (await assignment(office))["agent"]["id"] == office.has


async def test_what_does_not_exist_or_has_nobodys_time_is_not_found(office):
    assert (await office.api.put("/api/v1/appointments/elsewhere", json=ELSEWHERE)).status == 201
    for one in ("nothing", "elsewhere"):
        url = f"/api/v1/appointments/{one}/agent"
        await refused(await office.api.get(url), 404, "not_found")
        await refused(await office.api.put(url, json={"agent": office.other}), 404, "not_found")


async def test_who_has_something_else_then_is_not_given_it(office):
    another = BOOKING | {"id": "b-2", "starts_at": "2026-09-28T10:05:00+04:00"}
    assert (await office.api.post("/api/v1/bookings", json=another)).status == 201
    await refused(await give(office, office.other), 409, "slot_taken")
    now = await assignment(office)
    assert (now["agent"]["id"], now["others"]) == (office.has, [])


async def test_once_the_customer_was_called_in_it_changes_no_more(office):
    async with office.app[DB].write() as tx:
        await appointments.set_state(tx, "b-1", AppointmentState.IN_SESSION, at=SUNDAY_NOON)
    await refused(await give(office, office.other), 409, "wrong_state")
    now = await assignment(office)
    assert (now["provisional"], now["others"]) == (False, [])


async def test_what_was_moved_meanwhile_is_not_given_by_who_read_it_before(office):
    body, headers = {"starts_at": "2026-09-28T11:00:00+04:00"}, {"If-Match": '"1"'}
    assert (await office.api.post(f"{URL}/move", json=body, headers=headers)).status == 200
    await refused(await give(office, office.other, **headers), 412, "version_conflict")
    assert (await give(office, office.other, **{"If-Match": '"2"'})).status == 200


# --- what is promised -------------------------------------------------------------------------------


async def test_another_agent_of_the_pool_gets_it_and_again_changes_nothing(office):
    before = await assignment(office)
    assert (before["provisional"], [one["id"] for one in before["others"]]) == (True, [office.other])
    for _ in range(2):
        response = await give(office, office.other)
        given = await response.json()
        assert (response.status, given) == (200, await assignment(office))
        assert (given["agent"]["id"], [one["id"] for one in given["others"]]) == (office.other, [office.has])
    async with office.app[DB].read() as tx:
        rows = await tx.exec_driver_sql("SELECT * FROM audit_entry WHERE action = 'appointment.reassigned'")
        assert len(rows.all()) == 1
    assert (await office.api.get(URL)).headers["ETag"] == '"1"'


async def test_the_ids_are_those_of_the_list_of_agents(office):
    listed = (await (await office.api.get("/api/v1/agents")).json())["items"]
    assert {one["id"] for one in listed} == set(office.ids.values())
    names = {one["id"]: (one["name_ar"], one["name_en"]) for one in listed}
    agent = (await assignment(office))["agent"]
    assert (agent["name_ar"], agent["name_en"]) == names[office.has]
