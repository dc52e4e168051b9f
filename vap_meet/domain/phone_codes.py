"""One-time codes that prove a phone: derived from an id with a secret, so that none is stored anywhere."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
SENT_AT_MOST = ((5, timedelta(hours=1)), (10, timedelta(days=1)))
"""How many codes a phone gets in how long: a stranger can neither flood a phone nor guess for long."""

KEPT = timedelta(days=2)
"""How long it is known that a code was sent: longer than any bound looks back."""

_PURPOSE = b"vap-meet phone code v1:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCode:
    """A code that was sent: to which phone, and what it is good for."""

    id: str
    phone: str
    subject: str
    expires_at: datetime
    tries: int
    used_at: datetime | None


def derive_digits(key: bytes, code_id: str) -> str:
    """Return the digits of a code, about as likely as any others."""
    digest = hmac.digest(key, _PURPOSE + code_id.encode(), "sha256")
    return str(int.from_bytes(digest[:8], "big") % 10**DIGITS).zfill(DIGITS)


def read_digits(text: str) -> str:
    """Return a typed code in plain digits, whatever digits and spaces it was typed with."""
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdecimal())[: DIGITS + 1]
