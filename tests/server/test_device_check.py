"""The device check over its own doors: a real echo, a verdict that is kept, and nobody else's visit."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest
from aiohttp import ClientSession, CookieJar
from aiortc import RTCIceServer

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.coturn import SECRET, coturn
from tests.support.echo import pinger
from tests.support.record import NOON, TurnedClock, a_booking
from tests.support.server import app_in_process
from tests.support.staff import staffed, words_of
from vap_meet.clock import milliseconds
from vap_meet.domain.device_check import Findings
from vap_meet.tls import lan_address
from vap_meet.web.appkeys import BOOKING, DEVICE_CHECKS, ECHO, JOINING, SESSIONS

FOUND = {
    "device": "phone",
    "camera": "ok",
    "microphone": "heard",
    "speaker": "heard",
    "echo": "done",
    "paths": [{"way": "direct", "connected": True, "rtt_ms": 600, "jitter_ms": 2, "loss_percent": 0}],
}


@dataclass
class Customer:
    """A browser with a visit, and what it asks for."""

    app: object
    session: ClientSession
    base: str
    visit: str

    async def ask(self, method, path, *, body=None, origin=True):
        """Return status and JSON (or text) of a door under the visit."""
        headers = {"Origin": self.base} if origin else {}
        url = f"{self.base}/v/{self.visit}/{path}"
        async with self.session.request(
            method, url, json=body, headers=headers, allow_redirects=False
        ) as response:
            text = await response.text()
            return response.status, json.loads(text) if "json" in response.content_type else text

    async def exchange(self, sdp):
        """Ask the echo."""
        return (await self.ask("POST", "echo", body={"sdp": sdp}))[1]


both_databases = pytest.mark.usefixtures("each_database")  # the other tests are about echoes and relays


@asynccontextmanager
async def a_customer(folder, *, days_ahead=3, clock=None, **settings):
    clock = clock or TurnedClock()
    async with app_in_process(folder, clock=clock, **settings) as (app, base):
        starts_at = clock() + timedelta(days=days_ahead)
        await app[BOOKING].put("a1", a_booking(starts_at=starts_at), by="api:test", if_match=None)
        link = await app[JOINING].issue_link("a1", by="api:test")
        async with ClientSession(cookies={"vap_lang": "en"}, cookie_jar=CookieJar(unsafe=True)) as session:
            async with session.post(
                f"{base}/j/{link.url.rpartition('/')[2]}",
                data={"notice": "1"},
                headers={"Origin": base},
                allow_redirects=False,
            ) as response:
                visit = response.headers["Location"].split("/")[2]
            yield Customer(app, session, base, visit)


async def test_days_ahead_the_check_has_a_page_and_a_plan_and_a_real_echo(tmp_path):
    async with a_customer(tmp_path) as customer:
        status, page = await customer.ask("GET", "check")
        assert status == 200
        assert "Check your device and connection" in page
        status, plan = await customer.ask("GET", "check-plan.json")
        assert (status, plan["paths"]) == (200, [{"way": "direct", "relay": False, "servers": []}])
        assert plan["words"]["check.say.level.good"] == "Everything is ready"
        async with pinger() as peer:
            await peer.connect(customer.exchange)
            assert peer.answer["state"] == "done"
            assert await peer.ping("1") < 2


@both_databases
async def test_the_verdict_is_told_and_kept_and_the_next_check_takes_its_place(tmp_path):
    async with a_customer(tmp_path) as customer:
        told = await customer.ask("POST", "device-check", body=FOUND)
        assert told == (200, {"level": "poor", "reason": "slow", "way": "direct"})
        kept = (await customer.app[DEVICE_CHECKS].of(["a1"]))["a1"]
        assert (kept.at, kept.verdict.level, kept.verdict.reason) == (NOON, "poor", "slow")
        better = {**FOUND, "paths": [{**FOUND["paths"][0], "rtt_ms": 30}]}
        assert (await customer.ask("POST", "device-check", body=better))[1]["level"] == "good"
        assert (await customer.app[DEVICE_CHECKS].of(["a1"]))["a1"].verdict.level == "good"


async def test_when_the_echo_is_off_or_full_the_check_says_so_and_goes_on(tmp_path):
    async with a_customer(tmp_path, echo_capacity=0) as customer:
        assert (await customer.ask("POST", "echo", body={"sdp": "v=0"}))[1]["state"] == "unavailable"
        body = {**FOUND, "echo": "full", "paths": []}
        told = await customer.ask("POST", "device-check", body=body)
        assert told == (200, {"level": "good", "reason": "untested", "way": None})


@pytest.mark.parametrize("path", ["check", "check-plan.json"])
async def test_somebody_elses_visit_is_nobodys(tmp_path, path):
    async with a_customer(tmp_path) as customer:
        customer.session.cookie_jar.clear()
        assert (await customer.ask("GET", path))[0] == 404


async def test_what_is_written_needs_the_cookie_our_page_and_a_body_that_can_be_read(tmp_path):
    async with a_customer(tmp_path) as customer:
        for path, body in (("echo", {"sdp": "v=0"}), ("device-check", FOUND)):
            assert (await customer.ask("POST", path, body=body, origin=False))[0] == 403
            assert (await customer.ask("POST", path, body={}))[0] == 422
        for body in ({"sdp": "x" * 32_001}, {"sdp": ""}, {"sdp": 7}, {"sdp": "v=0", "more": 1}):
            assert (await customer.ask("POST", "echo", body=body))[0] == 422
        too_many = {**FOUND, "paths": FOUND["paths"] * 9}
        assert (await customer.ask("POST", "device-check", body=too_many))[0] == 422
        customer.session.cookie_jar.clear()
        assert (await customer.ask("POST", "device-check", body=FOUND))[0] == 404
        assert await customer.app[DEVICE_CHECKS].of(["a1"]) == {}


async def test_one_visit_cannot_keep_the_echo_busy(tmp_path):
    async with a_customer(tmp_path, echo_capacity=0) as customer:
        answers = [(await customer.ask("POST", "echo", body={"sdp": "v=0"}))[0] for _ in range(25)]
        assert answers == [200] * 24 + [429]


@both_databases
async def test_after_a_move_the_check_of_the_old_link_is_over(tmp_path):
    clock = TurnedClock()
    async with a_customer(tmp_path, clock=clock) as customer:
        booking = customer.app[BOOKING]
        appointment = await booking.get("a1")
        await booking.move(
            "a1",
            starts_at=appointment.starts_at + timedelta(days=1),
            duration_minutes=None,
            by="api:test",
            if_match=appointment.revision,
        )
        assert (await customer.ask("GET", "check"))[0] == 303
        assert (await customer.ask("POST", "device-check", body=FOUND))[0] in {409, 410}


async def test_every_way_to_a_relay_is_tested_through_a_real_one(tmp_path):
    address = lan_address()  # the echo has no loopback candidates
    async with coturn(tmp_path, relay_address=address) as turn:
        clock = TurnedClock(now=NOON)
        clock.now = clock.now.fromtimestamp(time.time(), tz=NOON.tzinfo)
        urls = (turn.udp, turn.tcp, turn.tls)
        async with a_customer(tmp_path, clock=clock, turn_urls=urls, turn_secret=SECRET) as customer:
            _, plan = await customer.ask("GET", "check-plan.json")
            assert [(path["way"], path["relay"]) for path in plan["paths"]] == [
                ("direct", False),
                ("udp", True),
                ("tcp", True),
                ("tls", True),
            ]
            for path in plan["paths"][1:3]:
                [server] = path["servers"]
                relay = RTCIceServer(server["urls"], server["username"], server["credential"])
                async with pinger(relay=relay) as peer:
                    await peer.connect(customer.exchange)
                    assert await peer.ping("1") < 2
                    assert "typ relay" in peer.connection.localDescription.sdp


async def test_where_calls_go_over_relays_only_no_other_way_is_tested(tmp_path):
    urls = ("turn:turn.example.org?transport=udp", "turns:turn.example.org?transport=tcp")
    async with a_customer(tmp_path, ice_policy="relay", turn_urls=urls, turn_secret=SECRET) as customer:
        _, plan = await customer.ask("GET", "check-plan.json")
        assert [(path["way"], path["relay"]) for path in plan["paths"]] == [("udp", True), ("tls", True)]


@both_databases
async def test_the_agent_sees_the_verdict_beside_the_record_and_on_the_waiting_row(tmp_path):
    async with staffed(tmp_path) as house:
        _, page = await house.agent.get("/agent/appointments/a1")
        assert "Device check Not done" in words_of(page)
        found = msgspec.convert(FOUND, Findings)
        await house.app[DEVICE_CHECKS].record("a1", found)
        _, page = await house.agent.get("/agent/appointments/a1")
        assert "Device check Poor sound is delayed today 12:00 pm" in words_of(page)
        comes = Joined("customer", (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)
        at = milliseconds(house.clock)()
        await house.app[SESSIONS].commit("a1", Position("epoch-of-a-test", 1), at, comes)
        _, board = await house.agent.get("/agent/board.json")
        [row] = json.loads(board)["waiting"]
        assert row["check"] == {"level": "poor", "text": "Device check: Poor, sound is delayed"}


async def test_the_echo_ends_with_the_application(tmp_path):
    async with a_customer(tmp_path) as customer:
        await customer.ask("GET", "check-plan.json")
        echo = customer.app[ECHO]
        assert echo.pid is not None
    assert echo.pid is None
