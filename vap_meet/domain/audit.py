"""The audit log's arithmetic: exact bytes, salted commitments, and the hash chain over them.

    commitment = SHA-256(salt, personal)
    hash       = SHA-256(version, previous, seal_no, public, commitment)

Every part is framed by its length, so no two lists of parts have the same bytes. Erasing takes personal part
and salt away and leaves the commitment: the chain still holds, and nobody can guess what was committed to.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

VERSION = 1
SALT_BYTES = 32
GENESIS = bytes(32)
"""What stands for the hash before the first."""

ERASED = "audit.erased"
"""The action of the entry that says which others were erased, by their commitments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry as stored. `personal` and `salt` are None once erased; `seal_no` and `hash` until sealed."""

    id: int
    at: datetime
    action: str
    appointment_id: str | None
    public: bytes
    personal: bytes | None
    salt: bytes | None
    commitment: bytes
    seal_no: int | None
    hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """One entry to write. Names, phones, addresses and IPs belong in `personal`, which can be erased.

    Both parts are JSON objects, keys in snake_case; `action` is ``noun.verbed``.
    """

    at: datetime
    action: str
    appointment_id: str | None
    public: Mapping[str, Any]
    personal: Mapping[str, Any] | None = None


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one JSON text of `content`: sorted keys, no spaces, UTF-8. Raises on what is no JSON."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def public_bytes(
    *, at: datetime, action: str, appointment_id: str | None, public: Mapping[str, Any]
) -> bytes:
    """Return the bytes that are hashed: the entry's columns stand in them too, so none can be altered."""
    return canonical(
        {
            "at": at.astimezone(UTC).isoformat(),
            "action": action,
            "appointment_id": appointment_id,
            "public": dict(public),
        }
    )


def commitment(salt: bytes, personal: bytes) -> bytes:
    """Return what stays of a personal part when it is erased."""
    return _framed(salt, personal)


def chain_hash(*, previous: bytes, seal_no: int, public: bytes, committed: bytes) -> bytes:
    """Return the hash that seals an entry behind the one before it."""
    return _framed(b"vap-meet audit", _number(VERSION), previous, _number(seal_no), public, committed)


def _framed(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(_number(len(part)))
        digest.update(part)
    return digest.digest()


def _number(number: int) -> bytes:
    return number.to_bytes(8, "big")
