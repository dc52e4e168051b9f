"""Sessions and outcomes over REST."""

from __future__ import annotations

import asyncio

import pytest

from signaling.events import Position
from signaling.facts import Admitted, Joined, Left
from signaling.vocabulary import Grant, Stage
from tests.support.access import URL, open_house, refused
from vap_meet.domain.access import CUSTOMER

pytestmark = pytest.mark.usefixtures("each_database")

OUTCOME = {"code": "resolved", "answer": "نعم، يكفي المخطط.", "next_steps": "قدّم الطلب."}


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def api(house, aiohttp_client):
    key = await house.api_keys.add("booking")
    return await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})


async def tell(house, *facts):
    for seq, fact in enumerate(facts, start=1):
        await house.sessions.commit(
            "a-1", Position("epoch-one", seq), int(house.clock().timestamp() * 1000), fact
        )
        house.clock.turn(minutes=1)


async def met(house):
    await house.book()
    await tell(
        house,
        Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING),
        Admitted(CUSTOMER, "staff.1"),
        Left(CUSTOMER, "left"),
    )


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "solved"}, "code"),
        ({"code": None}, "code"),
        ({"answer": 7}, "answer"),
        ({"answer": " "}, "answer"),
        ({"answer": "x" * 10_001}, "answer"),
        ({"next_steps": "x" * 10_001}, "next_steps"),
        ({"internal_notes": "x" * 10_001}, "internal_notes"),
        ({"answer": "a\0b"}, "answer"),
        ({"internal_notes": "\0"}, "internal_notes"),
        ({"reason": "\0"}, "reason"),
        ({"follow_up_on": "soon"}, "follow_up_on"),
        ({"answer_pending": "yes"}, "answer_pending"),
        ({"reason": "x" * 501}, "reason"),
        ({"verdict": "ok"}, "verdict"),
    ],
)
async def test_a_faulty_outcome_is_refused_by_field(house, api, change, field):
    await met(house)
    body = await refused(await api.put(f"{URL}/outcome", json={**OUTCOME, **change}), 422, "invalid_request")
    assert list(body["fields"]) == [field]
    assert await house.outcomes.versions("a-1") == ()


async def test_a_second_outcome_needs_version_and_reason(house, api):
    await met(house)
    assert (await api.put(f"{URL}/outcome", json=OUTCOME)).status == 201
    other = {**OUTCOME, "answer": "لا."}
    await refused(await api.put(f"{URL}/outcome", json=other), 428, "version_required")
    response = await api.put(f"{URL}/outcome", json=other, headers={"If-Match": '"1"'})
    await refused(response, 422, "reason_required")
    response = await api.put(
        f"{URL}/outcome", json={**other, "reason": "mistake"}, headers={"If-Match": '"2"'}
    )
    await refused(response, 412, "version_conflict")
    assert len(await house.outcomes.versions("a-1")) == 1


async def test_there_is_no_outcome_and_no_session_of_what_does_not_exist(api):
    await refused(await api.put(f"{URL}/outcome", json=OUTCOME), 404, "not_found")
    await refused(await api.get(f"{URL}/outcome"), 404, "not_found")
    await refused(await api.get(f"{URL}/session"), 404, "not_found")


async def test_a_cancelled_appointment_takes_no_outcome(house, api):
    await house.book()
    await house.booking.cancel("a-1", reason="asked", by="test", if_match=1)
    await refused(await api.put(f"{URL}/outcome", json=OUTCOME), 409, "wrong_state")


# --- what came of it --------------------------------------------------------------------------------


