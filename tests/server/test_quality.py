"""What each side tells of a call: kept, judged together, told to the agent in words, drawn for the admin."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.server.test_device_check import a_customer
from tests.support.record import NOON, TurnedClock
from tests.support.staff import staffed, words_of
from vap_meet.domain.device_check import DeviceKind, Level, Way
from vap_meet.domain.quality import Measured, Trouble
from vap_meet.web.appkeys import QUALITY
from vap_meet.web.charts import HEIGHT, WIDTH, chart

pytestmark = pytest.mark.usefixtures("each_database")

GOOD = {
    "device": "phone",
    "path": "direct",
    "codec": "VP8",
    "rtt_ms": 40,
    "jitter_ms": 3,
    "loss_percent": 0,
    "in_kbps": 600,
    "out_kbps": 580,
    "frames_per_second": 28,
    "freezes": 0,
}
URL = "/agent/appointments/a1/quality"


def measured(**numbers):
    return Measured(device=DeviceKind.PHONE, path=Way.DIRECT, **numbers)


async def tell(house, body):
    response, text = await house.agent.post(URL, None, json=body)
    return response.status, json.loads(text)


async def test_the_customer_tells_by_the_visit_and_what_is_told_is_kept(tmp_path):
    async with a_customer(tmp_path, days_ahead=0) as customer:
        assert (await customer.ask("POST", "quality", body=GOOD))[0] == 204
        [sample] = await customer.app[QUALITY].samples("a1")
        assert (sample.reporter, sample.at) == ("customer", NOON)
        assert (sample.measured.codec, sample.measured.in_kbps) == ("VP8", 600)
        assert sample.verdict.level is Level.GOOD


async def test_nobody_tells_of_a_call_that_is_not_theirs_or_not_on(tmp_path):
    async with a_customer(tmp_path, days_ahead=3) as customer:
        assert (await customer.ask("POST", "quality", body=GOOD))[0] in {403, 409, 425}
        assert (await customer.ask("POST", "quality", body=GOOD, origin=False))[0] == 403
        customer.session.cookie_jar.clear()
        assert (await customer.ask("POST", "quality", body=GOOD))[0] == 404
        assert await customer.app[QUALITY].samples("a1") == ()


@pytest.mark.parametrize("body", [{}, {**GOOD, "rtt_ms": "slow"}, {**GOOD, "path": "wire"}])
async def test_numbers_that_are_none_are_refused(tmp_path, body):
    async with a_customer(tmp_path, days_ahead=0) as customer:
        assert (await customer.ask("POST", "quality", body=body))[0] == 422


async def test_one_seat_tells_no_more_often_than_it_needs_to(tmp_path):
    async with a_customer(tmp_path, days_ahead=0) as customer:
        told = [(await customer.ask("POST", "quality", body=GOOD))[0] for _ in range(21)]
        assert told == [204] * 20 + [429]


async def test_the_agent_hears_the_worse_of_the_two_sides_while_it_is_still_true(tmp_path):
    async with staffed(tmp_path) as house:
        good = (200, {"level": "good", "reason": "none", "text": "The connection is good"})
        assert await tell(house, GOOD) == good
        await house.app[QUALITY].tell("a1", "customer", measured(rtt_ms=700))
        house.clock.turn(seconds=10)
        assert await tell(house, GOOD) == (
            200,
            {"level": "poor", "reason": "slow", "text": "The connection is weak: sound is delayed"},
        )
        house.clock.turn(seconds=30)
        assert await tell(house, GOOD) == good
        await house.app[QUALITY].tell("a1", "customer", measured(rtt_ms=700))
        await house.app[QUALITY].tell("a1", "customer", measured(rtt_ms=30))
        assert await tell(house, GOOD) == good, "only the latest of each side counts"


async def test_only_agents_are_told_and_only_of_appointments_that_are(tmp_path):
    async with staffed(tmp_path) as house:
        assert (await house.admin.post(URL, None, json=GOOD))[0].status == 403
        assert (await house.stranger.post(URL, None, json=GOOD))[0].status == 401
        assert (await house.agent.post("/agent/appointments/none/quality", None, json=GOOD))[0].status == 404


async def test_the_admin_sees_curves_and_a_table_beside_them(tmp_path):
    async with staffed(tmp_path) as house:
        _, page = await house.admin.get("/admin/appointments/a1")
        assert "Nothing was measured in this session." in page
        for minute in range(3):
            await house.app[QUALITY].tell("a1", "customer", measured(rtt_ms=40 + 300 * minute, in_kbps=500))
            await tell(house, {**GOOD, "device": "desktop"})
            house.clock.turn(seconds=10)
        _, page = await house.admin.get("/admin/appointments/a1")
        words = words_of(page)
        assert "17% of 6 measurements were weak." in words
        assert page.count("<polyline") == 2 * 2 + 3, "a number that only one side has is one line"
        for said in ("Agent 1", "the customer", "sound is delayed", "640", "600 / 580", "VP8", "desktop"):
            assert said in words, said


def test_a_curve_breaks_where_nobody_measured_and_keeps_its_scale_readable():
    points = [
        (NOON + timedelta(seconds=s), v) for s, v in ((0, 10), (10, 30), (60, 20), (70, None), (80, 40))
    ]
    drawn = chart("rtt_ms", [("one", points)], begins=NOON, ends=NOON + timedelta(seconds=80), bound=25)
    assert drawn.top == 50
    assert drawn.bound_y == HEIGHT / 2
    assert drawn.lines[0].stretches == (
        f"0.0,{HEIGHT * 0.8:.1f} {WIDTH / 8:.1f},{HEIGHT * 0.4:.1f}",
        f"{WIDTH * 0.75:.1f},{HEIGHT * 0.6:.1f} {WIDTH * 0.75:.1f},{HEIGHT * 0.6:.1f}",
        f"{WIDTH:.1f},{HEIGHT * 0.2:.1f} {WIDTH:.1f},{HEIGHT * 0.2:.1f}",
    )
    assert chart("rtt_ms", [("one", [])], begins=NOON, ends=NOON, bound=500, at_least=100).bound_y is None


async def test_the_reason_that_is_kept_is_the_samples_own(tmp_path):
    clock = TurnedClock()
    async with a_customer(tmp_path, days_ahead=0, clock=clock) as customer:
        await customer.ask("POST", "quality", body={**GOOD, "loss_percent": 20})
        [sample] = await customer.app[QUALITY].samples("a1")
        assert sample.verdict.reason is Trouble.LOSSY
