"""The list of appointments over REST: filters, pages, faulty questions."""

# ruff: noqa: RUF001 - letters that look alike are what some of this is about

from __future__ import annotations

import json

import aiohttp
import pytest
from sqlalchemy import inspect, select, text

from tests.support.access import BODY, refused
from tests.support.record import NOON
from tests.support.server import app_in_process
from vap_meet.store.schema import audit_entry
from vap_meet.web.appkeys import API_KEYS, DB

pytestmark = pytest.mark.usefixtures("each_database")

ALL = "/api/v1/appointments"
STARTS = {
    "a-1": "2026-09-28T19:59:00Z",  # the last minute of Monday in Dubai
    "a-2": "2026-09-28T20:00:00Z",  # Tuesday
    "a-3": "2026-09-29T08:15:00Z",
    "a-4": "2026-09-29T08:15:00Z",
    "a-5": "2026-09-30T08:15:00Z",
}


PEOPLE = {
    "a-1": {"name": "أحمد المنصوري", "phone": "+971501234567"},
    "a-2": {"name": "فاطمة أحمد", "phone": "+971501234567"},
    "a-3": {"name": "Ahmed Al-Mansoori", "phone": "+442079460000"},
    "a-4": {"name": "عبد الله 7", "phone": "+971507654321"},
    "a-5": {"name": "عبدالله", "email": "customer5@example.org"},
}


@pytest.fixture
async def app(tmp_path):
    async with app_in_process(tmp_path, clock=lambda: NOON) as (app, url):
        yield app, url


@pytest.fixture
async def api(app):
    app, url = app
    headers = {"Authorization": f"Bearer {await app[API_KEYS].add('booking')}"}
    async with aiohttp.ClientSession(url, headers=headers) as session:
        for id_, starts_at in STARTS.items():
            body = {**BODY, "starts_at": starts_at, "request_number": f"R_{id_}", "customer": PEOPLE[id_]}
            assert (await session.put(f"{ALL}/{id_}", json=body)).status == 201
        yield session


async def ids(api, **query):
    response = await api.get(ALL, params=query)
    assert response.status == 200
    return [one["id"] for one in (await response.json())["items"]]


async def test_everything_comes_by_its_start(api):
    assert await ids(api) == list(STARTS)


async def test_days_are_those_of_the_wall_clock(api):
    assert await ids(api, day="2026-09-28") == ["a-1"]
    assert await ids(api, day="2026-09-29") == ["a-2", "a-3", "a-4"]
    assert await ids(api, **{"from": "2026-09-30"}) == ["a-5"]
    assert await ids(api, to="2026-09-28") == ["a-1"]
    assert await ids(api, **{"from": "2026-09-29", "to": "2026-09-30"}) == ["a-2", "a-3", "a-4", "a-5"]


async def test_states_services_and_numbers_narrow_the_list(api):
    await api.post(f"{ALL}/a-3/cancel", json={"reason": "asked"}, headers={"If-Match": '"1"'})
    assert await ids(api, state="cancelled") == ["a-3"]
    assert await ids(api, state="booked", day="2026-09-29") == ["a-2", "a-4"]
    assert await ids(api, service="permit", limit="2") == ["a-1", "a-2"]
    assert await ids(api, service="nothing") == []
    assert await ids(api, q="r_a-4") == ["a-4"]
    assert await ids(api, q="%") == []
    reference = (await (await api.get(f"{ALL}/a-5")).json())["reference"]
    assert await ids(api, q=reference.lower()) == ["a-5"]


async def test_pages_follow_each_other_and_shift_by_nothing_that_comes_meanwhile(api):
    seen, cursor = [], {}
    while True:
        page = await (await api.get(ALL, params={"limit": "2", **cursor})).json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        early = {**BODY, "starts_at": "2026-09-28T09:00:00Z"}
        await api.put(f"{ALL}/early-{len(seen)}", json=early)
    assert seen == list(STARTS)


# --- looking somebody up ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("احمد", ["a-1", "a-2"]),
        ("منصوري أحمد", ["a-1"]),
        ("فاط", ["a-2"]),
        ("المنصوري", ["a-1"]),
        ("al mansoori", ["a-3"]),
        ("MANSOORI", ["a-3"]),
        ("عبد الله", ["a-4", "a-5"]),
        ("عبدالله ٧", ["a-4"]),
        ("نصوري", []),
        ("a' OR '1'='1", []),
    ],
)
async def test_people_are_found_by_their_names_as_others_type_them(api, name, found):
    assert await ids(api, name=name) == found


@pytest.mark.parametrize(
    "phone", ["0501234567", "00971 (0)50-123 4567", "+971 50 123 4567", "٠٥٠١٢٣٤٥٦٧", "971501234567"]
)
async def test_a_phone_is_found_however_it_is_written(api, phone):
    assert await ids(api, phone=phone) == ["a-1", "a-2"]


async def test_a_plus_that_was_not_escaped_still_means_a_country(api):
    response = await api.get(f"{ALL}?phone=+442079460000")
    assert [one["id"] for one in (await response.json())["items"]] == ["a-3"]


