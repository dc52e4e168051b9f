"""Join tokens: the hostile ones first."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.access import Role
from vap_meet.domain.errors import TokenEarly, TokenExpired, TokenInvalid
from vap_meet.domain.tokens import JoinToken, SigningKey, key_id, mint, read

NOW = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)
ISSUER = "https://meet.example"
AUDIENCE = "https://meet.example/join"
KEY = SigningKey("k1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey("k1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEYS = {"k1": KEY.private.public_key()}
CLAIMS = JoinToken(
    issuer=ISSUER,
    audience=AUDIENCE,
    subject="customer",
    appointment_id="a-1",
    role=Role.CUSTOMER,
    schedule_version=3,
    not_before=NOW,
    expires_at=NOW + timedelta(hours=5),
    token_id="t-1",
)


def take(token, *, now=NOW, keys=KEYS, audience=AUDIENCE, issuer=ISSUER):
    return read(token, keys, now=now, audience=audience, issuer=issuer)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def payload_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signed(payload, header=None, key=KEY):
    return jwt.encode(payload, key.private, algorithm="EdDSA", headers={"kid": "k1", **(header or {})})


def test_a_token_of_algorithm_none_is_refused():
    payload = payload_of(mint(CLAIMS, KEY, now=NOW))
    header = b64(json.dumps({"alg": "none", "kid": "k1"}).encode())
    with pytest.raises(TokenInvalid):
        take(f"{header}.{b64(json.dumps(payload).encode())}.")


@pytest.mark.parametrize("alg", ["HS256", "EdDSA"])
@pytest.mark.parametrize(
    ("encoding", "shape"),
    [(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), (Encoding.Raw, PublicFormat.Raw)],
)
def test_hs256_with_the_public_key_is_refused(alg, encoding, shape):
    secret = KEY.private.public_key().public_bytes(encoding, shape)
    body = json.dumps(payload_of(mint(CLAIMS, KEY, now=NOW))).encode()
    signing_input = f"{b64(json.dumps({'alg': alg, 'kid': 'k1'}).encode())}.{b64(body)}"
    mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    with pytest.raises(TokenInvalid):
        take(f"{signing_input}.{b64(mac)}")


def test_a_forged_signature_is_refused():
    with pytest.raises(TokenInvalid):
        take(mint(CLAIMS, OTHER, now=NOW))


def test_an_altered_payload_is_refused():
    header, _, signature = mint(CLAIMS, KEY, now=NOW).split(".")
    payload = {**payload_of(mint(CLAIMS, KEY, now=NOW)), "sub": "staff.1", "role": "agent"}
    with pytest.raises(TokenInvalid):
        take(f"{header}.{b64(json.dumps(payload).encode())}.{signature}")


def test_an_unknown_kid_is_refused():
    with pytest.raises(TokenInvalid):
        take(mint(CLAIMS, SigningKey("k2", KEY.private), now=NOW))


@pytest.mark.parametrize("kid", [None, 7, "", ["k1"]])
def test_a_token_without_a_usable_kid_is_refused(kid):
    header = {"alg": "EdDSA"} if kid is None else {"alg": "EdDSA", "kid": kid}
    _, payload, signature = mint(CLAIMS, KEY, now=NOW).split(".")
    with pytest.raises(TokenInvalid):
        take(f"{b64(json.dumps(header).encode())}.{payload}.{signature}")


def test_a_key_inside_the_token_is_not_believed():
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(OTHER.private.public_key().public_bytes_raw())}
    payload = payload_of(mint(CLAIMS, KEY, now=NOW))
    with pytest.raises(TokenInvalid):
        take(signed(payload, {"jwk": jwk}, key=OTHER))


def test_an_extension_that_must_be_understood_is_refused():
    payload = payload_of(mint(CLAIMS, KEY, now=NOW))
    with pytest.raises(TokenInvalid):
        take(signed(payload, {"crit": ["exp"], "exp": 1}))


def test_a_token_for_something_else_is_refused():
    token = mint(CLAIMS, KEY, now=NOW)
    with pytest.raises(TokenInvalid):
        take(token, audience="https://other.example/join")
    with pytest.raises(TokenInvalid):
        take(token, issuer="https://other.example")


@pytest.mark.parametrize(
    "claim", ["iss", "aud", "sub", "appointment", "role", "schedule_version", "nbf", "exp", "iat", "jti"]
)
def test_every_claim_has_to_be_there(claim):
    payload = payload_of(mint(CLAIMS, KEY, now=NOW))
    del payload[claim]
    with pytest.raises(TokenInvalid):
        take(signed(payload))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", [AUDIENCE, "https://other.example"]),
        ("role", "admin"),
        ("schedule_version", "3"),
        ("schedule_version", True),
        ("schedule_version", 0),
        ("exp", "never"),
        ("exp", 1e300),
        ("exp", -1),
        ("nbf", None),
        ("sub", ""),
        ("jti", 5),
    ],
)
def test_a_claim_of_the_wrong_shape_is_refused(claim, value):
    payload = {**payload_of(mint(CLAIMS, KEY, now=NOW)), claim: value}
    header = b64(json.dumps({"alg": "EdDSA", "kid": "k1"}).encode())
    signing_input = f"{header}.{b64(json.dumps(payload).encode())}"
    token = f"{signing_input}.{b64(KEY.private.sign(signing_input.encode()))}"
    with pytest.raises(TokenInvalid):
        take(token)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 10, "é.é.é", "a" * 5000, "\x00", "....."])
def test_garbage_is_refused(token):
    with pytest.raises(TokenInvalid):
        take(token)


@given(st.text(max_size=200))
def test_no_text_makes_reading_raise_anything_else(text):
    with pytest.raises(TokenInvalid):
        take(text)


def test_an_expired_token_says_so_only_when_it_is_ours():
    later = CLAIMS.expires_at + timedelta(seconds=11)
    with pytest.raises(TokenExpired):
        take(mint(CLAIMS, KEY, now=NOW), now=later)
    with pytest.raises(TokenInvalid):
        take(mint(CLAIMS, OTHER, now=NOW), now=later)


def test_an_early_token_is_refused_until_its_time():
    token = mint(replace(CLAIMS, not_before=NOW + timedelta(hours=1)), KEY, now=NOW)
    with pytest.raises(TokenEarly):
        take(token)
    assert take(token, now=NOW + timedelta(hours=1)).subject == "customer"


def test_clocks_of_two_nodes_may_differ_a_little():
    token = mint(CLAIMS, KEY, now=NOW)
    assert take(token, now=NOW - timedelta(seconds=9)) == CLAIMS
    assert take(token, now=CLAIMS.expires_at + timedelta(seconds=9)) == CLAIMS


def test_what_was_minted_is_read_back():
    assert take(mint(CLAIMS, KEY, now=NOW)) == CLAIMS


def test_header_names_the_algorithm_and_the_key():
    token = mint(CLAIMS, KEY, now=NOW)
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": "k1", "typ": "JWT"}
    assert key_id(token) == "k1"


def test_an_old_key_goes_on_verifying():
    new = SigningKey("k2", OTHER.private)
    keys = {**KEYS, "k2": new.private.public_key()}
    assert take(mint(CLAIMS, KEY, now=NOW), keys=keys) == CLAIMS
    assert take(mint(CLAIMS, new, now=NOW), keys=keys) == CLAIMS
