"""The list of appointments over REST: filters, pages, faulty questions."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.access import BODY, refused
from tests.support.record import NOON
from tests.support.server import app_in_process
from vap_meet.web.appkeys import API_KEYS

pytestmark = pytest.mark.usefixtures("each_database")

ALL = "/api/v1/appointments"
STARTS = {
    "a-1": "2026-09-28T19:59:00Z",  # the last minute of Monday in Dubai
    "a-2": "2026-09-28T20:00:00Z",  # Tuesday
    "a-3": "2026-09-29T08:15:00Z",
    "a-4": "2026-09-29T08:15:00Z",
    "a-5": "2026-09-30T08:15:00Z",
}


@pytest.fixture
async def api(tmp_path):
    async with app_in_process(tmp_path, clock=lambda: NOON) as (app, url):
        headers = {"Authorization": f"Bearer {await app[API_KEYS].add('booking')}"}
        async with aiohttp.ClientSession(url, headers=headers) as session:
            for id_, starts_at in STARTS.items():
                body = {**BODY, "starts_at": starts_at, "request_number": f"R_{id_}"}
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
    ],
)
async def test_a_faulty_question_is_refused_by_its_field(api, query, field):
    body = await refused(await api.get(ALL, params=query), 422, "invalid_request")
    assert list(body["fields"]) == [field]
