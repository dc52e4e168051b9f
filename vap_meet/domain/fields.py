"""What the fields of records may hold: each check returns what is wrong, None if nothing is."""

from __future__ import annotations

import re
import unicodedata

from vap_meet.domain.errors import InvalidRequest

MAX_EMAIL_CHARS = 254
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
PHONE_PATTERN = r"\+[1-9][0-9]{6,14}"  # ITU-T E.164: a plus sign and at most 15 digits
_ID = re.compile(ID_PATTERN)
_E164 = re.compile(PHONE_PATTERN)
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@.]+(\.[^\s@.]+)+")


def id_fault(text: str) -> str | None:
    """Return what is wrong with an id that a caller has chosen."""
    return None if _ID.fullmatch(text) else "Letters, digits, dot, dash, underscore; at most 64."


def refuse(faults: dict[str, str | None], sentence: str) -> None:
    """Raise `InvalidRequest` naming the fields that have a fault; none of them is no refusal."""
    fields = {name: fault for name, fault in faults.items() if fault is not None}
    if fields:
        raise InvalidRequest(sentence, fields=fields)


def line_fault(text: str, most: int) -> str | None:
    """Return what is wrong with one line of text, which has to say something."""
    if not text.strip() or len(text) > most:
        return f"Between 1 and {most} characters."
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in text):
        return "One line without control characters."
    return None


def text_fault(text: str | None, most: int) -> str | None:
    """Return what is wrong with a text of several lines; one that is missing has no fault."""
    if text is None:
        return None
    if len(text) > most:
        return f"At most {most} characters."
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\r\t" for letter in text):
        return "No control characters."
    return None


def phone_fault(phone: str | None) -> str | None:
    """Return what is wrong with a phone number; one that is missing has no fault."""
    if phone is None or _E164.fullmatch(phone):
        return None
    return "An international number: a plus sign and 7 to 15 digits."


def email_fault(email: str | None) -> str | None:
    """Return what is wrong with an e-mail address; one that is missing has no fault."""
    if email is None or (len(email) <= MAX_EMAIL_CHARS and _EMAIL.fullmatch(email) and email.isprintable()):
        return None
    return "An e-mail address."
