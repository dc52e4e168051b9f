from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from vap_meet.clock import utc_now
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.webhooks import (
    EVENTS,
    check_endpoint,
    derive_secret,
    lane_of,
    may_reach,
    signed_headers,
)

KEY = b"k" * 32


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_may_be_reached(address):
    assert may_reach(address, allowed=())
    assert not may_reach(address, allowed=(), public=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2001::1",
        "not an address",
    ],
)
def test_addresses_within_are_refused_however_they_are_written(address):
    assert not may_reach(address, allowed=())


def test_what_the_settings_allow_may_be_reached_and_nothing_beside_it():
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/64"))
    assert may_reach("10.1.2.3", allowed=allowed, public=False)
    assert may_reach("::ffff:10.1.2.3", allowed=allowed)
    assert may_reach("fd00::1", allowed=allowed)
    assert not may_reach("10.2.0.1", allowed=allowed)


def test_a_message_verifies_with_each_of_its_secrets_and_with_no_other():
    first, second = derive_secret(KEY, "e1", 1), derive_secret(KEY, "e1", 2)
    headers = signed_headers("msg_1", '{"a": 1}', secrets=(first, second), now=utc_now())
    assert Webhook(first).verify('{"a": 1}', headers) == {"a": 1}
    assert Webhook(second).verify('{"a": 1}', headers) == {"a": 1}
    for other in (
        derive_secret(KEY, "e1", 3),
        derive_secret(KEY, "e2", 1),
        derive_secret(b"x" * 32, "e1", 1),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(other).verify('{"a": 1}', headers)


def test_an_altered_message_does_not_verify():
    secret = derive_secret(KEY, "e1", 1)
    headers = signed_headers("msg_1", "{}", secrets=(secret,), now=utc_now())
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify("[]", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify("{}", headers | {"webhook-id": "msg_2"})


def test_http_is_accepted_only_where_the_settings_allow_private_networks():
    assert check_endpoint("https://example.org/x?y=1", EVENTS, "", plain=False) == EVENTS
    assert check_endpoint("http://10.0.0.1:8000/", [EVENTS[1], EVENTS[0]], "", plain=True) == EVENTS[:2]
    with pytest.raises(InvalidRequest):
        check_endpoint("http://example.org/", EVENTS, "", plain=False)


def test_lanes_are_apart_by_endpoint_and_appointment():
    assert len({lane_of("e1", "a1"), lane_of("e1", "a2"), lane_of("e2", "a1")}) == 3
