"""Settings as the environment gives them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vap_meet.settings import Settings


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("VAP_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,")
    monkeypatch.setenv("VAP_STUN_URLS", "stun:one.example:3478")
    monkeypatch.setenv("VAP_TURN_URLS", "")
    settings = Settings()
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.7")
    assert settings.stun_urls == ("stun:one.example:3478",)
    assert settings.turn_urls == ()


def test_the_turn_secret_is_not_shown_by_printing_the_settings(monkeypatch):
    monkeypatch.setenv("VAP_TURN_SECRET", "kept-to-itself")
    settings = Settings()
    assert settings.turn_secret.get_secret_value() == "kept-to-itself"
    assert "kept-to-itself" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VAP_PORT", "65536"),
        ("VAP_PORT", "web"),
        ("VAP_OPENS_BEFORE_MINUTES", "-1"),
        ("VAP_WAIT_TARGET_MINUTES", "0"),
        ("VAP_TRUSTED_PROXIES", '["10.0.0.0/8", "192.0.2.7"]'),
        ("VAP_TRUSTED_PROXIES", "10.0.0.0/8 192.0.2.7"),
        ("VAP_TRUSTED_PROXIES", "proxy.example"),
        ("VAP_REQUEST_URL", "office.example/{number}"),
        ("VAP_REQUEST_URL", "https://office.example/requests"),
        ("VAP_REQUEST_URL", "https://{number}.example/"),
        ("VAP_REQUEST_URL", "https://office.example/{number}?x=a b"),
        ("VAP_REQUEST_HEADER", "no-colon"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert refused.value.errors()[0]["loc"] == (name.removeprefix("VAP_").lower(),)


def test_what_is_no_network_is_named_in_a_sentence(monkeypatch):
    monkeypatch.setenv("VAP_TRUSTED_PROXIES", '["10.0.0.0/8"]')
    with pytest.raises(ValidationError, match="is no address and no network, as in"):
        Settings()


def test_settings_do_not_change_once_read():
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_turn_servers_without_their_secret_are_refused_at_the_start_and_not_in_a_call(monkeypatch):
    monkeypatch.setenv("VAP_TURN_URLS", "turn:turn.example.org")
    with pytest.raises(ValidationError, match="need the secret") as refused:
        Settings()
    assert refused.value.errors()[0]["loc"] == ("turn_secret",)
    monkeypatch.setenv("VAP_TURN_SECRET", "shared")
    assert Settings().turn_urls == ("turn:turn.example.org",)


@pytest.mark.parametrize(
    ("settings", "at_fault"),
    [
        ({"SMTP_HOST": "mail.example"}, "smtp_from"),
        ({"SMTP_FROM": "City <meet@city.example>"}, "smtp_from"),
        ({"SMTP_TLS": "maybe"}, "smtp_tls"),
        ({"SMS_URL": "ftp://sms.example"}, "sms_url"),
        ({"SMS_HEADER": "X-Key: a\r\nX-Other: b"}, "sms_header"),
        ({"SMS_BODY": "text={text}"}, "sms_body"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_by_name(monkeypatch, settings, at_fault):
    for name, value in settings.items():
        monkeypatch.setenv(f"VAP_{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [error["loc"][0] for error in refused.value.errors()] == [at_fault]


def test_a_relay_policy_without_a_relay_is_refused_at_the_start(monkeypatch):
    monkeypatch.setenv("VAP_ICE_POLICY", "relay")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert refused.value.errors()[0]["loc"] == ("ice_policy",)
    monkeypatch.setenv("VAP_TURN_URLS", "turn:turn.example.org")
    monkeypatch.setenv("VAP_TURN_SECRET", "kept-to-itself")
    assert Settings().ice_policy == "relay"
