"""Who asks: cookies, the client's address, staff by role; and how whoever runs this asks for health."""

from __future__ import annotations

import pytest
from aiohttp import web
from yarl import URL

from signaling.backing import choose
from tests.support.web import NOON, ORIGIN, framed_app
from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.services.health import Health
from vap_meet.services.turn_check import TurnCheck
from vap_meet.store.engine import Database
from vap_meet.store.migrate import migrate
from vap_meet.web import health
from vap_meet.web.appkeys import DB, HEALTH, ROOMS, STAFFING
from vap_meet.web.guards import (
    browser_cookie,
    client_address,
    forget_staff_cookie,
    local_path,
    set_browser_cookie,
    set_staff_cookie,
    staff_of,
    staff_required,
)


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        (None, (), "127.0.0.1"),
        ("203.0.113.9", (), "127.0.0.1"),  # nobody told us to believe it
        ("203.0.113.9", ("127.0.0.0/8",), "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", ("127.0.0.1",), "203.0.113.9"),  # what a client wrote itself is hearsay
        ("203.0.113.9, 10.0.0.2", ("127.0.0.1", "10.0.0.0/8"), "203.0.113.9"),
        ("203.0.113.9, nonsense", ("127.0.0.1",), "127.0.0.1"),
        ("2001:db8::1", ("127.0.0.1",), "2001:db8::1"),
        ("", ("127.0.0.1",), "127.0.0.1"),
    ],
)
async def test_the_clients_address_comes_from_trusted_proxies_only(
    aiohttp_client, forwarded, trusted, address
):
    async def where(request):
        return web.Response(text=client_address(request))

    client = await aiohttp_client(framed_app([("GET", "/where", where)], trusted_proxies=trusted))
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    assert await (await client.get("/where", headers=headers)).text() == address


@pytest.mark.parametrize(
    ("public_url", "browser_name", "staff_name", "secure"),
    [
        ("https://meet.example.test", "__Host-vap", "__Host-vap-staff", True),
        ("http://127.0.0.1:8080", "vap", "vap-staff", False),
    ],
)
async def test_cookies_are_named_and_guarded_by_the_scheme(
    aiohttp_client, public_url, browser_name, staff_name, secure
):
    async def enter(request):
        response = web.Response(text=browser_cookie(request) or "-")
        set_browser_cookie(request, response, "b" * 8)
        set_staff_cookie(request, response, "s" * 8)
        return response

    async def leave(request):
        response = web.Response()
        forget_staff_cookie(request, response)
        return response

    routes = [("GET", "/enter", enter), ("GET", "/leave", leave)]
    client = await aiohttp_client(framed_app(routes, public_url=public_url))
    response = await client.get("/enter", cookies={staff_name: "another's"})
    assert await response.text() == "-"  # a door reads only its own cookie
    for name in (browser_name, staff_name):
        cookie = response.cookies[name]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/", True, "Lax")
        assert bool(cookie["secure"]) is secure
        assert cookie["domain"] == ""
    assert (await client.get("/leave")).cookies[staff_name]["max-age"] == "0"


class OneSignIn:
    """Staffing with a single cookie in it."""

    async def who(self, cookie):
        known = StaffMember(id="s1", username="agent", role=StaffRole.AGENT, name_ar="موظف", name_en="Agent")
        return known if cookie == "good" else None


@pytest.fixture
async def staff_client(aiohttp_client):
    @staff_required("agent")
    async def agents(request):
        return web.Response(text=staff_of(request).id)

    @staff_required("admin")
    async def admins(_request):
        return web.Response()

    app = framed_app(
        [
            ("GET", "/agent/", agents),
            ("GET", "/agent/board.json", agents),
            ("POST", "/agent/", agents),
            ("GET", "/admin/", admins),
        ]
    )
    app[STAFFING] = OneSignIn()
    return await aiohttp_client(app)


async def test_staff_with_the_right_role_come_in(staff_client):
    response = await staff_client.get("/agent/", cookies={"__Host-vap-staff": "good"})
    assert (response.status, await response.text()) == (200, "s1")


async def test_a_page_without_sign_in_leads_to_it_and_back(staff_client):
    response = await staff_client.get("/agent/?day=1&x=%26", allow_redirects=False)
    assert response.status == 303
    location = URL(response.headers["Location"])
    assert (location.path, dict(location.query)) == ("/staff/sign-in", {"next": "/agent/?day=1&x=%26"})


async def test_anything_else_without_sign_in_is_refused(staff_client):
    board = await staff_client.get("/agent/board.json")
    assert (board.status, (await board.json())["code"]) == (401, "not_signed_in")
    assert (await staff_client.post("/agent/", headers={"Origin": ORIGIN})).status == 401


async def test_another_role_is_refused(staff_client):
    response = await staff_client.get("/admin/", cookies={"__Host-vap-staff": "good"})
    assert response.status == 403
    assert "حسابك لا يتيح فتح هذه الصفحة" in await response.text()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("/agent/appointments/1?x=2", "/agent/appointments/1?x=2"),
        ("//elsewhere.test", "/"),
        ("/\\elsewhere.test", "/"),
        ("https://elsewhere.test", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/\t/elsewhere.test", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(value, path):
    assert local_path(value, otherwise="/") == path


async def test_ready_says_what_is_missing_and_live_does_not_ask(aiohttp_client, tmp_path):
    empty, current = tmp_path / "empty.sqlite", tmp_path / "current.sqlite"
    migrate(current)
    for path, status, reasons in ((empty, 503, ["schema_outdated"]), (current, 200, [])):
        app = framed_app()
        app.add_routes(health.routes)
        app[DB] = await Database.open(path)
        app[ROOMS] = choose(None, clock_ms=lambda: 0)
        app[HEALTH] = Health(
            db=app[DB], clock=lambda: NOON, turn=TurnCheck(urls=(), secret=None, clock=lambda: NOON)
        )
        client = await aiohttp_client(app)
        ready = await client.get("/health/ready")
        said = {"ready": not reasons, "reasons": reasons, "degraded": [], "turn": []}
        assert (ready.status, await ready.json()) == (status, said)
        assert (await client.get("/health/live")).status == 200
        await app[DB].close()
