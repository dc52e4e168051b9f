"""Taking the metadata out of a HEIC picture (ISO/IEC 14496-12 and 23008-12).

Everything in it is found by its offset, so nothing is cut out: what says where and when is overwritten with
zeros, in its place. How the picture lies is a property of its own (`irot`) and stays.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from vap_meet.domain.attachment import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = frozenset({b"ftyp", b"meta", b"mdat", b"free", b"skip"})
"""Boxes of the file that the picture is made of; a film of the moment, say, is another."""

_METADATA: Final = frozenset({b"Exif", b"mime"})  # `mime` holds XMP
_IN_FILE, _IN_META = 0, 1  # where an item's bytes are
_HEAD: Final = 8


def without_items(content: bytes) -> bytes:
    """Return the picture with its Exif and XMP items empty. Raises `PictureError`, `struct.error`."""
    blank = bytearray(content)
    metas = []
    for name, start, end in _boxes(content, 0, len(content)):
        if name == b"meta":
            metas.append((start, end))
        elif name not in _SHOWN:
            blank[start - _HEAD + 4 : start - _HEAD + 8] = b"free"
            blank[start:end] = bytes(end - start)
    if not metas:
        raise PictureError("This HEIC says nothing about its picture.")
    for start, end in metas:
        for first, last in _metadata(content, start + 4, end):  # after version and flags
            if last > len(content):
                raise PictureError("A part of this HEIC is cut off.")
            blank[first:last] = bytes(last - first)
    return bytes(blank)


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box between two offsets: its name, where its content starts and where it ends."""
    while at < end:
        size, name = struct.unpack_from(">I4s", content, at)
        start = at + _HEAD
        if size == 1:
            raise PictureError("A part of this HEIC is larger than any that is taken.")
        last = end if size == 0 else at + size
        if last < start or last > end:
            raise PictureError("A part of this HEIC is cut off.")
        yield name, start, last
        at = last


def _metadata(content: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the bytes of metadata are, of what a `meta` box tells of."""
    parts = {name: (first, last) for name, first, last in _boxes(content, start, end)}
    if b"iinf" not in parts or b"iloc" not in parts:
        return
    hidden = set(_hidden(content, *parts[b"iinf"]))
    inside, inside_end = parts.get(b"idat", (end, end))
    for item, method, offset, length in _places(content, parts[b"iloc"][0]):
        if item not in hidden:
            continue
        if method == _IN_FILE:
            yield offset, offset + length if length else len(content)
        elif method == _IN_META:
            yield inside + offset, inside + offset + length if length else inside_end
        else:
            raise PictureError("This HEIC holds its parts in one another.")


def _hidden(content: bytes, start: int, end: int) -> Iterator[int]:
    """Yield the ids of the items that are metadata (8.11.6)."""
    counted = 2 if content[start] == 0 else 4
    for name, at, _ in _boxes(content, start + 4 + counted, end):
        version = content[at]
        if name != b"infe" or version not in {2, 3}:
            raise PictureError("This HEIC does not say what its parts are.")
        item, _, kind = struct.unpack_from(">HH4s" if version == 2 else ">IH4s", content, at + 4)  # noqa: PLR2004
        if kind in _METADATA:
            yield int(item)


def _places(content: bytes, at: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield each extent of each item: whose, in which way it is stored, where, how long (8.11.3)."""
    version, sizes, more = content[at], content[at + 4], content[at + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version else 0
    wide = version > 1
    reader = _Reader(content, at + 6)
    for _ in range(reader.number(4 if wide else 2)):
        item = reader.number(4 if wide else 2)
        method = reader.number(2) & 15 if version else _IN_FILE
        reader.number(2)  # the file that holds it: this one
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            reader.number(index_size)
            yield item, method, base + reader.number(offset_size), reader.number(length_size)


class _Reader:
    """Reads numbers of given sizes one after another."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at

    def number(self, size: int) -> int:
        read = self._content[self._at : self._at + size]
        if len(read) < size:
            raise PictureError("This HEIC is cut off.")
        self._at += size
        return int.from_bytes(read)
