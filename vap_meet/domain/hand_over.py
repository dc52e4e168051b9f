"""A call that goes on at another device of the same person, by a link that is good once and not for long."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LIFETIME = timedelta(minutes=5)
CODE_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A link that was made at one device for another: good for its participant, once, until it expires."""

    id: str
    appointment_id: str
    participant_id: str
    schedule_version: int
    visit_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def code_of(secret: bytes) -> str:
    """Return the 26 letters and digits (RFC 4648 base32, lower case) that stand for 128 bits of chance."""
    return b32encode(secret).decode("ascii").rstrip("=").lower()


def code_sha256(code: str) -> str:
    """Return what is stored of a code, whatever case it was typed in."""
    return hashlib.sha256(code.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()
