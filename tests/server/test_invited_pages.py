"""An invitation, from the API to the booked appointment: doors, messages and pages in both languages."""

from __future__ import annotations

import re

import aiohttp
import pytest

from tests.support.access import refused
from tests.support.booker import a_booker
from tests.support.nodes import until
from vap_meet.web.appkeys import API_KEYS, BOOKING, SHELF

pytestmark = pytest.mark.usefixtures("each_database")

ALL = "/api/v1/invitations"
BODY = {
    "service": "test-service",
    "customer": {"name": "Customer 1", "phone": "+971501234567", "email": "me@example.org", "language": "en"},
    "request_number": "R-7",
    "reason_en": "Your request was returned.",
}
TYPED = {"name": "Customer 1", "mode": "sound", "terms": "1"}


@pytest.fixture
async def booker(tmp_path):
    async with a_booker(tmp_path, officials=2, demo=True) as booker:
        key = await booker.app[API_KEYS].add("back office")
        base = str(booker.session._base_url)
        async with aiohttp.ClientSession(base, headers={"Authorization": f"Bearer {key}"}) as api:
            booker.api = api
            yield booker


async def invited(booker, **changes):
    response = await booker.api.post(ALL, json=BODY | changes)
    assert response.status == 201
    return await response.json()


def path_of(invitation):
    return "/i/" + invitation["url"].rpartition("/")[2]


async def to_the_code(booker, page, **changes):
    times = await booker.get(page.links("/book?")[0])
    form = await booker.get(times.links("/book/details?")[0])
    return form, await booker.post("/book/details", **{**form.hidden(), **TYPED, **changes})


# --- the API ----------------------------------------------------------------------------------------


async def test_inviting_is_idempotent_by_the_header_and_by_the_id(booker):
    repeat = {"Idempotency-Key": "k-1"}
    first = await booker.api.post(ALL, json=BODY, headers=repeat)
    again = await booker.api.post(ALL, json=BODY, headers=repeat)
    assert (first.status, again.status) == (201, 200)
    assert await first.json() == await again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Location"] == f"{ALL}/{(await first.json())['id']}"
    named = await invited(booker, id="i-1")
    booker.clock.turn(minutes=5)
    response = await booker.api.post(ALL, json=BODY | {"id": "i-1"})
    assert (response.status, await response.json()) == (200, named)
    await refused(
        await booker.api.post(ALL, json=BODY | {"id": "i-1", "reason_en": "x"}), 409, "invitation_exists"
    )
    listed = await (await booker.api.get(ALL)).json()
    assert len(listed["items"]) == 2


async def test_one_can_be_read_called_off_and_listed_by_pages(booker):
    for number in range(3):
        await invited(booker, id=f"i-{number}")
        booker.clock.turn(seconds=1)
    first = await (await booker.api.get(ALL, params={"limit": "2"})).json()
    assert [one["id"] for one in first["items"]] == ["i-2", "i-1"]
    last = await (await booker.api.get(ALL, params={"cursor": first["next_cursor"]})).json()
    assert ([one["id"] for one in last["items"]], last["next_cursor"]) == (["i-0"], None)
    cancelled = await (await booker.api.post(f"{ALL}/i-1/cancel")).json()
    assert cancelled["state"] == "cancelled"
    assert (await (await booker.api.get(f"{ALL}/i-1")).json()) == cancelled
    listed = await (await booker.api.get(ALL, params={"state": "cancelled"})).json()
    assert [one["id"] for one in listed["items"]] == ["i-1"]
    await refused(await booker.api.get(f"{ALL}/nothing"), 404, "not_found")
    await refused(await booker.api.post(f"{ALL}/nothing/cancel"), 404, "not_found")
    await refused(await booker.api.get(ALL, params={"cursor": "bm90aGluZw"}), 422, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason_en": None}, "reason_ar"),
        ({"customer": {"name": "Customer 1"}}, "customer.phone"),
        ({"customer": {"name": "Customer 1", "phone": "050"}}, "customer.phone"),
        ({"expires_at": "2026-09-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-10:00"}, "expires_at"),
        ({"id": "a b"}, "id"),
        ({"why": "x"}, "why"),
    ],
)
async def test_faults_are_named_by_their_field(booker, changes, field):
    body = await refused(await booker.api.post(ALL, json=BODY | changes), 422, "invalid_request")
    assert list(body["fields"]) == [field]


async def test_a_service_that_is_not_offered_is_refused(booker):
    await refused(await booker.api.post(ALL, json=BODY | {"service": "x"}), 404, "not_bookable")


