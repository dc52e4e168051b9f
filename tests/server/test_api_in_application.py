"""The API within the whole application: its frame, its restart, its keys."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.access import BODY, URL, refused
from tests.support.record import NOON
from tests.support.server import app_in_process
from vap_meet.web.appkeys import API_KEYS

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def served(tmp_path):
    async with app_in_process(tmp_path, clock=lambda: NOON) as (app, url):
        key = await app[API_KEYS].add("booking")
        headers = {"Authorization": f"Bearer {key}"}
        async with aiohttp.ClientSession(url, headers=headers) as session:
            yield session


async def test_refusals_are_problems_inside_the_frame_of_pages_too(served):
    await refused(await served.get(URL, headers={"Authorization": "Bearer x"}), 401, "invalid_api_key")
    await refused(await served.get(URL), 404, "not_found")
    await refused(await served.get("/api/v1/nothing"), 404, "not_found")
    await refused(await served.delete(URL), 405, "method_not_allowed")
    large = await served.put(URL, data=b"x" * 70_000, headers={"Content-Type": "application/json"})
    await refused(large, 413, "too_large")


async def test_a_program_needs_no_origin_to_write(served):
    assert (await served.put(URL, json=BODY)).status == 201
    link = await (await served.post(f"{URL}/join-links")).json()
    page = await served.get(link["url"].partition("/j/")[1] + link["url"].rpartition("/")[2])
    assert page.status == 200


async def test_anybody_may_read_the_public_keys(served):
    response = await served.get("/.well-known/jwks.json", headers={"Authorization": ""})
    assert response.status == 200
    assert (await response.json(content_type=None))["keys"][0]["crv"] == "Ed25519"
