"""What is said at the start of a server whose settings contradict each other."""

from __future__ import annotations

import pytest

from vap_meet.commands import CommandFailed
from vap_meet.commands.serve import CODES_NOBODY_GETS, refuse_codes_nobody_gets
from vap_meet.settings import Settings

ELSEWHERE = "https://meet.example"


@pytest.mark.parametrize(
    "public_url", [ELSEWHERE, "https://10.0.0.7", "https://127.0.0.1.example", "https://"]
)
def test_a_server_whose_codes_no_provider_could_send_does_not_start(public_url):
    with pytest.raises(CommandFailed) as refusal:
        refuse_codes_nobody_gets(Settings(public_url=public_url))
    assert str(refusal.value) == CODES_NOBODY_GETS
    assert "VAP_PHONE_CODE" in CODES_NOBODY_GETS
    assert "VAP_SMS_URL" in CODES_NOBODY_GETS


@pytest.mark.parametrize(
    "settings",
    [{"sms_url": "https://sms.example/send"}, {"phone_code": False}, {"demo": True}],
    ids=str,
)
def test_one_that_asks_for_no_code_or_can_send_it_starts_and_says_nothing(settings, capsys):
    refuse_codes_nobody_gets(Settings(public_url=ELSEWHERE, **settings))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "public_url",
    ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"],
)
def test_one_that_only_this_machine_reaches_starts_and_says_it(public_url, capsys):
    refuse_codes_nobody_gets(Settings(public_url=public_url))
    assert CODES_NOBODY_GETS in capsys.readouterr().err
