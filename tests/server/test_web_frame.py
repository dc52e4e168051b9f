"""What stands around every page: headers, the origin rule, static files, languages, errors, health."""

from __future__ import annotations

import brotli
import pytest
import structlog
from aiohttp import web
from yarl import URL

from tests.support.web import ORIGIN, framed_app
from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.domain.errors import RateLimited, Unavailable
from vap_meet.store.engine import Database
from vap_meet.store.migrate import migrate
from vap_meet.web import health
from vap_meet.web.appkeys import DB, RENDERER, STAFFING
from vap_meet.web.assets import Assets
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
from vap_meet.web.render import json_block, lines

TREE = {
    "js/pages/room.js": b"import { a } from '../lib/a.js';\nimport '../lib/b.js';\n"
    b"await import('../lib/late.js');\n",
    "js/lib/a.js": b"import {\n  b,\n} from './b.js';\nexport { c } from \"./c.js\";\n",
    "js/lib/b.js": b"// import './comment.js'\nexport const b = 1;\n" * 40,
    "js/lib/c.js": b"import { a } from './a.js';\n",
    "js/lib/late.js": b"",
    "fonts/x.woff2": b"wOF2" * 100,
    "notes.md": b"not for browsers",
}


async def done(_request):
    return web.Response(text="done")


async def handled(_request):
    return web.json_response({"done": True})


async def broken(_request):
    raise RuntimeError("the secret detail")


async def busy(_request):
    raise Unavailable("the database is locked by 10.0.0.7")


async def often(_request):
    raise RateLimited("Too many tries.", retry_after_s=17)


async def echo(request):
    return web.Response(text=await request.text())


ROUTES = [
    ("GET", "/j/{code}", done),
    ("GET", "/v/{visit}/", done),
    ("POST", "/change", done),
    ("PUT", "/change.json", handled),
    ("POST", "/api/v1/things", handled),
    ("GET", "/broken", broken),
    ("GET", "/broken.json", broken),
    ("GET", "/busy", busy),
    ("GET", "/often", often),
    ("POST", "/echo", echo),
]


@pytest.fixture
async def client(aiohttp_client):
    return await aiohttp_client(framed_app(ROUTES))


def policy_of(response):
    directives = response.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (directive.partition(" ") for directive in directives)}


# --- Headers ----------------------------------------------------------------------------------------


