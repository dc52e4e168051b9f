"""What is said at the start of a server whose settings contradict each other."""

from __future__ import annotations

import pytest

from vap_meet.commands.serve import warn_of_codes_nobody_gets
from vap_meet.settings import Settings


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, True),
        ({"sms_url": "https://sms.example/send"}, False),
        ({"phone_code": False}, False),
        ({"demo": True}, False),
    ],
    ids=str,
)
def test_codes_that_no_provider_could_send_are_said_loudly(settings, warned, capsys):
    warn_of_codes_nobody_gets(Settings(**settings))
    said = capsys.readouterr().err
    assert ("VAP_SMS_URL" in said) is warned
    assert ("VAP_PHONE_CODE" in said) is warned
