"""The code of a link, `/j/{code}`: a keyed hash that can be derived again but never guessed."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode

CODE_BYTES = 16
_CODE = re.compile(r"[a-z2-7]{26}")
_PURPOSE = b"vap-meet link v1"


def derive_code(
    key: bytes, *, key_id: str, appointment_id: str, participant_id: str, schedule_version: int
) -> str:
    """Return the 26 characters that name one participant's link to one time of one appointment.

    128 bits of HMAC-SHA256 in base32 (RFC 4648), lower case, without padding. Each part is preceded by its
    length, so that no two different sets of parts are hashed as the same bytes.
    """
    parts = (appointment_id, participant_id, str(schedule_version), key_id)
    message = b"".join(_framed(part) for part in (_PURPOSE, *(part.encode() for part in parts)))
    digest = hmac.digest(key, message, "sha256")
    return b32encode(digest[:CODE_BYTES]).decode("ascii").rstrip("=").lower()


def read_code(text: str) -> str | None:
    """Return the code as it was derived, whatever case it was typed in; None if it can't be one."""
    code = text.strip().lower() if text.isascii() else ""
    return code if _CODE.fullmatch(code) else None


def code_sha256(code: str) -> str:
    """Return what is stored of a code: its SHA-256, in hex."""
    return hashlib.sha256(code.encode("ascii")).hexdigest()


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part
