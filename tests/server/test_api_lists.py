"""Agents and feedback over REST: filters, pages, faulty questions; and that every list has pages."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from tests.support.access import refused
from tests.support.record import NOON, TurnedClock, a_booking
from tests.support.server import app_in_process
from vap_meet.domain.appointment import ServiceName
from vap_meet.domain.feedback import Face, Opinion
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.web import api_pages
from vap_meet.web.api import DOORS
from vap_meet.web.api_promise import promise_of
from vap_meet.web.appkeys import API_KEYS, BOOKING, DB, FEEDBACK, OUTCOMES, STAFFING

pytestmark = pytest.mark.usefixtures("each_database")

AGENTS, FEEDBACK_URL = "/api/v1/agents", "/api/v1/feedback"
ANSWER = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم.")


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def app(tmp_path, clock):
    async with app_in_process(tmp_path, clock=clock) as (app, url):
        headers = {"Authorization": f"Bearer {await app[API_KEYS].add('booking')}"}
        async with aiohttp.ClientSession(url, headers=headers) as api:
            yield app, api


async def items(api, url, **query):
    response = await api.get(url, params=query)
    assert response.status == 200, await response.text()
    return (await response.json())["items"]


# --- agents -----------------------------------------------------------------------------------------


@pytest.fixture
async def agents(app, clock):
    application, api = app
    for number in (1, 2, 3):
        await application[STAFFING].add(
            f"agent{number}",
            "a long enough password",
            "agent",
            name_ar=f"موظف {number}",
            name_en=f"Agent {number}",
        )
        clock.turn(minutes=1)
    await application[STAFFING].add(
        "boss", "a long enough password", "admin", name_ar="مشرف", name_en="Admin 1"
    )
    await application[STAFFING].remove("agent2")
    return api


async def names(api, **query):
    return [one["name_en"] for one in await items(api, AGENTS, **query)]


async def test_agents_are_listed_who_came_first_first_and_nobody_else(agents):
    assert await names(agents) == ["Agent 1", "Agent 2", "Agent 3"]
    [first, *_] = await items(agents, AGENTS)
    assert set(first) == {"id", "name_ar", "name_en", "active", "created_at"}


async def test_agents_are_narrowed_by_name_and_by_being_active(agents):
    assert await names(agents, active="true") == ["Agent 1", "Agent 3"]
    assert await names(agents, active="false") == ["Agent 2"]
    assert await names(agents, q="agent 3") == await names(agents, q="موظف 3") == ["Agent 3"]
    assert await names(agents, q="%") == []


async def test_pages_of_agents_follow_each_other(agents):
    first = await (await agents.get(AGENTS, params={"limit": "2"})).json()
    rest = await (await agents.get(AGENTS, params={"cursor": first["next_cursor"], "limit": "2"})).json()
    assert [one["name_en"] for one in rest["items"]] == ["Agent 3"]
    assert rest["next_cursor"] is None


# --- feedback ---------------------------------------------------------------------------------------


@pytest.fixture
async def feedback(app, clock):
    application, api = app
    for number, (face, service) in enumerate(
        [(Face.HAPPY, "permit"), (Face.UNHAPPY, "trees"), (Face.UNHAPPY, "permit")], start=1
    ):
        about = ServiceName(id=service, name_ar="خدمة", name_en="Service")
        await application[BOOKING].put(
            f"a{number}", a_booking(service=about, starts_at=clock.now), by="test", if_match=None
        )
        async with application[DB].write() as tx:
            await tx.exec_driver_sql(f"UPDATE appointment SET state = 'in_session' WHERE id = 'a{number}'")
        await application[OUTCOMES].put(f"a{number}", ANSWER, author="staff:1", if_version=None)
        await application[FEEDBACK].give(f"a{number}", Opinion(face=face, comment="رأي"))
        clock.turn(days=1)
    return api


async def ids(api, **query):
    return [one["appointment_id"] for one in await items(api, FEEDBACK_URL, **query)]


async def test_feedback_is_listed_newest_first_with_its_case(feedback):
    [third, _, first] = await items(feedback, FEEDBACK_URL)
    assert (third["appointment_id"], third["feedback"]["face"]) == ("a3", "unhappy")
    assert third["case"]["state"] == "open"
    assert (first["feedback"]["comment"], first["case"]) == ("رأي", None)


async def test_feedback_is_narrowed_by_day_face_service_and_case(feedback):
    assert await ids(feedback, face="unhappy") == ["a3", "a2"]
    assert await ids(feedback, service="permit") == ["a3", "a1"]
    assert await ids(feedback, open_case="true") == ["a3", "a2"]
    assert await ids(feedback, open_case="false") == ["a1"]
    day = NOON.date() + timedelta(days=1)
    assert await ids(feedback, **{"from": str(day)}) == ["a3", "a2"]
    assert await ids(feedback, **{"from": str(day), "to": str(day)}) == ["a2"]


async def test_pages_of_feedback_follow_each_other(feedback):
    first = await (await feedback.get(FEEDBACK_URL, params={"limit": "2"})).json()
    assert [one["appointment_id"] for one in first["items"]] == ["a3", "a2"]
    assert await ids(feedback, cursor=first["next_cursor"]) == ["a1"]


# --- every list -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        AGENTS,
        FEEDBACK_URL,
        "/api/v1/appointments",
        "/api/v1/invitations",
        "/api/v1/services",
        "/api/v1/webhook-endpoints",
    ],
)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"cursor": "bm90aGluZw"}, "cursor"),
        ({"cursor": "AA"}, "cursor"),
        ({"cursor": "!"}, "cursor"),
    ],
)
async def test_a_question_that_can_not_be_answered_names_its_field(app, url, query, field):
    _, api = app
    body = await refused(await api.get(url, params=query), 422, "invalid_request")
    assert list(body["fields"]) == [field]


async def test_faulty_filters_are_named(app):
    _, api = app
    for url, query in (
        (AGENTS, {"active": "perhaps"}),
        (FEEDBACK_URL, {"face": "angry"}),
        (FEEDBACK_URL, {"from": "1999-01-01"}),
    ):
        body = await refused(await api.get(url, params=query), 422, "invalid_request")
        assert list(body["fields"]) == list(query)


def test_every_door_that_answers_a_page_reads_a_limit_and_a_cursor():
    lists = [promise_of(door.handler) for door in DOORS if "Page[" in str(promise_of(door.handler).answer)]
    assert len(lists) == 7
    for promise in lists:
        assert issubclass(promise.query, api_pages.PageQuery)
