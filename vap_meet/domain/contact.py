"""How somebody can be told something: a phone number or an e-mail address, as people write them."""

from __future__ import annotations

import re
import unicodedata

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_MAX_EMAIL_CHARS = 254
_BETWEEN_DIGITS = re.compile(r"[\s().\-\u2010-\u2015]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164
HOME = "971"
"""The country of a number that is written without one."""


def read_contact(text: str) -> str | None:
    """Return an e-mail address in small letters or a phone number as E.164; None if it is neither."""
    plain = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
    if "@" not in plain:
        return read_phone(plain)
    if len(plain) <= _MAX_EMAIL_CHARS and plain.isprintable() and _EMAIL.fullmatch(plain):
        return plain.lower()
    return None


def read_phone(text: str) -> str | None:
    """Return a phone number as E.164: 050 123 4567, 00971 50…, +971 (50)…, in any digits."""
    digits = "".join(
        str(unicodedata.digit(letter)) if letter.isdecimal() else letter
        for letter in _BETWEEN_DIGITS.sub("", text)
    )
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = f"+{HOME}{digits[1:]}"
    elif digits.startswith((HOME, "5")) and not digits.startswith("+"):
        digits = "+" + (digits if digits.startswith(HOME) else HOME + digits)
    if digits.startswith(f"+{HOME}0"):  # +971 (0)50…
        digits = f"+{HOME}{digits[len(HOME) + 2 :]}"
    return digits if _E164.fullmatch(digits) else None
