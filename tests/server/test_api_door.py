"""What every door of the API refuses, and repeats of a request."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from tests.support.access import BODY, URL, open_house, refused
from tests.support.record import NOON, locked
from vap_meet.domain.errors import InvalidRequest
from vap_meet.services.limits import LIMITS, Bucket
from vap_meet.web import api as api_module

pytestmark = pytest.mark.usefixtures("each_database")

DOORS = [
    (door.method, door.path.replace("{id}", "a-1").replace("{endpoint}", "e-1")) for door in api_module.DOORS
]


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def anybody(house, aiohttp_client):
    return await aiohttp_client(house.app())


@pytest.fixture
async def api(house, aiohttp_client):
    key = await house.api_keys.add("booking")
    return await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})


# --- keys -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "url"), DOORS)
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Bearer vapk_" + "A" * 43, "Basic dXNlcjpw"]
)
async def test_no_door_opens_without_a_good_key(house, anybody, method, url, header):
    await house.book()
    headers = {} if header is None else {"Authorization": header}
    response = await anybody.request(method, url, json=BODY, headers=headers)
    body = await refused(response, 401, "invalid_api_key")
    assert body["detail"] == "A valid API key is needed."
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_revoked_key_opens_nothing(house, api):
    await house.book()
    assert (await api.get(URL)).status == 200
    [key] = await house.rows("SELECT * FROM api_key")
    await house.api_keys.revoke(key["id"])
    await refused(await api.get(URL), 401, "invalid_api_key")


async def test_guessing_keys_is_slowed_down_and_even_a_good_one_waits(house, anybody, api):
    for _ in range(30):
        await refused(
            await anybody.get(URL, headers={"Authorization": "Bearer vapk_x"}), 401, "invalid_api_key"
        )
    response = await anybody.get(URL)
    await refused(response, 429, "rate_limited")
    assert int(response.headers["Retry-After"]) > 0
    await refused(await api.get(URL), 429, "rate_limited")
    house.clock.turn(minutes=2)
    await refused(await api.get(URL), 404, "not_found")


async def test_a_key_may_ask_so_much_a_minute_and_every_answer_says_what_is_left(house, api):
    await house.book()
    first = await api.get(URL)
    assert first.headers["RateLimit-Policy"] == '"api";q=1200;w=60'
    assert first.headers["RateLimit"] == '"api";r=1199;t=1'
    [key] = await house.rows("SELECT id FROM api_key")
    for _ in range(LIMITS[Bucket.API].burst - 1):
        house.limits.hit(Bucket.API, key["id"])
    response = await api.get(URL)
    await refused(response, 429, "rate_limited")
    assert response.headers["RateLimit"] == '"api";r=0;t=60'
    assert response.headers["Retry-After"] == "1"
    other = {"Authorization": f"Bearer {await house.api_keys.add('other')}"}
    assert (await api.get(URL, headers=other)).status == 200
    house.clock.turn(seconds=30)
    assert (await api.get(URL)).headers["RateLimit"] == '"api";r=599;t=31'


async def test_good_requests_are_not_counted_as_guesses(house, api):
    await house.book()
    for _ in range(60):
        assert (await api.get(URL)).status == 200


async def test_of_a_key_only_the_hash_is_stored(house):
    secret = await house.api_keys.add("whose it is")
    assert secret.startswith("vapk_")
    everything = repr(await house.rows("SELECT * FROM api_key"))
    assert secret not in everything
    assert secret not in repr(await house.rows("SELECT * FROM audit_entry"))
    [entry] = await house.audited("api_key.added")
    assert b"whose it is" not in entry["public"]


async def test_a_key_may_do_what_its_scope_says_and_is_told_what_it_lacks(house, aiohttp_client):
    await house.book()
    key = await house.api_keys.add("reader", ["appointments:read"])
    api = await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})
    assert (await api.get(URL)).status == 200
    response = await api.put(URL, json=BODY)
    body = await refused(response, 403, "scope_missing")
    assert "appointments:write" in body["detail"]
    assert body["fields"] == {"scope": "appointments:write"}
    assert "RateLimit" in response.headers


@pytest.mark.parametrize("scopes", [[], ["everything"], ["appointments:read", "x"]])
async def test_a_key_for_nothing_or_for_what_is_not_known_is_not_made(house, scopes):
    with pytest.raises(InvalidRequest):
        await house.api_keys.add("reader", scopes)
    assert await house.api_keys.all() == ()


async def test_it_is_known_when_a_key_was_last_used(house, aiohttp_client):
    key = await house.api_keys.add("booking")
    api = await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})
    assert [one.last_used_at for one in await house.api_keys.all()] == [None]
    first = house.clock.now
    await api.get(URL)
    house.clock.turn(minutes=9)
    await api.get(URL)
    assert [one.last_used_at for one in await house.api_keys.all()] == [first]
    later = house.clock.turn(minutes=1)
    await api.get(URL)
    assert [one.last_used_at for one in await house.api_keys.all()] == [later]


# --- bodies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b"\xff\xfe", b"[" * 50_000, b'{"a": 1} x', b'"\\ud800"', b"[]", b"null", b"7"],
)
async def test_what_is_no_json_object_is_refused(api, body):
    response = await api.put(URL, data=body, headers={"Content-Type": "application/json"})
    await refused(response, 422, "invalid_request")


async def test_another_content_type_is_refused(api):
    response = await api.put(URL, data=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    await refused(response, 415, "unsupported_media_type")


async def test_a_body_over_64_kib_is_refused_whether_or_not_it_says_so(api):
    large = json.dumps({**BODY, "question": "x" * 70_000}).encode()
    headers = {"Content-Type": "application/json"}
    await refused(await api.put(URL, data=large, headers=headers), 413, "too_large")

    async def in_pieces():
        for start in range(0, len(large), 8192):
            yield large[start : start + 8192]

    await refused(await api.put(URL, data=in_pieces(), headers=headers), 413, "too_large")
    await refused(await api.get(URL), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"customer": {"name": "x", "nickname": "y"}}, "customer.nickname"),
        ({"customer": {"phone": "+971500000001"}}, "customer.name"),
        ({"customer": {"name": 7}}, "customer.name"),
        ({"customer": {"name": " "}}, "customer.name"),
        ({"customer": {"name": "a\x00b"}}, "customer.name"),
        ({"customer": {"name": "x", "phone": "050 123"}}, "customer.phone"),
        ({"customer": {"name": "x", "email": "nobody"}}, "customer.email"),
        ({"customer": {"name": "x", "language": "fr"}}, "customer.language"),
        ({"service": {"id": "x", "name_ar": "", "name_en": "x"}}, "service.name_ar"),
        ({"service": None}, "service"),
        ({"starts_at": "2026-09-28T08:15:00"}, "starts_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, "starts_at"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 1.5}, "duration_minutes"),
        ({"duration_minutes": True}, "duration_minutes"),
        ({"mode": "telepathy"}, "mode"),
        ({"request_number": "x" * 65}, "request_number"),
        ({"question": "x" * 2001}, "question"),
    ],
)
async def test_a_faulty_field_is_named_as_this_api_writes_it(api, change, field):
    body = await refused(await api.put(URL, json={**BODY, **change}), 422, "invalid_request")
    assert list(body["fields"]) == [field]
    await refused(await api.get(URL), 404, "not_found")


async def test_every_faulty_value_is_named_at_once(api):
    faulty = {**BODY, "customer": {"name": " ", "phone": "1"}, "duration_minutes": 0}
    body = await refused(await api.put(URL, json=faulty), 422, "invalid_request")
    assert set(body["fields"]) == {"customer.name", "customer.phone", "duration_minutes"}


@pytest.mark.parametrize("appointment_id", ["a b", "a%2Fb", "x" * 65, "%D9%85", "a'b", "a%00b"])
async def test_an_id_that_no_appointment_can_have_is_refused(api, appointment_id):
    url = f"/api/v1/appointments/{appointment_id}"
    body = await refused(await api.put(url, json=BODY), 422, "invalid_request")
    assert list(body["fields"]) == ["id"]
    await refused(await api.get(url), 404, "not_found")


async def test_an_unknown_address_and_an_unknown_method_are_problems(api):
    await refused(await api.get("/api/v1/nothing"), 404, "not_found")
    body = await api.delete(URL)
    assert body.status == 405
    assert "GET" in body.headers["Allow"]


async def test_a_database_that_cannot_write_answers_503_and_the_next_request_works(tmp_path, aiohttp_client):
    async with open_house(tmp_path, write_deadline_s=0.3) as house:
        key = await house.api_keys.add("booking")
        api = await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})
        async with locked(house.db):
            response = await api.put(URL, json=BODY)
            await refused(response, 503, "unavailable")
            assert int(response.headers["Retry-After"]) > 0
        assert (await api.put(URL, json=BODY)).status == 201


# --- versions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["1", "*", "W/1", '"1', "'1'", ""])
async def test_an_if_match_that_is_no_tag_is_refused(house, api, tag):
    await house.book()
    response = await api.post(f"{URL}/cancel", json={"reason": "asked"}, headers={"If-Match": tag})
    body = await refused(response, 422, "invalid_request")
    assert list(body["fields"]) == ["If-Match"]


@pytest.mark.parametrize("tag", ['"2"', '"0"', '"01"', 'W/"1"', '"1", "2"', '"something"', '"9999999999"'])
async def test_an_if_match_of_another_version_is_a_conflict(house, api, tag):
    await house.book()
    response = await api.post(f"{URL}/cancel", json={"reason": "asked"}, headers={"If-Match": tag})
    await refused(response, 412, "version_conflict")


# --- repeats ----------------------------------------------------------------------------------------


async def move(api, *, to, key, version='"1"'):
    return await api.post(
        f"{URL}/move",
        json={"starts_at": to.isoformat()},
        headers={"If-Match": version, "Idempotency-Key": key},
    )


LATER = NOON + timedelta(days=1)


async def test_a_repeat_gets_the_first_answer_and_has_no_second_effect(house, api):
    await house.book()
    first = await move(api, to=LATER, key="k1")
    again = await move(api, to=LATER, key="k1")
    assert (first.status, again.status) == (200, 200)
    assert await first.read() == await again.read()
    assert first.headers["ETag"] == again.headers["ETag"] == '"2"'
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Cache-Control"] == "no-store"
    assert (await house.booking.get("a-1")).revision == 2
    assert len(await house.audited("appointment.moved")) == 1


async def test_repeats_that_come_at_once_wait_for_the_first(house, api):
    await house.book()
    responses = await asyncio.gather(*(move(api, to=LATER, key="k1") for _ in range(6)))
    assert {response.status for response in responses} == {200}
    assert sum("Idempotency-Replayed" in response.headers for response in responses) == 5
    assert (await house.booking.get("a-1")).revision == 2
    assert house.api_keys.idempotency._turns == {}


async def test_a_created_appointment_is_answered_as_created_again(house, api):
    headers = {"Idempotency-Key": "k1"}
    first = await api.put(URL, json=BODY, headers=headers)
    again = await api.put(URL, json=BODY, headers=headers)
    assert (first.status, again.status) == (201, 201)
    assert first.headers["Location"] == again.headers["Location"] == URL


async def test_the_key_with_another_request_is_a_conflict(house, api):
    await house.book()
    await move(api, to=LATER, key="k1")
    await refused(await move(api, to=LATER + timedelta(days=1), key="k1"), 422, "idempotency_conflict")
    response = await api.post(f"{URL}/join-links", headers={"Idempotency-Key": "k1"})
    await refused(response, 422, "idempotency_conflict")
    assert (await house.booking.get("a-1")).revision == 2


async def test_a_refused_request_can_be_corrected_with_the_same_key(house, api):
    await house.book()
    await refused(await move(api, to=LATER, key="k1", version='"9"'), 412, "version_conflict")
    assert (await move(api, to=LATER, key="k1")).status == 200


async def test_keys_of_two_booking_systems_have_nothing_to_do_with_each_other(house, api, aiohttp_client):
    await house.book()
    other_key = await house.api_keys.add("other")
    other = await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {other_key}"})
    assert (await move(api, to=LATER, key="k1")).status == 200
    response = await move(other, to=LATER + timedelta(days=1), key="k1", version='"2"')
    assert (response.status, "Idempotency-Replayed" in response.headers) == (200, False)


async def test_answers_are_forgotten_after_a_day(house, api):
    await house.book()
    await move(api, to=LATER, key="k1")
    house.clock.turn(hours=24, seconds=1)
    await refused(await move(api, to=LATER + timedelta(days=1), key="k1"), 412, "version_conflict")
    assert (await move(api, to=LATER + timedelta(days=1), key="k2", version='"2"')).status == 200
    assert [row["key"] for row in await house.rows("SELECT key FROM idempotency")] == ["k2"]


async def test_repeated_join_links_and_tokens_are_made_anew_and_never_stored(house, api):
    await house.book()
    answers = {}
    for door in ("join-links", "tokens"):
        headers = {"Idempotency-Key": door}
        first = await api.post(f"{URL}/{door}", headers=headers)
        again = await api.post(f"{URL}/{door}", headers=headers)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert first.status == again.status
        answers[door] = (await first.json(), await again.json())
    assert answers["join-links"][0] == answers["join-links"][1]
    stored = repr(await house.rows("SELECT * FROM idempotency"))
    assert answers["join-links"][0]["url"].rpartition("/")[2] not in stored
    assert answers["tokens"][0]["token"] not in stored


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "مفتاح"])
async def test_an_idempotency_key_that_cannot_be_used_is_refused(house, api, key):
    await house.book()
    response = await api.post(f"{URL}/join-links", headers={"Idempotency-Key": key})
    body = await refused(response, 422, "invalid_request")
    assert list(body["fields"]) == ["Idempotency-Key"]
