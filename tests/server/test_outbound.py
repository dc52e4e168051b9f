"""Endpoints that hang, drip, redirect, answer megabytes, lie about who or where they are."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager, closing, suppress
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from tests.support.webhooks import LOOPBACK
from vap_meet.services.outbound import MAX_ANSWER_BYTES, Outbound
from vap_meet.tls import certificate_for

OTHER_LOOPBACK = "127.0.0.2"


class Names(AbstractResolver):
    """Names as a test wants them: each time the next of its answers, then the last again."""

    def __init__(self, **answers):
        self.answers = {name.replace("_", "."): list(addresses) for name, addresses in answers.items()}
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        addresses = self.answers[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    async def close(self):
        pass


@asynccontextmanager
async def outbound(**options):
    calling = Outbound(**{"allowed": LOOPBACK, "connect_s": 1.0, "total_s": 1.0, **options})
    try:
        yield calling
    finally:
        await calling.close()


@pytest.fixture
async def called(aiohttp_server):
    """Serve a handler; gives its address and the requests it got."""

    async def serve(handler, **options):
        got = []

        async def note(request):
            got.append((request.path, await request.text()))
            return await handler(request)

        app = web.Application()
        app.router.add_post("/{tail:.*}", note)
        server = await aiohttp_server(app, **options)
        return server.port, got

    return serve


async def accept(request):
    return web.Response(text="thanks")


async def test_an_answer_is_read_with_its_status(called):
    port, got = await called(accept)
    async with outbound() as calling:
        answer = await calling.post(f"http://127.0.0.1:{port}/hook", '{"a": "ب"}', {"webhook-id": "m"})
    assert (answer.accepted, answer.status, answer.body, answer.error) == (True, 200, b"thanks", None)
    assert got == [("/hook", '{"a": "ب"}')]


async def test_an_endpoint_that_never_answers_is_given_up_at_the_deadline(called):
    async def hang(request):
        await asyncio.Event().wait()

    port, _ = await called(hang)
    async with outbound(total_s=0.2) as calling, asyncio.timeout(5):
        answer = await calling.post(f"http://127.0.0.1:{port}/", "{}", {})
    assert (answer.accepted, answer.error) == (False, "timeout")


async def test_an_endpoint_whose_headers_drip_is_given_up_at_the_deadline():
    async def drip(reader, writer):
        with closing(writer), suppress(ConnectionError):
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                writer.write(bytes([letter]))
                await writer.drain()
                await asyncio.sleep(0.01)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server, outbound(total_s=0.3) as calling, asyncio.timeout(5):
        answer = await calling.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "{}", {})
    assert (answer.accepted, answer.error) == (False, "timeout")


async def test_megabytes_are_read_up_to_the_bound_and_a_body_without_end_costs_no_more(called):
    written = 0

    async def flood(request):
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                written += 65536
        except ConnectionError:
            return response

    port, _ = await called(flood)
    async with outbound(total_s=5) as calling, asyncio.timeout(3):
        answer = await calling.post(f"http://127.0.0.1:{port}/", "{}", {})
    assert answer.accepted
    assert len(answer.body) == MAX_ANSWER_BYTES
    assert written < 20_000_000  # what the sockets' buffers hold


async def test_a_redirect_is_not_followed(called):
    secret_port, got = await called(accept)

    async def redirect(request):
        raise web.HTTPTemporaryRedirect(f"http://{OTHER_LOOPBACK}:{secret_port}/secret")

    port, _ = await called(redirect)
    async with outbound() as calling:
        answer = await calling.post(f"http://127.0.0.1:{port}/", "{}", {})
    assert (answer.accepted, answer.status, answer.error) == (False, 307, "redirect")
    assert got == []


async def test_what_is_not_http_is_refused():
    async def greet(reader, writer):
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server, outbound() as calling:
        answer = await calling.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "{}", {})
    assert not answer.accepted
    assert answer.error in {"not_http", "cut_off"}


async def test_nobody_there_is_said_so(unused_tcp_port):
    async with outbound() as calling:
        answer = await calling.post(f"http://127.0.0.1:{unused_tcp_port}/", "{}", {})
    assert answer.error == "no_connection"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0x7f000001", "2130706433"]
)
async def test_an_address_within_is_refused_before_anything_is_sent(called, host):
    port, got = await called(accept)
    async with outbound(allowed=()) as calling:
        for scheme in ("http", "https"):
            answer = await calling.post(f"{scheme}://{host}:{port}/", "{}", {})
            assert answer.error == "address_refused"
    assert got == []


async def test_a_name_that_leads_to_an_address_within_is_refused(called):
    port, got = await called(accept)
    names = Names(hook_example=["127.0.0.1"])
    async with outbound(allowed=(), resolver=names) as calling:
        answer = await calling.post(f"https://hook.example:{port}/", "{}", {})
    assert (answer.error, names.asked, got) == ("address_refused", 1, [])


async def test_a_name_that_changes_between_check_and_call_leads_to_the_address_that_was_checked(called):
    """One resolution serves both: the second answer, an address within, is never asked for."""
    port, got = await called(accept, host="127.0.0.1")
    names = Names(hook_example=["127.0.0.1", "10.0.0.1"])
    async with outbound(resolver=names) as calling:
        answer = await calling.post(f"http://hook.example:{port}/", "{}", {})
    assert (answer.accepted, names.asked, len(got)) == (True, 1, 1)


async def test_a_name_that_changes_later_is_judged_anew(called):
    async def close(request):
        return web.Response(headers={"Connection": "close"})

    port, got = await called(close)
    names = Names(hook_example=["127.0.0.1", OTHER_LOOPBACK])
    async with outbound(allowed=(ip_network("127.0.0.1/32"),), resolver=names) as calling:
        first = await calling.post(f"http://hook.example:{port}/", "{}", {})
        second = await calling.post(f"http://hook.example:{port}/", "{}", {})
    assert (first.accepted, second.error, len(got)) == (True, "address_refused", 1)


async def test_a_public_address_is_never_reached_by_plain_http():
    names = Names(hook_example=["8.8.8.8"])
    async with outbound(resolver=names) as calling:
        assert (await calling.post("http://hook.example/", "{}", {})).error == "address_refused"


async def test_an_unknown_name_is_said_so():
    class Nobody(Names):
        async def resolve(self, host, port=0, family=socket.AF_INET):
            raise OSError("Name or service not known")

    async with outbound(resolver=Nobody()) as calling:
        assert (await calling.post("https://hook.example/", "{}", {})).error == "unknown_host"


def of_127_0_0_1(folder):
    """Return a server's TLS with a certificate of its own for that address, and a client's that trusts it."""
    certificate, key = certificate_for("127.0.0.1", folder)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)
    return serving, ssl.create_default_context(cafile=str(certificate))


async def test_a_certificate_that_nobody_vouches_for_is_refused(called, tmp_path):
    serving, _ = of_127_0_0_1(tmp_path)
    port, got = await called(accept, ssl=serving)
    async with outbound() as calling:
        answer = await calling.post(f"https://127.0.0.1:{port}/", "{}", {})
    assert (answer.error, got) == ("bad_certificate", [])


async def test_a_certificate_of_another_name_is_refused_and_one_of_this_name_is_taken(called, tmp_path):
    serving, trusting = of_127_0_0_1(tmp_path)
    port, got = await called(accept, ssl=serving)
    names = Names(hook_example=["127.0.0.1"])
    async with outbound(tls=trusting, resolver=names) as calling:
        other = await calling.post(f"https://hook.example:{port}/", "{}", {})
        this = await calling.post(f"https://127.0.0.1:{port}/", "{}", {})
    assert (other.error, this.accepted, len(got)) == ("bad_certificate", True, 1)


async def test_what_speaks_no_tls_is_said_so(called):
    port, _ = await called(accept)
    async with outbound() as calling:
        answer = await calling.post(f"https://127.0.0.1:{port}/", "{}", {})
    assert answer.error == "tls"
