"""The catalogue's pages, as customers use them."""

from __future__ import annotations

import re

import pytest
from aiohttp import web

from tests.support.catalogue import ids_in, shop
from tests.support.staff import words_of
from vap_meet.web.appkeys import CATALOGUE, DEMAND
from vap_meet.web.services import BOOKING_ROUTE, booking_url

pytestmark = pytest.mark.usefixtures("each_database")

TELL_ME = "/services/refund-fees/tell-me"


@pytest.fixture
async def house(tmp_path):
    async with shop(tmp_path) as house:
        yield house


async def test_the_areas_lead_to_their_services_and_those_to_their_pages(house):
    _, html = await house.stranger.get("/services")
    areas = re.findall(r'href="(/services\?area=[^"]+)"', html)
    assert len(areas) == 16
    listed = []
    for area in areas:
        _, page = await house.stranger.get(area)
        listed += ids_in(page)
    assert len(listed) == 80
    for service_id in listed:
        response, page = await house.stranger.get(f"/services/{service_id}")
        assert response.status == 200
        assert "<h1>" in page


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("دود النخل", "home-agricultural-pest-control"),
        ("مجاري", "drainage-connection"),
        ("cat", "pet-registration"),
    ],
)
async def test_a_search_needs_no_script(house, query, first):
    response, html = await house.stranger.get("/services", params={"q": query})
    assert response.status == 200
    assert ids_in(html)[0] == first


async def test_a_search_in_vain_says_what_now_and_is_kept_without_the_person(house):
    _, html = await house.stranger.get("/services", params={"q": "Passport"})
    assert 'data-testid="nothing"' in html
    assert 'data-testid="areas"' in html
    await house.stranger.get("/services", params={"q": "passpo", "typing": "1"})
    assert [(miss.text, miss.times) for miss in await house.app[DEMAND].misses()] == [("passport", 1)]


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", "x" * 5000, "\0", "%", "'; DROP TABLE service"]
)
async def test_a_hostile_search_is_only_words(house, query):
    response, html = await house.stranger.get("/services", params={"q": query})
    assert response.status == 200
    assert "<script>alert" not in html


async def test_many_searches_in_vain_are_answered_but_not_kept(house):
    for number in range(40):
        response, _ = await house.stranger.get(
            "/services", params={"q": f"nothing{'abcdefgh'[number % 8]}{number}"}
        )
        assert response.status == 200
    assert len(await house.app[DEMAND].misses()) <= 30


async def test_what_is_not_known_sends_the_reader_to_the_official(house):
    _, html = await house.stranger.get("/services/pet-registration")
    assert words_of(html).count("Ask the official") == 3
    assert "example" not in html.partition("<main")[2].lower()


async def test_a_later_service_sends_nobody_to_an_official_who_is_not_there(house):
    _, html = await house.stranger.get("/services/tree-removal-permit")
    assert "Ask the official" not in html
    assert "Not known here yet" in html


async def test_an_example_is_marked_as_one(house):
    _, html = await house.stranger.get("/services/unified-site-plan")
    assert "for show only" in html
    assert 'href="https://services.example.org/site-plan"' in html
    assert "Ask the official" not in html


async def test_a_later_service_has_its_other_channel_and_no_booking(house):
    _, html = await house.stranger.get("/services/refund-fees")
    assert 'data-testid="channel"' in html
    assert 'data-testid="tell-me"' in html
    assert 'id="book"' not in html


async def test_a_service_leads_to_booking_exactly_where_there_is_booking(house, aiohttp_client):
    there = BOOKING_ROUTE in house.app.router.named_resources()
    _, html = await house.stranger.get("/services/pet-registration")
    assert ('id="book"' in html) is there
    service = await house.app[CATALOGUE].get("pet-registration")
    later = await house.app[CATALOGUE].get("refund-fees")
    told = {}

    async def ask(request):
        told.update({each.id: booking_url(request, each) for each in (service, later)})
        return web.Response()

    app = web.Application()
    app.router.add_get("/book", ask, name=BOOKING_ROUTE)
    await (await aiohttp_client(app)).get("/book")
    assert told == {"pet-registration": "/book?service=pet-registration", "refund-fees": None}


async def test_whoever_asks_is_noted_once_and_sees_it(house):
    for contact in ("050 123 4567", "+971501234567"):
        response, _ = await house.stranger.post(TELL_ME, {"contact": contact, "agreed": "1"})
        assert response.status == 303
    _, html = await house.stranger.get(response.headers["Location"].partition("#")[0])
    assert "We will tell you" in html
    [interest] = await house.app[DEMAND].interest()
    assert (interest.service_id, interest.asked) == ("refund-fees", 1)


async def test_a_faulty_contact_is_shown_again_beside_its_fault(house):
    response, html = await house.stranger.post(TELL_ME, {"contact": '"><b>call me'})
    assert response.status == 422
    assert "&#34;&gt;&lt;b&gt;call me" in html
    assert "A phone number or an email address is needed." in html
    assert "We need your consent" in html
    assert await house.app[DEMAND].interest() == ()


async def test_asking_again_and_again_is_slowed_down(house):
    for number in range(30):
        await house.stranger.post(TELL_ME, {"contact": f"c{number}@example.org", "agreed": "1"})
    response, html = await house.stranger.post(TELL_ME, {"contact": "one@example.org", "agreed": "1"})
    assert response.status == 429
    assert int(response.headers["Retry-After"]) > 0
    assert 'value="one@example.org"' in html


async def test_an_unknown_service_is_not_found_and_an_open_one_takes_no_names(house):
    assert (await house.stranger.get("/services/nothing"))[0].status == 404
    form = {"contact": "0501234567", "agreed": "1"}
    assert (await house.stranger.post("/services/nothing/tell-me", form))[0].status == 404
    response, _ = await house.stranger.post("/services/pet-registration/tell-me", form)
    assert response.headers["Location"] == "/services/pet-registration"


async def test_another_site_can_not_ask_in_somebodys_name(house):
    response, _ = await house.stranger.post(
        TELL_ME, {"contact": "0501234567", "agreed": "1"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert response.status == 403
