"""The appointment over REST."""

from __future__ import annotations

import pytest

from tests.support.access import BODY, URL, open_house, refused

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def api(house, aiohttp_client):
    key = await house.api_keys.add("booking")
    return await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})


# --- refusals ---------------------------------------------------------------------------------------


async def test_a_duplicate_booking_with_other_content_is_refused(house, api):
    assert (await api.put(URL, json=BODY)).status == 201
    other = {**BODY, "starts_at": "2026-09-29T08:15:00Z"}
    await refused(await api.put(URL, json=other), 409, "appointment_exists")
    assert (await house.booking.get("a-1")).revision == 1


async def test_an_edit_of_what_was_changed_meanwhile_is_refused(api):
    await api.put(URL, json=BODY)
    headers = {"If-Match": '"1"'}
    assert (await api.put(URL, json={**BODY, "mode": "sound"}, headers=headers)).status == 200
    response = await api.put(URL, json={**BODY, "question": "?"}, headers=headers)
    await refused(response, 412, "version_conflict")


@pytest.mark.parametrize(
    ("door", "body"), [("move", {"starts_at": "2026-09-29T08:15:00Z"}), ("cancel", {"reason": "asked"})]
)
async def test_an_edit_without_if_match_is_refused(api, door, body):
    await api.put(URL, json=BODY)
    await refused(await api.post(f"{URL}/{door}", json=body), 428, "version_required")


async def test_what_is_cancelled_can_neither_move_nor_be_edited(api):
    await api.put(URL, json=BODY)
    await api.post(f"{URL}/cancel", json={"reason": "asked"}, headers={"If-Match": '"1"'})
    headers = {"If-Match": '"2"'}
    response = await api.post(f"{URL}/move", json={"starts_at": "2026-09-29T08:15:00Z"}, headers=headers)
    await refused(response, 409, "wrong_state")
    response = await api.put(URL, json={**BODY, "mode": "sound"}, headers=headers)
    await refused(response, 409, "wrong_state")


@pytest.mark.parametrize("body", [{}, {"reason": None}, {"reason": "x" * 501}])
async def test_a_cancellation_says_why_in_bounds(api, body):
    await api.put(URL, json=BODY)
    response = await api.post(f"{URL}/cancel", json=body, headers={"If-Match": '"1"'})
    problem = await refused(response, 422, "invalid_request")
    assert list(problem["fields"]) == ["reason"]


@pytest.mark.parametrize("door", ["move", "cancel", "join-links", "tokens"])
async def test_what_does_not_exist_is_not_found(api, door):
    bodies = {"move": {"starts_at": "2026-09-29T08:15:00Z"}, "cancel": {"reason": "asked"}}
    response = await api.post(f"{URL}/{door}", json=bodies.get(door, {}), headers={"If-Match": '"1"'})
    await refused(response, 404, "not_found")


# --- the record -------------------------------------------------------------------------------------


async def test_a_booking_is_answered_whole_with_its_version(api):
    response = await api.put(URL, json={**BODY, "question": "هل يكفي المخطط؟", "request_number": "R-1"})
    assert response.status == 201
    assert response.headers["ETag"] == '"1"'
    assert response.headers["Location"] == URL
    record = await response.json()
    reference = record.pop("reference")
    assert reference
    assert record == {
        "id": "a-1",
        "service": BODY["service"],
        "customer": {"name": "متعامل 1", "phone": "+971500000001", "email": None, "language": "ar"},
        "starts_at": "2026-09-28T08:15:00Z",
        "ends_at": "2026-09-28T08:30:00Z",
        "mode": "video",
        "question": "هل يكفي المخطط؟",
        "request_number": "R-1",
        "state": "booked",
        "schedule_version": 1,
        "revision": 1,
        "cancel_reason": None,
        "created_at": "2026-09-28T08:00:00Z",
        "updated_at": "2026-09-28T08:00:00Z",
    }
    read = await api.get(URL)
    assert (read.status, read.headers["ETag"]) == (200, '"1"')
    assert await read.json() == {**record, "reference": reference}


async def test_the_same_booking_again_is_the_same_record(api):
    first = await api.put(URL, json=BODY)
    again = await api.put(URL, json={**BODY, "starts_at": "2026-09-28T12:15:00+04:00"})
    assert (first.status, again.status) == (201, 200)
    assert await first.json() == await again.json()


async def test_an_edit_with_the_version_it_was_made_from_is_taken(api):
    await api.put(URL, json=BODY)
    response = await api.put(URL, json={**BODY, "mode": "sound"}, headers={"If-Match": '"1"'})
    assert (response.status, response.headers["ETag"]) == (200, '"2"')
    record = await response.json()
    assert (record["mode"], record["schedule_version"]) == ("sound", 1)


async def test_a_move_keeps_the_length_and_ends_the_old_links(api):
    await api.put(URL, json=BODY)
    old = await (await api.post(f"{URL}/join-links")).json()
    response = await api.post(
        f"{URL}/move", json={"starts_at": "2026-09-29T08:00:00Z"}, headers={"If-Match": '"1"'}
    )
    record = await response.json()
    assert (record["starts_at"], record["ends_at"]) == ("2026-09-29T08:00:00Z", "2026-09-29T08:15:00Z")
    assert (record["schedule_version"], response.headers["ETag"]) == (2, '"2"')
    new = await (await api.post(f"{URL}/join-links")).json()
    assert new["url"] != old["url"]
    assert new["schedule_version"] == 2


async def test_a_cancellation_says_why(api):
    await api.put(URL, json=BODY)
    response = await api.post(f"{URL}/cancel", json={"reason": "asked"}, headers={"If-Match": '"1"'})
    record = await response.json()
    assert (record["state"], record["cancel_reason"]) == ("cancelled", "asked")
    await refused(await api.post(f"{URL}/join-links"), 410, "link_cancelled")
    await refused(await api.post(f"{URL}/tokens"), 410, "link_cancelled")


async def test_who_did_it_is_audited_by_the_keys_id(house, api):
    await api.put(URL, json=BODY)
    [key] = await house.rows("SELECT * FROM api_key")
    [entry] = await house.audited("appointment.booked")
    assert f"api:{key['id']}".encode() in entry["public"]