async def test_an_outcome_is_answered_with_its_evidence_and_version(house, api):
    await met(house)
    response = await api.put(f"{URL}/outcome", json={**OUTCOME, "follow_up_on": "2026-10-01"})
    assert (response.status, response.headers["ETag"]) == (201, '"1"')
    assert response.headers["Location"] == f"{URL}/outcome"
    outcome = await response.json()
    assert (outcome["version"], outcome["code"], outcome["follow_up_on"]) == (1, "resolved", "2026-10-01")
    assert outcome["evidence"]["customer_joined"] is True
    assert outcome["evidence"]["customer_waited_s"] == 60
    assert outcome["evidence"]["talked_s"] == 60
    assert outcome["author"].startswith("api:")
    assert (await (await api.get(URL)).json())["state"] == "completed"


async def test_an_amendment_is_a_new_version_beside_the_old(house, api):
    await met(house)
    await refused(await api.get(f"{URL}/outcome"), 404, "not_found")
    await api.put(f"{URL}/outcome", json=OUTCOME)
    response = await api.put(
        f"{URL}/outcome",
        json={**OUTCOME, "answer": "لا.", "reason": "mistake"},
        headers={"If-Match": '"1"'},
    )
    assert (response.status, response.headers["ETag"]) == (200, '"2"')
    read = await api.get(f"{URL}/outcome")
    assert read.headers["ETag"] == '"2"'
    outcomes = await read.json()
    assert [version["answer"] for version in outcomes["versions"]] == [OUTCOME["answer"], "لا."]
    assert outcomes["latest"] == outcomes["versions"][-1]
    assert outcomes["latest"]["reason"] == "mistake"


async def test_a_pending_answer_may_follow_without_a_reason(house, api):
    await met(house)
    pending = {"code": "resolved", "answer_pending": True}
    assert (await (await api.put(f"{URL}/outcome", json=pending)).json())["answer_pending"] is True
    response = await api.put(f"{URL}/outcome", json=OUTCOME, headers={"If-Match": '"1"'})
    assert (await response.json())["answer_pending"] is False


async def test_before_anybody_comes_there_is_no_session_and_an_empty_timeline(house, api):
    await house.book()
    assert await (await api.get(f"{URL}/session")).json() == {"session": None, "timeline": []}


async def test_the_timeline_lists_every_step_and_nobodys_name(house, api):
    await met(house)
    response = await api.get(f"{URL}/session")
    answer = await response.json()
    assert answer["session"]["identity_assurance"] == "link"
    assert answer["session"]["talked_s"] == 60
    assert [
        (item["type"], item["participant"], item["by"], item["detail"]) for item in answer["timeline"]
    ] == [
        ("joined", "customer", None, "waiting"),
        ("admitted", "customer", "staff.1", None),
        ("left", "customer", None, "left"),
    ]
    assert [item["at"] for item in answer["timeline"]] == [
        "2026-09-28T08:00:00Z",
        "2026-09-28T08:01:00Z",
        "2026-09-28T08:02:00Z",
    ]
    assert "متعامل" not in await response.text()


# --- the same again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [["k1"] * 6, [f"k{n}" for n in range(6)], [None] * 6])
async def test_an_outcome_put_again_at_once_is_one_version_with_one_answer(house, api, keys):
    await met(house)

    async def put(key):
        headers = {} if key is None else {"Idempotency-Key": key}
        response = await api.put(f"{URL}/outcome", json=OUTCOME, headers=headers)
        return response.status, await response.text()

    answers = await asyncio.gather(*map(put, keys))
    assert {status for status, _ in answers} <= {200, 201}
    assert len({body for _, body in answers}) == 1
    assert len(await house.outcomes.versions("a-1")) == 1
    assert len(await house.audited("outcome.put")) == 1


async def test_different_outcomes_at_once_under_one_key_or_several_leave_one(house, api):
    await met(house)

    async def put(number):
        headers = {"Idempotency-Key": f"k{number % 2}"}
        return await api.put(f"{URL}/outcome", json={**OUTCOME, "answer": f"{number}"}, headers=headers)

    statuses = sorted([response.status for response in await asyncio.gather(*map(put, range(6)))])
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 422, 428}
    assert len(await house.outcomes.versions("a-1")) == 1
