"""Slots and bookings over REST, in the whole application."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.access import refused
from tests.support.server import app_in_process
from tests.support.slots import SUNDAY_NOON, TEN_TO_NOON
from vap_meet.domain.catalogue import Phase, Service
from vap_meet.domain.opening import Opening
from vap_meet.domain.pools import PoolSettings
from vap_meet.services.catalogue import Catalogue
from vap_meet.web.appkeys import API_KEYS, DB, HOURS

pytestmark = pytest.mark.usefixtures("each_database")

BODY = {
    "id": "b-1",
    "service": "test-service",
    "starts_at": "2026-09-28T10:00:00+04:00",
    "customer": {"name": "متعامل 1", "phone": "+971500000001"},
}


def a_service(service_id, **changes):
    names = {"name_ar": "خدمة", "name_en": "Service", "area_ar": "قسم", "area_en": "Area"}
    return Service(id=service_id, area_id="test-area", **names, **changes)


@pytest.fixture
async def app(tmp_path):
    async with app_in_process(tmp_path, clock=lambda: SUNDAY_NOON) as (app, url):
        catalogue = Catalogue(db=app[DB], clock=lambda: SUNDAY_NOON)
        await catalogue.add(a_service("test-service"), by="test")
        await catalogue.add(a_service("test-later", phase=Phase.LATER), by="test")
        await catalogue.add(a_service("test-berlin"), by="test")
        night = tuple(Opening(day, 0, 1440) for day in range(7))
        for pool_id, zone, week in (
            ("general", "Asia/Dubai", TEN_TO_NOON),
            ("berlin", "Europe/Berlin", night),
        ):
            settings = PoolSettings(
                id=pool_id, name_ar="قسم", name_en="Section", time_zone=zone, week=week, horizon_days=300
            )
            await app[HOURS].save_pool(settings, by="test")
            await app[HOURS].add_person(pool_id, by="test")
        await app[HOURS].offer_by("test-berlin", "berlin", by="test")
        yield app, url


@pytest.fixture
async def api(app):
    application, url = app
    key = await application[API_KEYS].add("booking")
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as session:
        yield session


async def monday(api, **query):
    params = {"service": "test-service", "from": "2026-09-28", "to": "2026-09-28", **query}
    return await (await api.get("/api/v1/slots", params=params)).json()


async def test_slots_are_the_starts_that_can_be_had_in_the_services_own_zone(api):
    found = await monday(api)
    assert found["starts"][:2] == ["2026-09-28T10:00:00+04:00", "2026-09-28T10:20:00+04:00"]
    assert (found["duration_minutes"], found["time_zone"]) == (15, "Asia/Dubai")
    assert found["last_bookable_day"] == "2027-07-24"
    first = await (await api.get("/api/v1/slots/first", params={"service": "test-service"})).json()
    assert first == {"starts_at": "2026-09-28T10:00:00+04:00", "days": 1}
    none = await api.get("/api/v1/slots/first", params={"service": "test-service", "need": "sign_language"})
    assert await none.json() == {"starts_at": None, "days": None}


async def test_a_slot_is_booked_once_and_the_same_booking_again_is_the_same_record(api):
    response = await api.post("/api/v1/bookings", json=BODY)
    booked = await response.json()
    assert (response.status, response.headers["ETag"]) == (201, '"1"')
    assert response.headers["Location"] == "/api/v1/appointments/b-1"
    assert booked["service"] == {"id": "test-service", "name_ar": "خدمة", "name_en": "Service"}
    assert (booked["starts_at"], booked["ends_at"]) == ("2026-09-28T06:00:00Z", "2026-09-28T06:15:00Z")
    again = await api.post("/api/v1/bookings", json=BODY)
    assert (again.status, await again.json()) == (200, booked)
    assert "2026-09-28T10:00:00+04:00" not in (await monday(api))["starts"]
    await refused(await api.post("/api/v1/bookings", json={**BODY, "id": "b-2"}), 409, "slot_taken")


async def test_a_booking_without_an_id_gets_one_and_is_repeatable_by_its_key(api):
    body = {name: value for name, value in BODY.items() if name != "id"}
    headers = {"Idempotency-Key": "k1"}
    first = await (await api.post("/api/v1/bookings", json=body, headers=headers)).json()
    again = await (await api.post("/api/v1/bookings", json=body, headers=headers)).json()
    assert first["id"] == again["id"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"starts_at": "2026-09-26T10:00:00+04:00"}, 422, "slot_past"),
        ({"starts_at": "2026-09-27T13:00:00+04:00"}, 422, "slot_too_soon"),
        ({"starts_at": "2027-09-27T10:00:00+04:00"}, 422, "slot_too_far"),
        ({"starts_at": "2026-10-03T10:00:00+04:00"}, 422, "slot_closed"),
        ({"starts_at": "2026-09-28T12:00:00+04:00"}, 422, "outside_hours"),
        ({"starts_at": "2026-09-28T10:01:00+04:00"}, 422, "off_grid"),
        ({"starts_at": "2026-09-28T10:05:00+04:00"}, 409, "slot_taken"),
        ({"need": "sign_language"}, 409, "interpreter_taken"),
        ({"service": "test-berlin", "starts_at": "2027-03-28T02:20:00"}, 422, "time_missing"),
        ({"service": "test-berlin", "starts_at": "2026-10-25T02:20:00"}, 422, "time_doubled"),
        ({"service": "test-later"}, 404, "not_bookable"),
        ({"service": "unheard-of"}, 404, "not_found"),
        ({"starts_at": "yesterday"}, 422, "invalid_request"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "invalid_request"),
        ({"need": "wings"}, 422, "invalid_request"),
        ({"customer": {"name": "متعامل 1", "phone": "050"}}, 422, "invalid_request"),
    ],
)
async def test_each_reason_against_a_booking_has_its_own_code(api, changes, status, code):
    await refused(await api.post("/api/v1/bookings", json={**BODY, **changes}), status, code)
    assert (await api.get("/api/v1/appointments/b-1")).status == 404


async def test_a_wall_clock_time_is_that_of_where_the_service_is(api):
    response = await api.post("/api/v1/bookings", json={**BODY, "starts_at": "2026-09-28T10:20:00"})
    assert (await response.json())["starts_at"] == "2026-09-28T06:20:00Z"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"service": ""}, "service"),
        ({"from": "tomorrow"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2026-09-28", "to": "2026-09-27"}, "to"),
        ({"need": "wings"}, "need"),
    ],
)
async def test_what_is_wrong_with_a_question_is_named(api, query, field):
    params = {"service": "test-service", **query}
    body = await refused(await api.get("/api/v1/slots", params=params), 422, "invalid_request")
    assert list(body["fields"]) == [field]


async def test_moving_and_cancelling_by_the_api_keep_to_capacity(api):
    await api.post("/api/v1/bookings", json=BODY)
    await api.post("/api/v1/bookings", json={**BODY, "id": "b-2", "starts_at": "2026-09-28T10:20:00"})
    move = {"starts_at": "2026-09-28T10:20:00+04:00"}
    url, headers = "/api/v1/appointments/b-1", {"If-Match": '"1"'}
    await refused(await api.post(f"{url}/move", json=move, headers=headers), 409, "slot_taken")
    cancelled = await api.post("/api/v1/appointments/b-2/cancel", json={"reason": "x"}, headers=headers)
    assert cancelled.status == 200
    assert (await api.post(f"{url}/move", json=move, headers=headers)).status == 200
    assert (await monday(api))["starts"][0] == "2026-09-28T10:00:00+04:00"