async def test_the_policy_allows_our_own_files_and_nothing_inline(client):
    policy = policy_of(await client.get("/"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self' wss://meet.example.test",
        "media-src": "'self' blob: mediastream:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("path", ["/", "/nothing", "/broken", "/api/nothing", "/static/x/y.js", "/?lang=en"])
async def test_every_response_is_hardened_errors_too(client, path):
    response = await client.get(path, allow_redirects=False)
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "camera=(self), microphone=(self)" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/j/abc", "/v/123/", "/j/abc/nothing", "/join"])
async def test_a_visits_pages_are_neither_kept_nor_told_to_others(client, path):
    response = await client.get(path)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"


async def test_plain_http_promises_no_tls(aiohttp_client):
    client = await aiohttp_client(framed_app(public_url="http://127.0.0.1:8080"))
    response = await client.get("/")
    assert "Strict-Transport-Security" not in response.headers
    assert policy_of(response)["connect-src"] == "'self' ws://127.0.0.1:8080"


async def test_only_the_demonstration_may_frame_the_customers_pages(aiohttp_client):
    client = await aiohttp_client(framed_app([*ROUTES, ("GET", "/demo", done)], demo=True))
    visit, demo, home = [await client.get(path) for path in ("/v/123/", "/demo", "/")]
    assert policy_of(visit)["frame-ancestors"] == "'self'"
    assert visit.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert policy_of(demo)["frame-src"] == "'self'"
    assert policy_of(demo)["frame-ancestors"] == policy_of(home)["frame-ancestors"] == "'none'"


# --- The origin rule --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORIGIN}, 200),
        ({"Origin": "HTTPS://MEET.example.test"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),  # a form on a no-referrer page
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://elsewhere.test"}, 403),
        ({"Origin": "https://elsewhere.test", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "https://meet.example.test.elsewhere.test"}, 403),
        ({"Origin": "http://meet.example.test"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Host": "elsewhere.test", "Origin": "https://elsewhere.test"}, 403),
    ],
)
async def test_only_our_own_pages_may_change_things(client, headers, status):
    response = await client.post("/change", headers=headers)
    assert response.status == status


async def test_a_foreign_origin_is_told_by_its_code_where_programs_ask(client):
    response = await client.put("/change.json", json={}, headers={"Origin": "https://elsewhere.test"})
    assert (response.status, (await response.json())["code"]) == (403, "foreign_origin")


async def test_the_api_has_keys_and_needs_no_origin(client):
    assert (await client.post("/api/v1/things", json={})).status == 200


# --- Static files -----------------------------------------------------------------------------------


async def test_a_static_file_is_kept_for_a_year_under_the_trees_hash(aiohttp_client):
    assets = Assets(TREE)
    client = await aiohttp_client(framed_app(tree=TREE))
    response = await client.get(assets.url("js/lib/b.js"), headers={"Accept-Encoding": "identity"})
    assert await response.read() == TREE["js/lib/b.js"]
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_text_travels_in_the_best_encoding_that_is_taken(aiohttp_client, accepted, encoding):
    client = await aiohttp_client(framed_app(tree=TREE), auto_decompress=False)
    url = Assets(TREE).url("js/lib/b.js")
    response = await client.get(url, headers={"Accept-Encoding": accepted})
    body = await response.read()
    assert response.headers.get("Content-Encoding") == encoding
    assert (len(body) < len(TREE["js/lib/b.js"])) is (encoding is not None)
    if encoding == "br":
        assert brotli.decompress(body) == TREE["js/lib/b.js"]


async def test_a_font_is_not_compressed_again(aiohttp_client):
    client = await aiohttp_client(framed_app(tree=TREE))
    response = await client.get(Assets(TREE).url("fonts/x.woff2"), headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in response.headers
    assert response.headers["Content-Type"] == "font/woff2"


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "..%2f..%2fetc/passwd",
        "/etc/passwd",
        "js",
        "notes.md",
        "js/",
    ],
)
async def test_nothing_outside_the_tree_is_served(aiohttp_client, path):
    client = await aiohttp_client(framed_app(tree=TREE))
    origin = client.make_url("/").origin()
    response = await client.session.get(URL(f"{origin}/static/{Assets(TREE).tree_hash}/{path}", encoded=True))
    assert response.status == 404


async def test_an_old_hash_gets_the_new_file_and_keeps_it_not(aiohttp_client):
    client = await aiohttp_client(framed_app(tree=TREE))
    response = await client.get("/static/000000000000/js/lib/b.js")
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-cache")


def test_any_changed_byte_changes_the_trees_hash():
    assert Assets(TREE).tree_hash != Assets({**TREE, "js/lib/late.js": b"1"}).tree_hash
    assert Assets(TREE).tree_hash == Assets(dict(reversed(TREE.items()))).tree_hash


def test_the_modules_of_a_page_are_what_it_imports_statically():
    assets = Assets(TREE)
    assert set(assets.modules("js/pages/room.js")) == {
        assets.url(path) for path in ("js/pages/room.js", "js/lib/a.js", "js/lib/b.js", "js/lib/c.js")
    }
    assert assets.modules("js/pages/room.js")[0] == assets.url("js/pages/room.js")


def test_a_missing_file_is_found_when_the_page_is_rendered():
    with pytest.raises(LookupError):
        Assets(TREE).url("js/none.js")
    with pytest.raises(LookupError):
        Assets({"a.js": b"import './none.js';"}).modules("a.js")


def test_every_module_of_ours_imports_what_exists():
    assets = Assets.load()
    for path in assets.paths(".js"):
        assets.modules(path)


# --- Languages --------------------------------------------------------------------------------------


async def test_arabic_from_right_to_left_is_the_default(client):
    text = await (await client.get("/")).text()
    assert '<html lang="ar" dir="rtl"' in text
    assert "موعدك المرئي" in text


async def test_choosing_a_language_is_kept_and_leads_to_the_clean_page(client):
    response = await client.get("/?a=1&lang=en&b=%2F", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/?a=1&b=/")
    cookie = response.cookies["vap_lang"]
    assert (cookie.value, cookie["httponly"], cookie["secure"], cookie["samesite"]) == (
        "en",
        True,
        True,
        "Lax",
    )
    text = await (await client.get("/", cookies={"vap_lang": "en"})).text()
    assert '<html lang="en" dir="ltr"' in text


async def test_a_language_choice_never_leads_to_another_site(client):
    origin = client.make_url("/").origin()
    response = await client.session.get(
        URL(f"{origin}//elsewhere.test/?lang=en", encoded=True), allow_redirects=False
    )
    assert response.status in {303, 404}
    assert response.headers.get("Location", "/").startswith("/")
    assert not response.headers.get("Location", "/").startswith("//")


@pytest.mark.parametrize("lang", ["fr", "", "ar-AE", "<script>"])
async def test_an_unknown_language_is_ignored(client, lang):
    response = await client.get("/", params={"lang": lang}, allow_redirects=False)
    assert (response.status, "vap_lang" in response.cookies) == (200, False)


async def test_the_cookie_comes_before_the_appointments_language(aiohttp_client):
    async def page(request):
        return request.app[RENDERER].page(request, "home.html", title_key="home.title", language="en")

    client = await aiohttp_client(framed_app([("GET", "/page", page)]))
    assert 'lang="en"' in await (await client.get("/page")).text()
    assert 'lang="ar"' in await (await client.get("/page", cookies={"vap_lang": "ar"})).text()


async def test_a_page_links_to_itself_in_the_other_language_and_keeps_its_query(client):
    assert 'href="?x=1&amp;lang=en"' in await (await client.get("/?x=1")).text()


# --- Rendering --------------------------------------------------------------------------------------


def test_no_value_can_end_the_json_block():
    block = json_block({"a": "</script><script>alert(1)</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(block)


def test_typed_text_becomes_paragraphs_and_breaks_and_no_markup():
    assert lines("one\r\ntwo\n\n\n<b>three</b>\n") == "<p>one<br>two</p>\n<p>&lt;b&gt;three&lt;/b&gt;</p>"


async def test_a_page_hands_its_script_data_and_words(aiohttp_client):
    async def page(request):
        return request.app[RENDERER].page(
            request,
            "home.html",
            title_key="home.title",
            page_data={"visit": "</script>"},
            js_prefixes=("day.",),
        )

    client = await aiohttp_client(framed_app([("GET", "/page", page)]))
    text = await (await client.get("/page")).text()
    assert '"strings":{"day.today":"اليوم"' in text
    assert '"visit":"\\u003c/script\\u003e"' in text


async def test_a_page_has_no_inline_script_or_style(client):
    text = await (await client.get("/")).text()
    assert "<script>" not in text
    assert " style=" not in text
    assert " onclick=" not in text


async def test_the_banner_over_demo_data_shows_only_in_a_demo(aiohttp_client):
    shown, hidden = [
        await (await (await aiohttp_client(framed_app(demo=demo))).get("/")).text() for demo in (True, False)
    ]
    assert "بيانات تجريبية" in shown
    assert "بيانات تجريبية" not in hidden


# --- Errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "هذه الصفحة غير موجودة"),
        ("/change", 405, "هذه الصفحة غير موجودة"),
        ("/broken", 500, "حدث خطأ من جانبنا"),
        ("/busy", 503, "الخدمة مشغولة الآن"),
        ("/often", 429, "محاولات كثيرة"),
    ],
)
async def test_people_get_a_page_in_their_language_without_detail(client, path, status, words):
    response = await client.get(path)
    text = await response.text()
    assert (response.status, response.content_type) == (status, "text/html")
    assert words in text
    for detail in ("secret detail", "RuntimeError", "10.0.0.7", "Traceback"):
        assert detail not in text


async def test_a_program_gets_a_problem_document_instead(client):
    response = await client.get("/broken.json")
    assert (response.status, response.content_type) == (500, "application/problem+json")
    assert "secret detail" not in await response.text()


async def test_errors_say_when_to_come_back_and_what_is_allowed(client):
    assert (await client.get("/often")).headers["Retry-After"] == "17"
    assert (await client.get("/busy")).headers["Retry-After"]
    assert (await client.get("/change")).headers["Allow"] == "POST"


async def test_a_failure_shows_the_number_that_the_log_has(client):
    response = await client.get("/broken")
    assert response.headers["X-Request-Id"] in await response.text()


async def test_an_oversized_body_is_refused_with_a_page(client):
    response = await client.post("/echo", data=b"x" * 70_000, headers={"Origin": ORIGIN})
    assert (response.status, response.content_type) == (413, "text/html")


async def test_the_log_has_the_route_and_neither_the_code_nor_the_query(client):
    with structlog.testing.capture_logs() as events:
        await client.get("/j/mfrggzdfmztwq2lknnwg23tpob?from=sms")
    assert [(e["event"], e["route"], e["status"]) for e in events] == [("request", "/j/{code}", 200)]
    assert "mfrgg" not in str(events)
    assert "sms" not in str(events)


# --- Who asks ---------------------------------------------------------------------------------------


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


# --- Health and the rest ----------------------------------------------------------------------------


async def test_the_small_things_every_browser_asks_for(client):
    icon = await client.get("/favicon.ico")
    assert (icon.status, icon.content_type) == (200, "image/svg+xml")
    assert await (await client.get("/robots.txt")).text() == "User-agent: *\nDisallow: /\n"


async def test_ready_says_what_is_missing_and_live_does_not_ask(aiohttp_client, tmp_path):
    empty, current = tmp_path / "empty.sqlite", tmp_path / "current.sqlite"
    migrate(current)
    for path, status, reasons in ((empty, 503, ["schema_outdated"]), (current, 200, [])):
        app = framed_app()
        app.add_routes(health.routes)
        app[DB] = await Database.open(path)
        client = await aiohttp_client(app)
        ready = await client.get("/health/ready")
        assert (ready.status, await ready.json()) == (status, {"ready": not reasons, "reasons": reasons})
        assert (await client.get("/health/live")).status == 200
        await app[DB].close()