# --- the messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said", "never"),
    [
        ("en", "choose a time", "We never ask for money or passwords"),
        ("ar", "اختيار وقت", "لا نطلب منك أبدًا أموالًا أو كلمات مرور"),
    ],
)
async def test_who_is_invited_reads_why_and_where_in_their_language(booker, language, said, never):
    invitation = await invited(booker, customer=BODY["customer"] | {"language": language})
    shelf = booker.app[SHELF]
    await until(lambda: len(shelf.newest()) == 2)
    for shelved in shelf.newest():
        letter = shelved.message.letter
        for text in (letter.short, letter.text, letter.html):
            for words in ("Your request was returned.", invitation["url"], "R-7", "567", never):
                assert words in text, words
            assert "Customer 1" not in text
            assert "1234567" not in text
        assert said in letter.short


# --- the pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_the_link_says_why_and_leads_to_a_booked_appointment_with_nothing_typed_again(booker, language):
    invitation = await invited(booker, customer=BODY["customer"] | {"language": language})
    booker.session.cookie_jar.clear()  # no language chosen: the invitation's counts
    page = await booker.get(path_of(invitation))
    assert f'<html lang="{language}"' in page.text
    assert "Your request was returned." in page.text
    form, code = await to_the_code(booker, page)
    assert 'value="Customer 1"' in form.text
    assert re.search(rf'name="language" value="{language}" checked', form.text)
    for text in (form.text, code.text):
        assert "1234567" not in text
        assert "me@example.org" not in text
        assert "567" in text
        assert f'<html lang="{language}"' in text
    booked = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
    assert booked.path.endswith("/booked")
    used = await (await booker.api.get(f"{ALL}/{invitation['id']}")).json()
    assert used["state"] == "used"
    appointment = await booker.app[BOOKING].get(used["appointment_id"])
    assert (appointment.customer.phone, appointment.customer.email) == ("+971501234567", "me@example.org")
    assert (appointment.request_number, appointment.customer.language) == ("R-7", language)
    again = await booker.get(path_of(invitation))
    assert (again.status, 'data-testid="stop-invitation_used"' in again.text) == (410, True)


async def test_opening_it_uses_nothing_up(booker):
    invitation = await invited(booker)
    for _ in range(3):
        page = await booker.get(path_of(invitation))
        assert page.status == 200
    assert (await (await booker.api.get(f"{ALL}/{invitation['id']}")).json())["state"] == "open"


async def test_the_phone_of_an_invitation_can_not_be_replaced(booker):
    page = await booker.get(path_of(await invited(booker)))
    _, code = await to_the_code(booker, page, phone="+971509999999", request_number="R-0")
    await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
    listed = await (await booker.api.get("/api/v1/appointments")).json()
    assert [(one["customer"]["phone"], one["request_number"]) for one in listed["items"]] == [
        ("+971501234567", "R-7")
    ]


async def test_what_is_missing_in_it_is_asked_for(booker):
    page = await booker.get(
        path_of(await invited(booker, customer={"name": "Customer 1", "email": "me@example.org"}))
    )
    form, faulty = await to_the_code(booker, page)
    assert 'name="phone"' in form.text
    assert (faulty.status, 'id="field-phone-error"' in faulty.text) == (422, True)


async def test_two_who_hold_the_link_book_once(booker):
    page = await booker.get(path_of(await invited(booker)))
    _, one = await to_the_code(booker, page)
    _, other = await to_the_code(booker, page)
    assert (await booker.post("/book/confirm", **one.hidden(), code=booker.digits(one))).status == 200
    late = await booker.post("/book/confirm", **other.hidden(), code=booker.digits(other))
    assert (late.status, 'data-testid="stop-invitation_used"' in late.text) == (410, True)
    listed = await (await booker.api.get("/api/v1/appointments")).json()
    assert len(listed["items"]) == 1


async def test_a_withdrawn_and_an_old_one_say_so_at_every_step(booker):
    invitation = await invited(booker)
    page = await booker.get(path_of(invitation))
    [times] = page.links("/book?")
    details = (await booker.get(times)).links("/book/details?")[0]
    await booker.api.post(f"{ALL}/{invitation['id']}/cancel")
    for path in (path_of(invitation), times, details):
        stopped = await booker.get(path)
        assert (stopped.status, "stop-invitation_cancelled" in stopped.text) == (410, True), path
    old = await invited(booker)
    booker.clock.turn(days=15)
    stopped = await booker.get(path_of(old))
    assert (stopped.status, "stop-invitation_expired" in stopped.text) == (410, True)
    for unknown in ("/i/aaaaaaaaaaaaaaaaaaaaaaaaaa", "/i/%00", "/book?service=test-service&invitation=x"):
        assert (await booker.get(unknown)).status == 404


async def test_its_page_is_kept_nowhere_and_told_to_nobody(booker):
    async with booker.session.get(path_of(await invited(booker))) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
