"""What may be attached to an appointment: a few kinds of files, told by their first bytes, of bounded size.

`static/js/media/file-kinds.js` holds what goes from browser to browser to the same rules.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MAX_BYTES = 20 * 1024 * 1024
MAX_AN_APPOINTMENT = 20
MAX_NAME_CHARS = 100
MAGIC_BYTES = 12
"""So many bytes tell what a file is."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORBIDDEN = frozenset('<>:"|?*')
_ENDING_CHARS = 6


class PictureError(ValueError):
    """A picture's parts don't follow each other as its kind has them."""


class FileKind(StrEnum):
    """A media type that may be attached."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"


_ENDINGS: dict[FileKind, tuple[str, ...]] = {
    FileKind.PDF: ("pdf",),
    FileKind.JPEG: ("jpg", "jpeg"),
    FileKind.PNG: ("png",),
    FileKind.WEBP: ("webp",),
    FileKind.HEIC: ("heic", "heif"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file kept with an appointment, without its content. `sent_by` and the others are participants.

    Of one that was withdrawn only that remains: neither its name nor its content.
    """

    id: str
    appointment_id: str
    name: str
    kind: FileKind
    size: int
    sha256: bytes
    sent_by: str
    attached_by: str
    attached_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None


def kind_of(content: bytes) -> FileKind | None:
    """Return what a file is by its first bytes, None for anything that may not be attached."""
    first = content[:MAGIC_BYTES]
    if len(first) < MAGIC_BYTES:
        return None
    if first[4:8] == b"ftyp" and first[8:] in _HEIC_BRANDS:
        return FileKind.HEIC
    if first.startswith(b"RIFF") and first.endswith(b"WEBP"):
        return FileKind.WEBP
    for start, kind in (
        (b"%PDF-", FileKind.PDF),
        (b"\xff\xd8\xff", FileKind.JPEG),
        (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    ):
        if first.startswith(start):
            return kind
    return None


def clean_name(name: str, kind: FileKind) -> str:
    """Return a name fit to be shown and saved: no folders, nothing unseen, an ending that says what it is."""
    last = re.split(r"[\\/]", name)[-1]
    seen = (char for char in last if unicodedata.category(char) not in _UNSEEN and char not in _FORBIDDEN)
    plain = " ".join("".join(seen).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    fits = bool(dot) and ending.lower() in _ENDINGS[kind]
    kept = (stem if fits else plain)[: MAX_NAME_CHARS - _ENDING_CHARS].strip()
    return f"{kept or 'file'}.{ending.lower() if fits else _ENDINGS[kind][0]}"
