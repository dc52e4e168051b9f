"""Looking requests up: one contract for every adapter, and the care that is taken of a slow back office."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.record import NOON, TurnedClock
from vap_meet.domain.request_status import (
    NOT_FOUND,
    UNAVAILABLE,
    Finding,
    Found,
    NextActor,
    RequestStatus,
    Words,
)
from vap_meet.services.request_demo import PERMIT_REQUEST, PLAN_REQUEST, DemoRequestLookup
from vap_meet.services.request_http import MAX_ANSWER_BYTES, HttpRequestLookup
from vap_meet.services.request_lookup import KEPT_FOR, REST_FOR, CarefulLookup

OWNER, SOMEBODY = "+971500000004", "+971500000099"
STATUS = {
    "status": {"ar": "أُعيد للاستكمال", "en": "Returned to be completed"},
    "missing": [{"ar": "مخطط الموقع", "en": "The site plan"}],
    "next": {"who": "customer", "ar": "إرفاق المخطط", "en": "Attach the plan"},
    "updated_at": "2026-09-27T10:00:00+04:00",
}
FINDING = Finding.of(
    RequestStatus(status=Words("أ", "a"), next_actor=NextActor.NOBODY, updated_at=NOON, phone_matches=True)
)


class Office:
    """A back office on a real socket; `answer` may be turned into anything."""

    def __init__(self):
        self.asked = []
        self.answer = self.well

    async def well(self, request):
        number = request.match_info["number"]
        if number != PERMIT_REQUEST:
            raise web.HTTPNotFound
        phone = request.query["phone"]
        return web.json_response(STATUS | {"phone_matches": phone == OWNER if phone else None})

    async def handle(self, request):
        self.asked.append((request.raw_path, request.headers.get("X-Key")))
        return await self.answer(request)


@pytest.fixture
async def office():
    office = Office()
    app = web.Application()
    app.router.add_get("/requests/{number}", office.handle)
    app.router.add_get("/secret", office.handle)
    async with TestServer(app) as server:
        office.url = str(server.make_url("/requests/")) + "{number}?phone={phone}"
        yield office


@pytest.fixture(params=["http", "demo", "careful"])
async def lookup(request, office):
    http = HttpRequestLookup(office.url)
    lookup = {
        "http": http,
        "demo": DemoRequestLookup(lambda: NOON),
        "careful": CarefulLookup(HttpRequestLookup(office.url), clock=lambda: NOON),
    }[request.param]
    yield lookup
    await lookup.close()


# --- the contract -----------------------------------------------------------------------------------


async def test_a_request_is_found_with_all_that_is_known_of_it(lookup):
    finding = await lookup.look_up(PERMIT_REQUEST, phone=OWNER)
    assert finding.found is Found.FOUND
    status = finding.status
    assert status.status == Words("أُعيد للاستكمال", "Returned to be completed")
    assert status.missing
    assert all(one.ar and one.en for one in status.missing)
    assert status.next_actor is NextActor.CUSTOMER
    assert status.next_step.en
    assert status.updated_at.utcoffset() == timedelta(0)
    assert status.phone_matches is True


async def test_whose_it_is_is_said_and_nothing_if_no_phone_is_named(lookup):
    assert (await lookup.look_up(PERMIT_REQUEST, phone=SOMEBODY)).status.phone_matches is False
    assert (await lookup.look_up(PERMIT_REQUEST, phone=None)).status.phone_matches is None


@pytest.mark.parametrize(
    "number", ["nothing", "..", ".", "../secret", "a/b", "a?phone=x", "%2e%2e", "رقم", "#", "💡"]
)
async def test_a_number_that_is_not_known_is_not_found_whatever_it_looks_like(lookup, number):
    assert await lookup.look_up(number, phone=OWNER) == NOT_FOUND


# --- over HTTP --------------------------------------------------------------------------------------


async def test_what_was_typed_stays_in_its_place_and_the_header_goes_along(office):
    lookup = HttpRequestLookup(office.url, header="X-Key: s3cret:x")
    await lookup.look_up("../secret?a=b#c", phone="+971&admin=1")
    await lookup.close()
    [(path, header)] = office.asked
    assert path == "/requests/..%2Fsecret%3Fa%3Db%23c?phone=%2B971%26admin%3D1"
    assert header == "s3cret:x"


def answering(**options):
    async def answer(_request):
        return web.Response(**options)

    return answer


async def redirect(_request):
    raise web.HTTPFound("/secret")


async def endless(request):
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b" " * 8192)
    except ConnectionError:
        return response


async def cut_off(request):
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    "answer",
    [
        answering(status=500),
        answering(status=403),
        answering(status=204),
        answering(text="not json"),
        answering(text="[]"),
        answering(body=b"\xff\xfe"),
        answering(text='{"status": {"ar": "", "en": "x"}}'),
        answering(text='{"status": {"ar": "x", "en": "x"}, "next": {"who": "me"}, "updated_at": "x"}'),
        answering(
            text='{"status":{"ar":"x","en":"x"},"next":{"who":"nobody"},"updated_at":"0001-01-01T00:00:00+14:00"}'
        ),
        answering(
            text='{"status":{"ar":"x","en":"x"},"next":{"who":"nobody"},"updated_at":"2026-01-01T00:00:00"}'
        ),
        answering(body=b" " * (MAX_ANSWER_BYTES + 1)),
        redirect,
        endless,
        cut_off,
    ],
)
async def test_an_answer_that_is_none_is_unavailable_and_never_raises(office, answer):
    office.answer = answer
    lookup = HttpRequestLookup(office.url)
    assert await lookup.look_up(PERMIT_REQUEST, phone=OWNER) == UNAVAILABLE
    await lookup.close()


async def test_what_is_said_beyond_the_shape_is_let_be(office):
    office.answer = answering(
        text='{"status":{"ar":"x","en":"y"},"next":{"who":"nobody","ar":"z"},"updated_at":"2026-01-01T00:00:00Z","more":1}'
    )
    lookup = HttpRequestLookup(office.url)
    status = (await lookup.look_up(PERMIT_REQUEST, phone=None)).status
    await lookup.close()
    assert (status.next_step, status.missing, status.phone_matches) == (None, (), None)
    assert status.updated_at == datetime(2026, 1, 1, tzinfo=UTC)


async def test_an_office_that_hangs_or_is_not_there_is_given_up(office):
    async def hang(_request):
        await asyncio.Event().wait()

    office.answer = hang
    lookup = HttpRequestLookup(office.url, timeout_s=0.1)
    assert await lookup.look_up(PERMIT_REQUEST, phone=OWNER) == UNAVAILABLE
    await lookup.close()
    nowhere = HttpRequestLookup("http://127.0.0.1:9/{number}")
    assert await nowhere.look_up(PERMIT_REQUEST, phone=OWNER) == UNAVAILABLE
    await nowhere.close()


# --- with care --------------------------------------------------------------------------------------


class Scripted:
    """Answers what it is told to, and counts."""

    def __init__(self):
        self.finding = FINDING
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def look_up(self, number, *, phone):
        self.asked += 1
        await self.gate.wait()
        return self.finding

    async def close(self):
        pass


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def scripted():
    return Scripted()


async def test_what_was_asked_lately_is_remembered_for_that_phone_alone(scripted, clock):
    lookup = CarefulLookup(scripted, clock=clock)
    for _ in range(3):
        assert await lookup.look_up("1", phone=OWNER) == FINDING
    assert scripted.asked == 1
    await lookup.look_up("1", phone=SOMEBODY)
    assert scripted.asked == 2
    await lookup.look_up("1", phone=OWNER, fresh=True)
    assert scripted.asked == 3
    clock.now += KEPT_FOR
    await lookup.look_up("1", phone=OWNER)
    assert scripted.asked == 4


async def test_a_failing_office_is_left_alone_then_tried_by_one(scripted, clock):
    lookup = CarefulLookup(scripted, clock=clock)
    scripted.finding = UNAVAILABLE
    for _ in range(10):
        assert await lookup.look_up("1", phone=OWNER, fresh=True) == UNAVAILABLE
    assert scripted.asked == 3
    clock.now += REST_FOR
    scripted.gate.clear()
    several = [asyncio.create_task(lookup.look_up(str(number), phone=OWNER)) for number in range(5)]
    await asyncio.sleep(0)
    assert scripted.asked == 4
    scripted.gate.set()
    assert await asyncio.gather(*several) == [UNAVAILABLE] * 5
    clock.now += REST_FOR
    scripted.finding = FINDING
    assert await lookup.look_up("1", phone=OWNER) == FINDING
    assert await lookup.look_up("2", phone=OWNER) == FINDING


async def test_an_unavailable_office_is_not_remembered_as_an_answer(scripted, clock):
    lookup = CarefulLookup(scripted, clock=clock)
    scripted.finding = UNAVAILABLE
    await lookup.look_up("1", phone=OWNER)
    scripted.finding = FINDING
    assert await lookup.look_up("1", phone=OWNER) == FINDING


async def test_only_so_many_are_under_way_and_who_waits_too_long_is_told(scripted, clock):
    lookup = CarefulLookup(scripted, clock=clock, at_once=2, deadline_s=0.1)
    scripted.gate.clear()
    asked = [lookup.look_up(str(number), phone=OWNER) for number in range(6)]
    assert await asyncio.gather(*asked) == [UNAVAILABLE] * 6
    assert scripted.asked == 2


# --- who is told ------------------------------------------------------------------------------------


@pytest.mark.parametrize("matches", [True, False, None])
@pytest.mark.parametrize("proved", [True, False])
async def test_a_customer_is_told_only_of_a_request_of_their_own_proved_phone(matches, proved):
    status = RequestStatus(
        status=Words("أ", "a"), next_actor=NextActor.NOBODY, updated_at=NOON, phone_matches=matches
    )
    told = Finding.of(status).told_to_customer(phone_proved=proved)
    assert (told == Finding.of(status)) is (matches is True and proved)
    assert told in {Finding.of(status), NOT_FOUND}


async def test_that_the_office_is_away_is_told_to_anybody():
    assert UNAVAILABLE.told_to_customer(phone_proved=False) == UNAVAILABLE
    assert (
        await DemoRequestLookup(lambda: NOON).look_up(PLAN_REQUEST, phone=None)
    ).status.phone_matches is None
