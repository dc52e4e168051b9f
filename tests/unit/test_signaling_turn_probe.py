"""TURN URLs as browsers read them, and a real coturn asked for an allocation."""

from __future__ import annotations

import asyncio
import ssl
import time

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint

from signaling.turn import turn_credentials
from signaling.turn_probe import TurnFault, TurnServer, allocate
from tests.support.coturn import SECRET, coturn, shipped_coturn
from tests.support.server import free_port


def credentials(secret=SECRET, *, lifetime_s=60):
    return turn_credentials(secret, "probe", now_s=int(time.time()), lifetime_s=lifetime_s)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("turn:turn.example.org", "turn.example.org", 3478, "udp"),
        ("turn:turn.example.org:3479?transport=tcp", "turn.example.org", 3479, "tcp"),
        ("turns:turn.example.org", "turn.example.org", 5349, "tls"),
        ("turns:turn.example.org:443?transport=tcp", "turn.example.org", 443, "tls"),
        ("turn:[2001:db8::7]:3478?transport=udp", "2001:db8::7", 3478, "udp"),
    ],
)
def test_a_turn_url_says_where_and_how(url, host, port, path):
    server = TurnServer.read(url)
    assert (server.host, server.port, server.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "stun:example.org",
        "turn",
        "turn:",
        "turn:host:port",
        "turn:[::1",
        "turn:a?transport=sctp",
        "turns:a?transport=udp",
    ],
)
def test_what_no_browser_would_use_is_no_turn_url(url):
    with pytest.raises(ValueError, match=r".+"):
        TurnServer.read(url)


async def test_a_url_that_can_not_be_read_is_a_fault_and_no_exception():
    assert (await allocate("http://example.org", credentials())).fault is TurnFault.BAD_URL


async def test_a_good_server_gives_an_allocation_over_every_transport(tmp_path):
    async with coturn(tmp_path) as server:
        for url in (server.udp, server.tcp, server.tls):
            answer = await allocate(url, credentials(), tls=server.trust)
            assert answer.fault is None, url
            assert answer.took_ms < 5000


async def test_what_is_wrong_has_a_name(tmp_path):
    async with coturn(tmp_path) as server:
        for url in (server.udp, server.tcp, server.tls):
            wrong = await allocate(url, credentials("another secret"), tls=server.trust)
            assert wrong.fault is TurnFault.WRONG_SECRET, url
            expired = await allocate(url, credentials(lifetime_s=-60), tls=server.trust)
            assert expired.fault is TurnFault.WRONG_SECRET, url
        stranger = await allocate(server.tls, credentials(), tls=ssl.create_default_context())
        assert stranger.fault is TurnFault.CERTIFICATE


async def test_a_port_that_nobody_listens_on_is_told_apart_where_the_network_tells():
    port = free_port()
    assert (
        await allocate(f"turn:127.0.0.1:{port}?transport=tcp", credentials())
    ).fault is TurnFault.NOT_LISTENING
    assert (await allocate(f"turns:127.0.0.1:{port}", credentials())).fault is TurnFault.NOT_LISTENING
    silent = await allocate(f"turn:127.0.0.1:{port}?transport=udp", credentials(), within_s=0.3)
    assert silent.fault is TurnFault.NO_ANSWER


async def test_a_name_that_leads_nowhere_is_told():
    answer = await allocate("turn:turn.invalid:3478?transport=tcp", credentials())
    assert answer.fault in {TurnFault.NO_SUCH_HOST, TurnFault.NO_ANSWER}


async def test_the_configuration_we_ship_serves_but_relays_to_nothing_private(tmp_path):
    made = credentials()
    async with shipped_coturn(tmp_path) as server:
        for url in (server.udp, server.tcp, server.tls):
            assert (await allocate(url, made, tls=server.trust)).fault is None, url
        transport, _ = await create_turn_endpoint(
            asyncio.DatagramProtocol,
            server_addr=("127.0.0.1", server.port),
            username=made.username,
            password=made.credential,
        )
        turn = transport._TurnTransport__inner_protocol
        for peer in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"):
            with pytest.raises(TransactionFailed, match="403"):
                await turn.channel_bind(0x4000, (peer, 9))
        await transport._close()
