"""Where a request stands, at the doors: who may read it, and what a page does without a back office."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from tests.support.booker import a_booker
from tests.support.staff import staffed
from vap_meet.domain.appointment import Customer
from vap_meet.store import schema
from vap_meet.web.appkeys import DB, JOINING

pytestmark = pytest.mark.usefixtures("each_database")

OWNER, OTHER = "+971501234567", "+971500000001"
NUMBER = "R-1001"
STATUS = {
    "status": {"ar": "قيد الدراسة", "en": "Under review"},
    "missing": [{"ar": "المخطط", "en": "The plan"}],
    "next": {"who": "customer"},
    "updated_at": "2026-09-27T10:00:00+04:00",
}


@dataclass
class Office:
    """A back office that keeps one request, of one phone."""

    url: str = ""
    away: bool = False
    asked: int = 0

    async def answer(self, request):
        self.asked += 1
        if self.away:
            raise web.HTTPInternalServerError
        if request.match_info["number"] != NUMBER:
            raise web.HTTPNotFound
        return web.json_response(STATUS | {"phone_matches": request.query["phone"] == OWNER})


@pytest.fixture
async def office():
    office, app = Office(), web.Application()
    app.router.add_get("/{number}", office.answer)
    async with TestServer(app) as server:
        office.url = f"http://127.0.0.1:{server.port}/{{number}}?phone={{phone}}"
        yield office


@pytest.fixture
async def house(tmp_path, office):
    async with staffed(tmp_path, request_url=office.url) as house:
        yield house


async def booked_for(house, phone, *, number=NUMBER, id_="a2"):
    await house.book(id_, customer=Customer(name="متعامل 2", phone=phone, email=None), request_number=number)


async def enter(house, id_):
    """Let a customer's browser in; return the path of its visit and the way to ask there."""
    link = await house.app[JOINING].issue_link(id_, by="test")
    path = link.url.removeprefix(house.base)
    page, _ = await house.stranger.post(path, {"notice": "1"})
    return page.headers["Location"]


async def asked(browser, path):
    response, text = await browser.get(path)
    return response.status, json.loads(text)


async def test_the_agent_reads_all_of_it_in_their_language_and_that_they_did_is_audited(house):
    await booked_for(house, OWNER)
    status, said = await asked(house.agent, "/agent/appointments/a2/request.json")
    assert (status, said["found"], said["status"], said["missing"]) == (
        200,
        "found",
        "Under review",
        ["The plan"],
    )
    assert (said["actor"], said["phoneMatches"]) == ("the customer", True)
    async with house.app[DB].read() as tx:
        entry = (
            await tx.execute(
                select(schema.audit_entry.c.public).where(schema.audit_entry.c.action == "request.viewed")
            )
        ).one()
    public = json.loads(entry.public)["public"]
    assert public["found"] == "found"
    assert public["by"].startswith("staff:")
    assert NUMBER not in entry.public.decode()


async def test_the_agent_is_warned_that_it_is_another_phones(house):
    assert (await asked(house.agent, "/agent/appointments/a1/request.json"))[1]["phoneMatches"] is False


async def test_the_page_has_the_card_where_there_is_a_number_and_never_waits_for_the_office(house, office):
    _, html = await house.agent.get("/agent/appointments/a1")
    assert "data-request-card" in html
    await booked_for(house, OWNER, number=None)
    _, html = await house.agent.get("/agent/appointments/a2")
    assert "data-request-card" not in html
    assert office.asked == 0


async def test_refreshing_asks_anew(house, office):
    for _ in range(2):
        await asked(house.agent, "/agent/appointments/a1/request.json")
    assert office.asked == 1
    await asked(house.agent, "/agent/appointments/a1/request.json?fresh=1")
    assert office.asked == 2


async def test_only_agents_ask_at_the_agents_door(house):
    for browser, status in ((house.stranger, 401), (house.admin, 403)):
        response, _ = await browser.get("/agent/appointments/a1/request.json")
        assert response.status == status
    response, _ = await house.agent.get("/agent/appointments/nothing/request.json")
    assert response.status == 404


