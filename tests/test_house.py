"""What the tests stand on: a browser that sees a moving picture for what it is, and honest scripts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from aiohttp import web

from tests.load.bench import TARGETS, missed, table
from tests.support.browser import (
    Frame,
    Frames,
    axe_findings,
    chromium,
    desktop,
    phone,
    problems_of,
    video_moves,
)
from tests.support.server import app_in_process
from vap_meet.web.appkeys import DB

ROOT = Path(__file__).resolve().parent.parent

ON_ONE_DATABASE = {
    "test_api_fuzz": "minutes of made-up requests; the doors they knock at have tests of their own on both",
    "test_api_openapi": "the description of the API, which no row changes",
    "test_app_on_postgresql": "about PostgreSQL",
    "test_assets": "no record",
    "test_canonical_lines": "no record: lines about requests and connections, with what they lead to played",
    "test_echo": "no record",
    "test_guards": "no record but a file without a schema, for the health door",
    "test_outbound": "no record",
    "test_request_lookup": "another system's answers; what is kept of them is in test_requests",
    "test_signal_door": "joining and staffing are played; the real ones are in test_guests_in_application",
    "test_store_postgresql": "about PostgreSQL",
    "test_store_sqlite": "about SQLite",
    "test_turn_check": "relays; the record is only there",
    "test_two_nodes": "many processes share PostgreSQL only",
    "test_web_frame": "no record, or one that nobody asks",
    "test_wheel": "an installation, tried as people try it first: on SQLite",
}
"""Modules of tests/server that do not use the fixture `each_database`, and why."""

CAMERA = """async () => {
  const video = document.querySelector('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
}"""
BLACK = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  setInterval(() => context.fillRect(0, 0, 64, 36), 50);
  document.querySelector('video').srcObject = canvas.captureStream(20);
}"""
STILL = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  setInterval(() => { context.fillStyle = 'green'; context.fillRect(0, 0, 64, 36); }, 50);
  document.querySelector('video').srcObject = canvas.captureStream(20);
}"""
PAGE = (
    "<!doctype html><html lang=en><link rel=icon href=data:,><title>t</title>"
    "<meta name=viewport content='width=device-width'><main><h1>t</h1><video autoplay muted></video></main>"
)


async def blank_page(context):
    page = await context.new_page()
    await page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    await page.goto("http://localhost/")
    return page


async def test_a_camera_is_a_moving_picture_and_a_black_or_still_one_is_not():
    async with chromium(camera_fps=30) as browser, phone(browser) as context:
        page = await blank_page(context)
        await page.evaluate(CAMERA)
        picture = await video_moves(page.locator("video"))
        assert (picture.width, picture.height) == (640, 360)
        rate = await page.evaluate(
            "() => document.querySelector('video').srcObject.getVideoTracks()[0].getSettings().frameRate"
        )
        assert rate == 30
        await page.evaluate(BLACK)
        with pytest.raises(Exception, match="all black"):
            await video_moves(page.locator("video"), timeout_s=1)
        await page.evaluate(STILL)
        with pytest.raises(Exception, match="none differs"):
            await video_moves(page.locator("video"), timeout_s=1)


async def test_the_phone_is_small_arabic_and_touched_and_faults_of_a_page_are_found():
    async with chromium(camera_fps=None, allow=False) as browser:
        async with phone(browser) as context:
            page = await blank_page(context)
            problems = problems_of(page)
            seen = await page.evaluate(
                "() => [innerWidth, innerHeight, navigator.language, navigator.maxTouchPoints > 0]"
            )
            assert seen == [360, 740, "ar-AE", True]
            assert await axe_findings(page) == []
            await page.evaluate("() => { document.body.innerHTML += '<img src=x>'; console.error('oh'); }")
            assert any("image-alt" in finding for finding in await axe_findings(page))
            assert problems == ["console: oh"]
        async with desktop(browser, language="en") as context:
            page = await blank_page(context)
            assert await page.evaluate("() => navigator.language") == "en-GB"


async def test_frames_are_collected_with_their_direction_and_their_page(aiohttp_server):
    async def index(_):
        return web.Response(text=PAGE, content_type="text/html")

    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_get("/echo", echo)
    server = await aiohttp_server(app)
    async with chromium(camera_fps=None) as browser, desktop(browser) as context:
        page = await context.new_page()
        frames = Frames()
        frames.watch(page, "agent")
        await page.goto(str(server.make_url("/")))
        await page.evaluate(
            """(url) => new Promise((done) => {
          const socket = new WebSocket(url);
          socket.onopen = () => socket.send('{"type": "hello"}');
          socket.onmessage = () => { socket.onclose = done; socket.close(); };
        })""",
            str(server.make_url("/echo")).replace("http", "ws"),
        )
    assert frames.seen == [
        Frame("sent", "agent", '{"type": "hello"}'),
        Frame("received", "agent", '{"type": "hello"}'),
    ]
    assert frames.types("sent", "agent") == ["hello"]
    assert frames.types("received", "customer") == []


def test_a_frame_that_breaks_the_protocol_is_found():
    frames = Frames(
        [Frame("sent", "agent", '{"type": "ping"}'), Frame("received", "agent", '{"type": "pong"}')]
    )
    assert frames.faults() == []
    frames.seen.append(Frame("received", "agent", '{"type": "ping"}'))
    frames.seen.append(Frame("sent", "agent", '{"type": "admit", "participant": 7}'))
    assert [fault.split(" {")[0] for fault in frames.faults()] == ["agent received", "agent sent"]


def test_a_script_says_in_one_sentence_what_is_missing(tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    for tool in ("bash", "dirname", "id", "env"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
        (empty / tool).symlink_to(found)
    done = subprocess.run(
        [ROOT / "scripts/setup-node"], env={"PATH": str(empty)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Node 20 or newer is missing: install nodejs and npm and try again.\n"


def test_make_test_ends_with_the_exit_code_of_what_failed():
    """`make test` is a pipeline of two runners: the first one's failure must not be covered by the second."""
    plan = subprocess.run(
        ["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ}
    ).stdout
    assert plan.index("node --test") < plan.index("pytest")
    assert "|| true" not in plan


def test_tests_of_the_server_run_on_both_databases_unless_there_is_a_reason():
    modules = (ROOT / "tests/server").glob("test_*.py")
    on_one = {path.stem for path in modules if "each_database" not in path.read_text()}
    assert on_one == set(ON_ONE_DATABASE)


async def test_an_application_stands_on_the_database_that_its_test_asks_for(tmp_path, each_database):
    async with app_in_process(tmp_path) as (app, _), app[DB].read() as tx:
        assert tx.dialect.name == each_database


def test_a_bench_misses_its_target_by_ratio_or_absence_but_not_by_seconds():
    good = {
        "relay_vs_bare": 0.6,
        "kb_over_bare_per_waiting_participant": 10,
        "redis_relay_ms_p50": 2,
        "redis_relay_ms_p99": 10,
        "admit_to_first_frame_vs_cold": 0.75,
        "admit_to_first_frame_vs_cold_turn": 0.35,
        "cold_first_frame_vs_bare_relay_app": 1.15,
        "path_change_gap_ms": 1500,
        "restart_gap_ms": 100,
        "join_path_ms_cpu": 6,
        "resume_ms_p95": 1500,
        "ready_s": 1.5,
        "customer_path_kb_compressed": 55,
        "font_kb": 62,
        "booking_race": 1,
        "slots_ms_p50": 30,
        "webhook_lag_ms_p50": 100,
        "webhook_drain_per_s": 500,
    }
    assert set(good) == set(TARGETS)
    assert missed(good) == []
    assert missed({**good, "relay_vs_bare": 0.59, "ready_s": 2}) == ["relay_vs_bare"]
    assert missed({name: good[name] for name in good if name != "ready_s"}) == ["ready_s"]
    without = {name: good[name] for name in good if not TARGETS[name].needs_networks}
    assert missed(without, networks=False) == []
    assert missed(without) == [
        "admit_to_first_frame_vs_cold_turn",
        "path_change_gap_ms",
        "restart_gap_ms",
    ]
    assert "SKIPPED" in table(without, networks=False)
    lines = table({**good, "ready_s": 2, "first_frame_ms": 99.5}).splitlines()
    assert any(line.startswith("ready_s") and line.endswith("MISSED") for line in lines)
    assert lines[-1].split() == ["first_frame_ms", "99.5"]
