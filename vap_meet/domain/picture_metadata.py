"""Taking out of a picture what does not show: where and when it was taken, with which device, by whom.

The picture itself stays as it is, to the last bit: only its container is written anew, so that nothing of a
document's print is lost, as it would be by encoding it again. A JPEG keeps its orientation (Exif 2.32, tag
0x0112), since it would lie on its side without; every picture keeps its colours' profile.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from vap_meet.domain.attachment import FileKind, PictureError
from vap_meet.domain.heic_metadata import without_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SOI, _SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = (
    *(0xD8, 0xDA, 0xD9),
    *(0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE),
)
# Within the picture's own data a marker is what is neither a stuffed byte nor a restart (ITU T.81, B.1.1.2).
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_KEPT_SEGMENTS: Final = {_APP0: b"JFIF\0", _APP2: b"ICC_PROFILE\0", _APP14: b"Adobe"}
_EXIF: Final = b"Exif\0\0"
_ORIENTATION: Final = 0x0112
_ORIENTATIONS: Final = range(2, 9)  # 1 is how it lies anyway

_PNG_SIGNATURE: Final = 8
_KEPT_CHUNKS: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD"}
    | {b"pHYs", b"hIST", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"cICP", b"mDCV", b"cLLI"}
)
_KEPT_IN_WEBP: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_EXIF_AND_XMP: Final = 0b1100  # flags of VP8X


def without_metadata(content: bytes, kind: FileKind) -> bytes:
    """Return a picture without what does not show of it; a PDF as it is.

    Raises `PictureError` for what is not built as its kind is: what can't be read can't be cleaned.
    """
    strip = _STRIP.get(kind)
    if strip is None:
        return content
    try:
        return strip(content)
    except (IndexError, struct.error) as error:
        raise PictureError(f"This is no whole {kind.value}.") from error


def _jpeg(content: bytes) -> bytes:
    kept = [content[:2]]
    for marker, segment, data in _segments(content):
        if marker == _APP1 and segment[4:].startswith(_EXIF):
            kept.append(_only_orientation(segment[4 + len(_EXIF) :]))
        elif _is_kept(marker, segment):
            kept += [segment, data]
        if marker == _EOI:
            return b"".join(kept)  # what phones append, such as a film of the moment, is metadata too
    raise PictureError("This JPEG has no end.")


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each marker, its segment as it stands, and the picture's data that follows a scan's head."""
    at = 2
    while at < len(content):
        if content[at] != 0xFF:  # noqa: PLR2004 - a marker's first byte
            raise PictureError("This JPEG is not made of segments.")
        marker = content[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
            continue
        if marker == _EOI:
            yield marker, content[at : at + 2], b""
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):  # noqa: PLR2004 - a length counts itself
            raise PictureError("A segment of this JPEG is cut off.")
        after = end
        if marker == _SOS:
            found = _NEXT_MARKER.search(content, end)
            if found is None:
                raise PictureError("This JPEG has no end.")
            after = found.start()
        yield marker, content[at:end], content[end:after]
        at = after


def _is_kept(marker: int, segment: bytes) -> bool:
    if marker == _COMMENT:
        return False
    if not _APP0 <= marker <= _APP15:
        return True
    start = _KEPT_SEGMENTS.get(marker)
    return start is not None and segment[4:].startswith(start)


def _only_orientation(tiff: bytes) -> bytes:
    """Return a segment that says how the picture lies and nothing else; nothing if it lies as it should."""
    orientation = _orientation(tiff)
    if orientation not in _ORIENTATIONS:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)  # one SHORT
    body = _EXIF + struct.pack(">2sHIH", b"MM", 42, 8, 1) + entry + struct.pack(">I", 0)
    return struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body


def _orientation(tiff: bytes) -> int | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        return None  # goes as a whole, whatever it held
    return None


def _png(content: bytes) -> bytes:
    kept, at = [content[:_PNG_SIGNATURE]], _PNG_SIGNATURE
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            break
        if name in _KEPT_CHUNKS:
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise PictureError("This PNG has no end.")


def _webp(content: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", content, 4)
    whole, at, kept = size + 8, 12, []
    if whole > len(content):
        raise PictureError("This WebP is cut off.")
    while at < whole:
        name, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length + length % 2
        if end > whole:
            raise PictureError("A part of this WebP is cut off.")
        chunk = content[at:end]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_EXIF_AND_XMP]) + chunk[9:]
        if name in _KEPT_IN_WEBP:
            kept.append(chunk)
        at = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_STRIP: Final[dict[FileKind, Callable[[bytes], bytes]]] = {
    FileKind.JPEG: _jpeg,
    FileKind.PNG: _png,
    FileKind.WEBP: _webp,
    FileKind.HEIC: without_items,
}
