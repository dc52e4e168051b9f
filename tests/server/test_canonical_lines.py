"""One line in the log for every request and every connection, however it ends, with its figures."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import aiohttp
import pytest
import structlog
from aiohttp import web

from signaling.protocol import Bye, Chat
from signaling.shapes import Resume
from signaling.vocabulary import SUBPROTOCOL, ByeAction, ByeReason
from tests.support.nodes import until
from tests.support.signal_house import ORIGIN, open_house, seen_offline
from tests.support.web import ORIGIN as OF_PAGES
from tests.support.web import framed_app, served
from vap_meet.domain.errors import LinkMoved
from vap_meet.web.middleware import observe
from vap_meet.web.problems import ABANDONED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


BEGUN = web.AppKey("begun", asyncio.Event)


@pytest.fixture
def logged():
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as entries:
        yield entries


def canonical(logged, *fields):
    """Return fields of the lines that there has to be one of; each knows which request it was."""
    lines = [line for line in logged if line["event"] in {"request", "signal_connection"}]
    assert len({line["request_id"] for line in lines}) == len(lines)
    return [tuple(line[field] for field in ("event", *fields)) for line in lines]


# --- Requests ---------------------------------------------------------------------------------------


async def answer(_request):
    return web.Response(text="here")


async def refuse(_request):
    raise LinkMoved("It has moved.")


async def fail(_request):
    raise RuntimeError("a secret detail")


async def lead_on(_request):
    raise web.HTTPSeeOther("/answer")


async def take(request):
    return web.Response(text=str(len(await request.read())))


async def never(request):
    request.app[BEGUN].set()
    await asyncio.Event().wait()


def an_app() -> web.Application:
    """An application with a page for every way in which a request may end."""
    routes = [
        ("GET", "/answer", answer),
        ("GET", "/refuse", refuse),
        ("GET", "/fail", fail),
        ("GET", "/fail.json", fail),
        ("GET", "/lead-on", lead_on),
        ("GET", "/never", never),
        ("POST", "/take", take),
        ("POST", "/api/take", take),
    ]
    app = framed_app(routes)
    app[BEGUN] = asyncio.Event()
    return app


@asynccontextmanager
async def pages() -> AsyncIterator[aiohttp.ClientSession]:
    """Serve it; give somebody who asks."""
    async with served(an_app()) as url, aiohttp.ClientSession(url) as session:
        yield session


@pytest.mark.parametrize(
    ("method", "path", "size", "route", "status"),
    [
        ("GET", "/answer", 0, "/answer", 200),
        ("GET", "/answer?lang=en", 0, "/answer", 303),
        ("GET", "/lead-on", 0, "/lead-on", 303),
        ("GET", "/refuse", 0, "/refuse", 410),
        ("GET", "/fail", 0, "/fail", 500),
        ("GET", "/fail.json", 0, "/fail.json", 500),
        ("GET", "/nowhere", 0, "unmatched", 404),
        ("POST", "/answer", 0, "unmatched", 405),
        ("POST", "/take", 10, "/take", 200),
        ("POST", "/take", 70_000, "/take", 413),
        ("POST", "/api/take", 70_000, "/api/take", 413),
    ],
)
async def test_a_request_has_one_line(logged, method, path, size, route, status):  # noqa: PLR0917
    async with pages() as session:
        headers = {"Origin": OF_PAGES}
        async with session.request(
            method, path, data=b"x" * size, headers=headers, allow_redirects=False
        ) as response:
            assert response.status == status
    assert canonical(logged, "method", "route", "status") == [("request", method, route, status)]
    assert all(isinstance(line["duration_ms"], float) for line in logged if line["event"] == "request")


async def test_a_request_of_another_site_has_one_line(logged):
    async with pages() as session, session.post("/take", headers={"Origin": "https://b.example"}):
        pass
    assert canonical(logged, "route", "status") == [("request", "/take", 403)]


@pytest.mark.parametrize("path", ["/take", "/api/take"])
async def test_a_request_that_is_given_up_half_sent_has_one_line_and_is_no_failure_of_ours(logged, path):
    async with pages() as session:
        _, writer = await asyncio.open_connection("127.0.0.1", session._base_url.port)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: {OF_PAGES}\r\nContent-Length: 100\r\n\r\nhalf"
        writer.write(head.encode())
        await writer.drain()
        writer.transport.abort()
        await until(lambda: canonical(logged))
    assert canonical(logged, "route", "status") == [("request", path, ABANDONED)]
    assert [line["event"] for line in logged] == ["request"]


async def test_a_request_that_is_cut_off_as_the_server_stops_has_one_line(logged):
    async with aiohttp.ClientSession() as session:
        async with served(app := an_app(), shutdown_s=0.05) as url:
            asked = asyncio.ensure_future(session.get(f"{url}/never"))
            await app[BEGUN].wait()
        with suppress(aiohttp.ClientError):
            await asked
    assert canonical(logged, "route", "status") == [("request", "/never", ABANDONED)]


# --- Connections ------------------------------------------------------------------------------------


@pytest.fixture
async def house(logged):
    async with open_house(middlewares=[observe]) as house:
        yield house


FIGURES = ("participant", "room", "ended", "resumed", "frames_in", "frames_out", "refusals")


async def test_a_connection_has_one_line_with_its_figures_from_its_opening_to_its_close(house, logged):
    customer = await house.customer()
    await customer.hello()
    await customer.send("{not json")
    await customer.sync()
    assert canonical(logged) == []
    received = len(customer.seen)
    await customer.ws.close()
    await until(lambda: canonical(logged))
    [line] = canonical(logged, *FIGURES)
    assert line == ("signal_connection", "customer", "room", "closed_by_client", False, 3, received, 1)
    [whole] = [line for line in logged if line["event"] == "signal_connection"]
    assert whole["lasted_s"] >= 0
    assert whole["close_code"] == 1000


@pytest.mark.parametrize(
    ("visit", "ended"),
    [("moved", ByeReason.REVOKED), ("early", ByeReason.NO_ACCESS), ("broken", ByeReason.UNAVAILABLE)],
)
async def test_one_that_is_refused_or_fails_at_the_door_has_one_line_too(house, logged, visit, ended):
    refused = await house.customer(visit)
    assert (await refused.bye()).reason is ended
    await until(lambda: canonical(logged))
    assert canonical(logged, *FIGURES) == [("signal_connection", None, None, ended, False, 0, 0, 0)]


async def test_a_failure_at_the_door_is_logged_and_the_client_is_told_to_come_back(house, logged):
    bye = await (await house.customer("broken")).bye()
    assert isinstance(bye, Bye)
    assert bye.action is ByeAction.RESUME
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["signal_failed"]


async def test_another_subprotocol_has_one_line(house, logged):
    headers = {"Cookie": "vap=phone", "Origin": ORIGIN}
    ws = await house.session.ws_connect(f"{house.url}?visit=visit", protocols=(), headers=headers)
    await ws.receive()
    await ws.close()
    await until(lambda: canonical(logged))
    assert canonical(logged, "ended") == [("signal_connection", ByeReason.MISBEHAVED)]


async def test_another_site_is_refused_as_a_request_and_has_its_line(house, logged):
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await house.session.ws_connect(
            f"{house.url}?visit=visit", protocols=(SUBPROTOCOL,), headers={"Origin": "https://b.example"}
        )
    assert canonical(logged, "route", "status") == [("request", "/signal", 403)]


async def test_one_that_goes_on_from_another_says_so_and_each_has_one_line(house, logged):
    customer, agent = await house.call()
    seq = max(one.seq for one in customer.seen if hasattr(one, "seq"))
    at = Resume(epoch=house.hub._rooms["room"].room.epoch, seq=seq)
    customer.ws._response.connection.transport.abort()
    await seen_offline(agent, "customer")
    back = await house.customer()
    await back.hello(resume=at)
    await back.request(Chat(id="line-0001", text="back"))
    await house.hub.drain()
    for client in (back, agent):
        assert (await client.bye()).reason is ByeReason.RESTARTING
        await client.ws.close()
    await until(lambda: len(canonical(logged)) == 3)
    lines = canonical(logged, "participant", "ended", "resumed")
    assert lines[0] == ("signal_connection", "customer", "lost", False)
    assert sorted(lines[1:]) == [
        ("signal_connection", "customer", ByeReason.RESTARTING, True),
        ("signal_connection", "staff.1", ByeReason.RESTARTING, False),
    ]


async def test_one_that_breaks_the_framing_has_one_line(house, logged):
    customer = await house.customer()
    await customer.hello()
    await customer.send("x" * 200_000)
    assert (await customer.bye()).reason is ByeReason.MISBEHAVED
    await until(lambda: canonical(logged))
    assert canonical(logged, "ended") == [("signal_connection", ByeReason.MISBEHAVED)]


async def test_one_that_is_open_when_the_process_stops_has_one_line(logged):
    async with open_house(middlewares=[observe]) as house:
        customer = await house.customer()
        await customer.hello()
    assert canonical(logged, "participant") == [("signal_connection", "customer")]
