"""The catalogue over REST."""

from __future__ import annotations

import json

import pytest

from tests.support.catalogue import shop
from vap_meet.web.appkeys import API_KEYS

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def house(tmp_path):
    async with shop(tmp_path) as house:
        yield house


@pytest.fixture
async def api(house):
    key = await house.app[API_KEYS].add("booking")

    async def get(path, **query):
        response, text = await house.stranger.get(
            f"/api/v1/services{path}", params=query, headers={"Authorization": f"Bearer {key}"}
        )
        return response, json.loads(text)

    return get


async def test_every_service_comes_once_over_the_pages(api):
    seen, cursor = [], {}
    while True:
        _, page = await api("", limit="30", **cursor)
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 80


async def test_a_search_gives_the_best_first_and_filters_narrow_it(api):
    _, page = await api("", q="مجاري")
    assert page["items"][0]["id"] == "drainage-connection"
    _, page = await api("", area="veterinary", open="true")
    assert [item["id"] for item in page["items"]] == ["pet-registration"]
    _, page = await api("", phase="later", limit="1")
    assert page["items"][0]["phase"] == "later"


async def test_one_service_has_its_revision_as_tag(api):
    response, body = await api("/unified-site-plan")
    assert response.headers["ETag"] == '"1"'
    assert body["apply"]["url"] == "https://services.example.org/site-plan"
    assert body["duration_minutes"] == 15
    assert "note" not in body
    _, body = await api("/pet-registration")
    assert (body["apply"], body["duration_minutes"], body["documents_ar"]) == (None, None, [])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "\u0665"}, "limit"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": "bm90aGluZw"}, "cursor"),
        ({"cursor": "_w"}, "cursor"),
        ({"phase": "2"}, "phase"),
        ({"open": "yes"}, "open"),
    ],
)
async def test_a_faulty_question_is_refused_by_its_field(api, query, field):
    response, body = await api("", **query)
    assert response.status == 422
    assert list(body["fields"]) == [field]


async def test_the_api_needs_a_key_and_knows_no_other_services(api, house):
    assert (await house.stranger.get("/api/v1/services"))[0].status == 401
    assert (await api("/nothing"))[0].status == 404
