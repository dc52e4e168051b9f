import re

import pytest

from tests.support.staff import staffed, words_of
from tests.support.webhooks import receiving
from vap_meet.domain.webhooks import EVENTS
from vap_meet.web.appkeys import WEBHOOKS

pytestmark = pytest.mark.usefixtures("each_database")

URL = "/admin/webhooks"


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path, webhook_allow_private="127.0.0.0/8") as running:
        yield running


@pytest.fixture
def admin(house):
    return house.admin


async def added(admin, url):
    response, _ = await admin.post(
        URL, {"url": url, "description": "Booking", "events": "appointment.booked"}
    )
    assert response.status == 303
    return response.headers["Location"]


async def test_an_admin_adds_verifies_rotates_disables_and_deletes_an_endpoint(house, admin):
    async with receiving() as receiver:
        page = await added(admin, f"{receiver.base}/hook")
        _, text = await admin.get(page)
        assert "Not verified" in words_of(text)
        _, text = await admin.post(f"{page}/secret", {})
        assert re.search(r"whsec_[A-Za-z0-9+/=]{40,}", text)
        for action, state in (
            ("verify", "Listening"),
            ("rotate", "Listening"),
            ("disable", "Disabled"),
            ("enable", "Listening"),
        ):
            response, _ = await admin.post(f"{page}/{action}", {})
            assert (response.status, response.headers["Location"]) == (303, page)
            _, text = await admin.get(page)
            assert state in words_of(text)
        response, _ = await admin.post(f"{page}/send-again", {})
        assert response.status == 303
        response, _ = await admin.post(f"{page}/remove", {})
        assert response.headers["Location"] == URL
    assert await house.app[WEBHOOKS].list() == ()


async def test_an_endpoint_that_is_not_there_is_not_verified_and_the_page_says_why(admin):
    page = await added(admin, "http://127.0.0.1:9/hook")
    response, text = await admin.post(f"{page}/verify", {})
    assert response.status == 422
    assert "could not be asked: no_connection" in words_of(text)


async def test_a_faulty_form_is_shown_again_with_what_was_typed(admin):
    response, text = await admin.post(URL, {"url": "ftp://x", "description": "Mine"})
    assert response.status == 422
    assert "Give an https:// address" in words_of(text)
    assert "at least one event" in words_of(text)
    assert 'value="ftp://x"' in text


async def test_only_admins_see_webhooks(house):
    response, _ = await house.agent.get(URL)
    assert response.status == 403


async def test_an_action_that_there_is_not_is_not_found(admin):
    page = await added(admin, "https://hook.example.org/")
    response, _ = await admin.post(f"{page}/explode", {})
    assert response.status == 404


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_every_event_has_its_words(admin, language):
    await admin.get(f"{URL}?lang={language}")
    response, text = await admin.get(URL)
    assert response.status == 200
    assert all(f'value="{event}"' in text for event in EVENTS)