async def test_whole_numbers_find_one_and_parts_of_them_none(api):
    reference = (await (await api.get(f"{ALL}/a-5")).json())["reference"]
    for written in (reference, reference.lower().replace("-", " "), reference.removeprefix("VM-")):
        assert await ids(api, reference=written) == ["a-5"]
    assert await ids(api, request_number="R_a-4") == ["a-4"]
    assert await ids(api, request_number="R_a") == await ids(api, request_number="") == []
    assert await ids(api, phone="+97150123456") == []


async def test_what_is_asked_of_people_narrows_by_day_and_state_and_has_pages(api):
    await api.post(f"{ALL}/a-1/cancel", json={"reason": "asked"}, headers={"If-Match": '"1"'})
    assert await ids(api, phone="0501234567", state="booked") == ["a-2"]
    assert await ids(api, name="احمد", phone="0501234567", day="2026-09-28") == ["a-1"]
    first = await (await api.get(ALL, params={"name": "احمد", "limit": "1"})).json()
    then = await (await api.get(ALL, params={"name": "احمد", "cursor": first["next_cursor"]})).json()
    assert [[one["id"] for one in page["items"]] for page in (first, then)] == [["a-1"], ["a-2"]]
    assert then["next_cursor"] is None


async def test_an_edited_name_is_found_and_the_former_is_not(api):
    body = {
        **BODY,
        "starts_at": STARTS["a-2"],
        "request_number": "R_a-2",
        "customer": {**PEOPLE["a-2"], "name": "مريم أحمد"},
    }
    assert (await api.put(f"{ALL}/a-2", json=body, headers={"If-Match": '"1"'})).status == 200
    assert await ids(api, name="مريم") == ["a-2"]
    assert await ids(api, name="فاطمة") == []


async def test_a_letter_that_stands_for_many_neither_breaks_a_booking_nor_a_search(api):
    name = "ﷺ" * 100
    body = {**BODY, "customer": {"name": name, "phone": "+971500000009"}}
    assert (await api.put(f"{ALL}/long", json=body)).status == 201
    assert await ids(api, name=name) == ["long"]


async def test_looking_somebody_up_is_noted_with_what_is_shown_and_so_is_a_vain_search(app, api):
    await ids(api, name="احمد", phone="0501234567", limit="1")
    await ids(api, phone="0509999999")
    await ids(api, request_number="R_a-4", day="2026-09-29")
    async with app[0][DB].read() as tx:
        query = select(audit_entry).where(audit_entry.c.action == "appointment.looked_up")
        rows = (await tx.execute(query.order_by(audit_entry.c.id))).all()
    entries = [json.loads(row.public)["public"] for row in rows]
    assert [row.appointment_id for row in rows] == ["a-1", None]
    assert [(one["way"], one["found"]) for one in entries] == [(["phone", "name"], 1), (["phone"], 0)]
    assert all(one["by"].startswith("api:") for one in entries)
    assert "1234567" not in str(rows)


async def test_searches_for_people_go_by_an_index(app, api):
    async with app[0][DB].read() as tx:
        indexes = await tx.run_sync(
            lambda connection: {
                (table, tuple(index["column_names"]))
                for table in ("appointment", "customer_name_key")
                for index in inspect(connection).get_indexes(table)
            }
        )
        if tx.dialect.name == "sqlite":
            plan = await tx.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT appointment_id FROM customer_name_key "
                    "WHERE name_key >= 'احمد' AND name_key < 'احمد\U0010ffff'"
                )
            )
            assert [row.detail for row in plan] == [
                "SEARCH customer_name_key USING PRIMARY KEY (name_key>? AND name_key<?)"
            ]
    assert {("appointment", ("customer_phone",)), ("appointment", ("request_number",))} <= indexes


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"day": "today"}, "day"),
        ({"day": "1999-12-31"}, "day"),
        ({"day": "2026-09-29", "to": "2026-09-30"}, "day"),
        ({"state": "late"}, "state"),
        ({"limit": "201"}, "limit"),
        ({"cursor": "bm90aGluZw"}, "cursor"),
        ({"cursor": "!"}, "cursor"),
        ({"q": "a\0b"}, "q"),
        ({"name": "a\0b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "%"}, "name"),
        ({"name": "ا"}, "name"),
        ({"name": "ا" * 121}, "name"),
        ({"name": "one two three four five six seven eight nine"}, "name"),
        ({"phone": ""}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": "+971" + "5" * 40}, "phone"),
        ({"phone": "' OR 1=1 --"}, "phone"),
        ({"reference": "VM"}, "reference"),
        ({"reference": "VM-0000-0000"}, "reference"),
        ({"request_number": "R" * 121}, "request_number"),
    ],
)
async def test_a_faulty_question_is_refused_by_its_field(api, query, field):
    body = await refused(await api.get(ALL, params=query), 422, "invalid_request")
    assert list(body["fields"]) == [field]
