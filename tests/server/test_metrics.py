"""Figures for monitoring: who may read them, what they say, and what they never say."""

from __future__ import annotations

import re

import aiohttp
import pytest
from pydantic import ValidationError

from tests.support.record import TurnedClock
from tests.support.server import app_in_process, free_port
from vap_meet.settings import Settings
from vap_meet.web.appkeys import HEALTH

pytestmark = pytest.mark.usefixtures("each_database")

TOKEN = "a token of enough characters"


async def read(url, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics", headers=headers) as response:
        return response.status, await response.text()


def value(text, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return None if found is None else float(found[1])


@pytest.fixture
async def url(tmp_path):
    async with app_in_process(tmp_path, clock=TurnedClock(), metrics_token=TOKEN) as (_, url):
        yield url


async def test_without_a_token_in_the_settings_there_is_no_such_address(tmp_path):
    async with app_in_process(tmp_path, clock=TurnedClock()) as (_, url):
        assert (await read(url))[0] == 404


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", "\u00e9" * 20])
async def test_nobody_reads_them_without_the_token(url, token):
    assert (await read(url, token))[0] == 401


@pytest.mark.parametrize("token", ["", "short"])
def test_a_token_that_can_be_guessed_is_refused_at_the_start(token):
    with pytest.raises(ValidationError, match="metrics_token"):
        Settings(metrics_token=token)


async def test_requests_are_counted_by_template_and_nothing_of_an_address_is_shown(url):
    async with aiohttp.ClientSession() as session:
        for path in ("/j/abcdefghijklmnopqrstuvwxyz", "/j/zyxwvutsrqponmlkjihgfedcba", "/no-such-page"):
            async with session.get(url + path):
                pass
    _, text = await read(url)
    assert value(text, 'vap_request_seconds_count{method="GET",route="/j/{code}",status="4xx"}') == 2
    assert "abcdefghij" not in text
    assert "no-such-page" not in text
    assert value(text, "vap_record_ready") == 1
    assert value(text, 'vap_backlog{work="outbox"}') == 0


async def test_a_made_up_method_is_no_label_of_its_own(url):
    async with aiohttp.ClientSession() as session, session.request("BREW", f"{url}/"):
        pass
    _, text = await read(url)
    assert "BREW" not in text


async def test_a_turn_server_that_does_not_answer_is_down(tmp_path):
    nobody = f"turn:127.0.0.1:{free_port()}?transport=tcp"
    async with app_in_process(tmp_path, metrics_token=TOKEN, turn_urls=(nobody,), turn_secret="s") as (
        app,
        url,
    ):
        await app[HEALTH]._turn.run_once()
        _, text = await read(url)
    assert value(text, f'vap_turn_up{{url="{nobody}"}}') == 0
