"""The key rings on disk."""

from __future__ import annotations

import base64
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vap_meet.services.keys import Keys, KeysUnusable, Ring


def mode(path):
    return path.stat().st_mode & 0o777


def test_first_use_makes_a_closed_folder_with_closed_files(tmp_path):
    secret_dir = tmp_path / "var" / "secrets"
    Keys.open(secret_dir)
    assert mode(secret_dir) == 0o700
    assert {path.name: mode(path) for path in secret_dir.iterdir()} == {
        ".lock": 0o600,
        "link-keys.json": 0o600,
        "token-keys.json": 0o600,
    }


def test_the_next_start_finds_the_same_keys(tmp_path):
    first, second = Keys.open(tmp_path / "s"), Keys.open(tmp_path / "s")
    assert first.link_key() == second.link_key()
    assert first.jwks() == second.jwks()


def test_nodes_that_start_at_once_agree_on_the_keys(tmp_path):
    seen = []
    threads = [
        threading.Thread(target=lambda: seen.append(Keys.open(tmp_path / "s").link_key())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


@pytest.mark.parametrize("name", ["", "link-keys.json", "token-keys.json"])
def test_keys_that_everybody_can_read_are_refused_with_the_remedy(tmp_path, name):
    Keys.open(tmp_path / "s")
    exposed = tmp_path / "s" / name
    exposed.chmod(0o755 if exposed.is_dir() else 0o644)
    with pytest.raises(KeysUnusable, match="chmod o="):
        Keys.open(tmp_path / "s")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"current": "a", "keys": {}}',
        b'{"current": "a", "keys": {"a": "!!"}}',
        b'{"current": "a", "keys": {"a": "YWJj"}}',
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(tmp_path, content):
    Keys.open(tmp_path / "s")
    path = tmp_path / "s" / "link-keys.json"
    path.write_bytes(content)
    with pytest.raises(KeysUnusable, match=r"link-keys\.json"):
        Keys.open(tmp_path / "s")
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeysUnusable, match="can't be used"):
        Keys.open(tmp_path / "file" / "s")


def test_rotation_keeps_the_old_link_key(tmp_path):
    keys = Keys.open(tmp_path / "s")
    old = keys.link_key()
    new_id = keys.rotate(Ring.LINK)
    assert keys.link_key().id == new_id != old.id
    assert keys.link_key(old.id) == old
    assert mode(tmp_path / "s" / "link-keys.json") == 0o600


def test_a_token_signed_by_another_node_after_its_rotation_is_verified(tmp_path):
    here, there = Keys.open(tmp_path / "s"), Keys.open(tmp_path / "s")
    old = here.signing_key()
    new_id = there.rotate(Ring.TOKEN)
    signature = there.signing_key().private.sign(b"x")
    here.verifying_key(new_id)[new_id].verify(signature, b"x")
    here.verifying_key(old.id)[old.id].verify(old.private.sign(b"y"), b"y")


def test_an_unknown_key_is_none(tmp_path):
    keys = Keys.open(tmp_path / "s")
    assert keys.verifying_key("nobody") == {}
    with pytest.raises(KeyError):
        keys.link_key("nobody")


def test_jwks_holds_every_public_key_and_nothing_private(tmp_path):
    keys = Keys.open(tmp_path / "s")
    old = keys.signing_key()
    keys.rotate(Ring.TOKEN)
    jwks = keys.jwks()["keys"]
    assert {key["kid"] for key in jwks} == {old.id, keys.signing_key().id}
    for key in jwks:
        assert set(key) == {"kty", "crv", "use", "alg", "kid", "x"}
        raw = base64.urlsafe_b64decode(key["x"] + "=")
        assert Ed25519PublicKey.from_public_bytes(raw) == keys.verifying_key(key["kid"])[key["kid"]]
