"""A TURN server that does not serve is seen in health and by the admin before a customer meets it."""

from __future__ import annotations

import asyncio
import json

import pytest

from signaling.turn_probe import Allocation
from tests.support.coturn import SECRET, coturn
from tests.support.record import NOON, TurnedClock
from tests.support.server import app_in_process, free_port
from tests.support.staff import staffed, words_of
from vap_meet.clock import utc_now
from vap_meet.services.turn_check import EVERY_S, SOONER_S, TurnCheck, TurnFault
from vap_meet.web.appkeys import HEALTH

GOOD, BROKEN = Allocation(None, 12), Allocation(TurnFault.WRONG_SECRET, 30)


class Servers:
    """TURN servers that answer what the test says."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    async def __call__(self, url, credentials):
        self.asked.append((url, credentials.username))
        return self.answers[url]


async def test_each_server_is_asked_with_a_credential_of_its_own_time():
    servers = Servers(one=GOOD, two=BROKEN)
    check = TurnCheck(urls=("one", "two"), secret="s", clock=TurnedClock(), ask=servers)
    assert [state.checked_at for state in check.states] == [None, None]
    await check.run_once()
    assert [(state.url, state.fault, state.took_ms, state.checked_at) for state in check.states] == [
        ("one", None, 12, NOON),
        ("two", TurnFault.WRONG_SECRET, 30, NOON),
    ]
    expires = int(NOON.timestamp()) + 120
    assert servers.asked == [("one", f"{expires}:self-test"), ("two", f"{expires}:self-test")]


async def test_a_server_that_comes_back_is_whole_again():
    servers = Servers(one=BROKEN)
    check = TurnCheck(urls=("one",), secret="s", clock=TurnedClock(), ask=servers)
    await check.run_once()
    assert check.states[0].is_broken
    servers.answers["one"] = GOOD
    await check.run_once()
    assert not check.states[0].is_broken


async def test_servers_are_asked_again_and_again_and_a_broken_one_sooner():
    servers = Servers(one=GOOD, two=BROKEN)
    waited = []

    async def pause(seconds):
        waited.append(seconds)
        if len(waited) == 2:
            servers.answers["two"] = GOOD
        if len(waited) == 4:
            raise asyncio.CancelledError

    check = TurnCheck(urls=("one", "two"), secret="s", clock=TurnedClock(), ask=servers, pause=pause)
    with pytest.raises(asyncio.CancelledError):
        await check.run()
    assert waited == [SOONER_S, SOONER_S, EVERY_S, EVERY_S]
    assert len(servers.asked) == 8


async def test_without_servers_there_is_nothing_to_run():
    await TurnCheck(urls=(), secret=None, clock=TurnedClock()).run()


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_real_application_asks_a_real_server_by_each_way_and_tells_a_broken_one(
    tmp_path, monkeypatch, trusted
):
    async with coturn(tmp_path) as turn:
        if trusted:  # as browsers would, it takes the word of whom the system trusts
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "turn-tls/certificate.pem"))
        nobody = f"turn:127.0.0.1:{free_port()}?transport=tcp"
        urls = (turn.udp, turn.tcp, turn.tls, nobody)
        async with app_in_process(tmp_path, clock=utc_now, turn_urls=urls, turn_secret=SECRET) as (app, _):
            await app[HEALTH]._turn.run_once()
            said = [(state.url, state.fault) for state in app[HEALTH].turn]
    assert said == [
        (turn.udp, None),
        (turn.tcp, None),
        (turn.tls, None if trusted else TurnFault.CERTIFICATE),
        (nobody, TurnFault.NOT_LISTENING),
    ]


async def test_a_broken_server_degrades_but_takes_nobody_out_of_service(tmp_path):
    async with staffed(tmp_path) as house:
        house.app[HEALTH]._turn = TurnCheck(
            urls=("turn:a", "turn:b"),
            secret="s",
            clock=house.clock,
            ask=Servers(**{"turn:a": GOOD, "turn:b": BROKEN}),
        )
        await house.app[HEALTH]._turn.run_once()
        response, text = await house.stranger.get("/health/ready")
        assert response.status == 200
        assert json.loads(text) == {
            "ready": True,
            "reasons": [],
            "degraded": ["turn_server_broken"],
            "turn": [
                {"url": "turn:a", "ok": True, "fault": None},
                {"url": "turn:b", "ok": False, "fault": "wrong_secret"},
            ],
        }
        response, page = await house.admin.get("/admin/health")
        assert response.status == 200
        assert page.count('data-testid="turn-server"') == 2
        assert "refuses the credentials" in words_of(page)


async def test_the_admin_sees_database_outbox_and_sealer_and_nobody_else_does(tmp_path):
    async with staffed(tmp_path) as house:
        assert (await house.agent.get("/admin/health"))[0].status == 403
        assert (await house.stranger.get("/admin/health"))[0].status == 303
        _, page = await house.admin.get("/admin/health")
        for part in ("turn", "database", "redis", "outbox", "sealer"):
            assert f'data-testid="health-{part}"' in page
        assert "No TURN server is set up" in words_of(page)
