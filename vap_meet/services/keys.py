"""The secrets that nodes share: the keys of links and of join tokens, in files that only we can read.

    secret_dir/        0700
      link-keys.json   0600   {"current": id, "keys": {id: base64 of 32 bytes}}
      token-keys.json  0600   the same; Ed25519 private keys

The current key is used for what is new; the others go on verifying what was made with them.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from base64 import b64decode, b64encode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vap_meet.domain.tokens import ALGORITHM, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_KEY_BYTES = 32
_FOR_EVERYBODY = 0o007


class KeysUnusable(Exception):  # noqa: N818 - says what is wrong
    """The key files can't be used; the sentence says which and why."""


class Ring(StrEnum):
    """The two rings of keys."""

    LINK = "link"
    TOKEN = "token"  # noqa: S105 - the name of a ring


@dataclass(frozen=True, slots=True)
class LinkKey:
    """A key that link codes are derived with, and its id."""

    id: str
    secret: bytes


class _RingFile(msgspec.Struct, frozen=True):
    current: str
    keys: dict[str, str]


class Keys:
    """Both rings. Reads the files once, and again when asked for a key that it does not know."""

    def __init__(self, secret_dir: Path) -> None:
        self._dir = secret_dir
        self._rings: dict[Ring, tuple[str, dict[str, bytes]]] = {}

    @classmethod
    def open(cls, secret_dir: Path) -> Keys:
        """Open the rings, making folder and keys on first use. Raises `KeysUnusable`."""
        keys = cls(secret_dir)
        try:
            secret_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_exposed(secret_dir)
            for ring in Ring:
                if not keys._path(ring).exists():
                    keys._rotate(ring, first=True)
                keys._load(ring)
        except OSError as error:
            raise KeysUnusable(f"The keys in {secret_dir} can't be used: {error.strerror}.") from error
        return keys

    def link_key(self, key_id: str | None = None) -> LinkKey:
        """Return the current link key, or the one with this id. Raises `KeyError` if there is none."""
        wanted = self._rings[Ring.LINK][0] if key_id is None else key_id
        return LinkKey(wanted, self._find(Ring.LINK, wanted))

    def signing_key(self) -> SigningKey:
        """Return the key that signs join tokens now."""
        current, keys = self._rings[Ring.TOKEN]
        return SigningKey(current, Ed25519PrivateKey.from_private_bytes(keys[current]))

    def verifying_key(self, key_id: str) -> Mapping[str, Ed25519PublicKey]:
        """Return the public key with this id by its id; nothing if there is none."""
        try:
            secret = self._find(Ring.TOKEN, key_id)
        except KeyError:
            return {}
        return {key_id: Ed25519PrivateKey.from_private_bytes(secret).public_key()}

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return every public token key as a JSON Web Key Set (RFC 7517, RFC 8037)."""
        _, keys = self._rings[Ring.TOKEN]
        return {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": "sig",
                    "alg": ALGORITHM,
                    "kid": key_id,
                    "x": _public_x(secret),
                }
                for key_id, secret in sorted(keys.items())
            ]
        }

    def rotate(self, ring: Ring) -> str:
        """Make a new current key and return its id; the old ones stay. Raises `KeysUnusable`."""
        try:
            self._rotate(ring, first=False)
            self._load(ring)
        except OSError as error:
            raise KeysUnusable(f"The keys in {self._dir} can't be written: {error.strerror}.") from error
        return self._rings[ring][0]

    def _find(self, ring: Ring, key_id: str) -> bytes:
        if key_id not in self._rings[ring][1]:
            self._load(ring)  # another node may have rotated
        return self._rings[ring][1][key_id]

    def _path(self, ring: Ring) -> Path:
        return self._dir / f"{ring}-keys.json"

    def _load(self, ring: Ring) -> None:
        path = self._path(ring)
        _refuse_exposed(path)
        try:
            stored = msgspec.json.decode(path.read_bytes(), type=_RingFile)
            keys = {key_id: b64decode(text, validate=True) for key_id, text in stored.keys.items()}
        except (msgspec.DecodeError, ValueError) as error:
            raise KeysUnusable(f"{path} does not hold keys.") from error
        if stored.current not in keys or any(len(secret) != _KEY_BYTES for secret in keys.values()):
            raise KeysUnusable(f"{path} does not hold keys.")
        self._rings[ring] = (stored.current, keys)

    def _rotate(self, ring: Ring, *, first: bool) -> None:
        """Add a key under a lock that all nodes on this folder take; `first`: only if there is none."""
        path = self._path(ring)
        with _locked(self._dir / ".lock"):
            if first and path.exists():
                return
            older: Mapping[str, str] = {}
            if path.exists():
                older = msgspec.json.decode(path.read_bytes(), type=_RingFile).keys
            key_id = secrets.token_hex(4)
            added = b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
            _replace(path, msgspec.json.encode(_RingFile(key_id, {**older, key_id: added})))


def _refuse_exposed(path: Path) -> None:
    if path.stat().st_mode & _FOR_EVERYBODY:
        raise KeysUnusable(f"{path} is open to every user of this machine; run: chmod o= {path}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and durably: links must outlive a power cut."""
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _public_x(secret: bytes) -> str:
    raw: Any = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")