async def test_an_office_that_is_away_is_said_and_the_page_is_there(house, office):
    office.away = True
    assert (await asked(house.agent, "/agent/appointments/a1/request.json"))[1] == {"found": "unavailable"}
    response, _ = await house.agent.get("/agent/appointments/a1")
    assert response.status == 200


async def test_the_customer_reads_their_own_in_the_waiting_room(house):
    await booked_for(house, OWNER)
    visit = await enter(house, "a2")
    _, html = await house.stranger.get(visit)
    assert f'data-url="{visit}request.json"' in html
    _, said = await asked(house.stranger, f"{visit}request.json")
    assert (said["status"], said["actor"]) == ("Under review", "you")
    assert "phoneMatches" not in said


async def test_a_customer_whose_phone_it_is_not_reads_the_same_as_of_no_request(house):
    visit = await enter(house, "a1")  # its number is somebody else's
    assert await asked(house.stranger, f"{visit}request.json") == (200, {"found": "not_found"})
    await booked_for(house, OTHER, number="R-0")
    visit = await enter(house, "a2")
    assert await asked(house.stranger, f"{visit}request.json") == (200, {"found": "not_found"})


async def test_another_browser_can_not_ask_for_a_visit(house):
    await booked_for(house, OWNER)
    visit = await enter(house, "a2")
    response, _ = await house.admin.get(f"{visit}request.json")
    assert response.status == 404


async def test_without_a_back_office_no_page_asks(tmp_path):
    async with staffed(tmp_path) as house:
        assert "data-request-card" not in (await house.agent.get("/agent/appointments/a1"))[1]
        assert (await asked(house.agent, "/agent/appointments/a1/request.json"))[1] == {"found": "not_found"}


# --- booked by the customer -------------------------------------------------------------------------


async def said_in_the_waiting_room(booker, booked_path):
    base = str(booker.session._base_url).rstrip("/")
    async with ClientSession(base, cookie_jar=CookieJar(unsafe=True)) as session:
        async with session.post(
            booked_path.removesuffix("/booked"), data={"notice": "1"}, headers={"Origin": base}
        ) as page:
            path = page.url.path
        async with session.get(f"{path}request.json") as response:
            return await response.json()


async def test_who_has_proved_the_phone_reads_it(tmp_path, office):
    async with a_booker(tmp_path, request_url=office.url) as booker:
        booked = await booker.book(request_number=NUMBER)
        assert (await said_in_the_waiting_room(booker, booked.path))["status"] == "Under review"


async def test_who_only_names_somebodys_phone_and_number_reads_nothing(tmp_path, office):
    async with a_booker(tmp_path, request_url=office.url, phone_code=False) as booker:
        booked = await booker.details(request_number=NUMBER)
        assert await said_in_the_waiting_room(booker, booked.path) == {"found": "not_found"}


async def mine(booker):
    code = await booker.post("/mine", phone=OWNER)
    page = await booker.post("/mine/list", **code.hidden(), code=booker.digits(code))
    return re.findall(r'data-ticket="([^"]+)"', page.text)


async def ask_with(booker, ticket):
    base = str(booker.session._base_url).rstrip("/")
    async with booker.session.post(
        "/mine/request.json", json={"ticket": ticket}, headers={"Origin": base}
    ) as response:
        return response.status, await response.json()


async def test_mine_gives_tickets_that_are_good_for_a_while_and_for_nothing_else(tmp_path, office):
    async with a_booker(tmp_path, request_url=office.url) as booker:
        await booker.book(request_number=NUMBER)
        [ticket] = await mine(booker)
        assert (await ask_with(booker, ticket))[1]["status"] == "Under review"
        appointment, expires, signature = ticket.rsplit(".", 2)
        for forged in (
            f"{appointment}.{int(expires) + 1}.{signature}",
            f"other.{expires}.{signature}",
            f"{appointment}.{expires}.",
            "",
            "...",
            f"{appointment}.{'9' * 40}.{signature}",
            "متعامل.1.2",
        ):
            assert (await ask_with(booker, forged))[0] == 404, forged
        booker.clock.now += timedelta(minutes=16)
        assert (await ask_with(booker, ticket))[0] == 404


async def test_mine_offers_no_ticket_without_a_number(tmp_path, office):
    async with a_booker(tmp_path, request_url=office.url) as booker:
        await booker.book()
        assert await mine(booker) == []
