"""What stands around every page: headers, the origin rule, languages, rendering, errors."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
import structlog
from aiohttp import web
from yarl import URL

from tests.support.server import app_in_process
from tests.support.web import ORIGIN, framed_app
from vap_meet.domain.errors import RateLimited, Unavailable
from vap_meet.web.appkeys import RENDERER
from vap_meet.web.render import json_block, lines


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


# --- Headers --------------------------------------------------------------------------------------


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


# --- The origin rule ------------------------------------------------------------------------------


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


# --- Languages ------------------------------------------------------------------------------------


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


# --- Rendering ------------------------------------------------------------------------------------


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


# --- Errors ---------------------------------------------------------------------------------------


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


# --- The rest -------------------------------------------------------------------------------------


async def test_the_small_things_every_browser_asks_for(client):
    icon = await client.get("/favicon.ico")
    assert (icon.status, icon.content_type) == (200, "image/svg+xml")
    assert await (await client.get("/robots.txt")).text() == "User-agent: *\nDisallow: /\n"


async def test_no_answer_of_the_application_says_which_versions_run_here(tmp_path):
    async with app_in_process(tmp_path) as (_, url), aiohttp.ClientSession(url) as anybody:
        for path in ("/", "/api/v1/openapi.json", "/health/live", "/static/nothing", "/nothing"):
            async with anybody.get(path) as response:
                assert response.headers.getall("Server") == ["VAP-Meet"], path


UNREADABLE = (
    b"GARBAGE\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: z\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01",  # TLS, to a port without
)
"""Requests that the framework answers before the application sees them."""


async def test_nor_does_an_answer_to_what_can_t_be_read_and_it_is_no_error_of_ours(tmp_path, caplog):
    caplog.set_level("INFO")
    async with app_in_process(tmp_path) as (_, url):
        for request in UNREADABLE:
            reader, writer = await asyncio.open_connection("127.0.0.1", URL(url).port)
            writer.write(request)
            async with asyncio.timeout(5):
                answer = await reader.read()
            writer.close()
            assert answer.startswith(b"HTTP/1.0 400 "), request
            assert b"\r\nServer: VAP-Meet\r\n" in answer, request
            assert b"aiohttp" not in answer, request
    said = [record for record in caplog.records if record.getMessage() == "request_unreadable"]
    assert [(record.levelname, record.exc_info) for record in said] == [("INFO", None)] * len(said)
    assert len(said) >= len(UNREADABLE) - 2  # of what is no HTTP at all the framework says nothing
    assert "127.0.0.1" not in caplog.text
