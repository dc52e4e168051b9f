import aiohttp
import pytest

from tests.support.access import refused
from tests.support.server import app_in_process
from tests.support.webhooks import receiving
from vap_meet.web.appkeys import API_KEYS

pytestmark = pytest.mark.usefixtures("each_database")

ALL = "/api/v1/webhook-endpoints"


@pytest.fixture
async def api(tmp_path):
    async with app_in_process(tmp_path, webhook_allow_private="127.0.0.0/8") as (app, url):
        headers = {"Authorization": f"Bearer {await app[API_KEYS].add('booking')}"}
        async with aiohttp.ClientSession(url, headers=headers) as session:
            yield session


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


async def add(api, url):
    response = await api.post(ALL, json={"url": url, "events": ["appointment.booked"]})
    assert response.status == 201
    return response.headers["Location"], await response.json()


async def test_an_endpoint_is_registered_verified_edited_and_deleted(api, receiver):
    one, content = await add(api, f"{receiver.base}/hook")
    assert (content["verified_at"], content["version"]) == (None, 1)
    receiver.secret = (await (await api.get(f"{one}/secret")).json())["secret"]
    verified = await (await api.post(f"{one}/verify")).json()
    assert verified["verified_at"] is not None
    body = {"url": content["url"], "events": ["appointment.cancelled"], "description": "Cancelled only"}
    await refused(await api.put(one, json=body), 428, "version_required")
    response = await api.put(one, json=body, headers={"If-Match": '"2"'})
    assert (await response.json())["events"] == ["appointment.cancelled"]
    assert response.headers["ETag"] == '"3"'
    for query, found in ({}, 1), ({"event": "appointment.moved"}, 0), ({"verified": "true"}, 1):
        assert len((await (await api.get(ALL, params=query)).json())["items"]) == found
    assert (await api.delete(one)).status == 200
    await refused(await api.get(one), 404, "not_found")


async def test_a_new_secret_is_another_one_and_switching_off_and_on_is_seen(api, receiver):
    one, _ = await add(api, f"{receiver.base}/hook")
    before = await (await api.get(f"{one}/secret")).json()
    assert (await api.post(f"{one}/rotate")).status == 200
    assert await (await api.get(f"{one}/secret")).json() != before
    assert (await (await api.post(f"{one}/disable")).json())["disabled_why"] == "admin"
    assert (await (await api.post(f"{one}/enable")).json())["disabled_at"] is None


async def test_a_refusal_to_verify_says_what_the_endpoint_did(api, receiver):
    one, _ = await add(api, f"{receiver.base}/nowhere")
    problem = await refused(await api.post(f"{one}/verify"), 422, "invalid_request")
    assert problem["fields"] == {"url": "It answered with status 404."}


async def test_messages_are_listed_and_sent_again(api, receiver):
    one, _ = await add(api, f"{receiver.base}/hook")
    await api.post(f"{one}/verify")
    listed = await (await api.get(f"{one}/messages?unfinished=true")).json()
    assert listed == {"items": [], "next_cursor": None}
    await refused(await api.get(f"{one}/messages?unfinished=maybe"), 422, "invalid_request")
    await refused(await api.get(f"{one}/messages?cursor=bXNnX3g"), 422, "invalid_request")
    await refused(await api.post(f"{one}/messages/resend", json={}), 422, "invalid_request")
    await refused(await api.post(f"{one}/messages/resend", json={"messages": ["msg_x"]}), 404, "not_found")
    resent = await api.post(f"{one}/messages/resend", json={"parked": True})
    assert await resent.json() == {"sent_again": 0}


async def test_a_private_address_is_refused_unless_the_settings_allow_it(tmp_path, receiver):
    async with app_in_process(tmp_path) as (app, url):
        headers = {"Authorization": f"Bearer {await app[API_KEYS].add('booking')}"}
        async with aiohttp.ClientSession(url, headers=headers) as api:
            wanted = {"url": f"{receiver.base}/hook", "events": ["appointment.booked"]}
            await refused(await api.post(ALL, json=wanted), 422, "invalid_request")
            one, _ = await add(api, receiver.base.replace("http:", "https:"))
            problem = await refused(await api.post(f"{one}/verify"), 422, "invalid_request")
            assert problem["fields"] == {"url": "It could not be asked: address_refused."}
