"""Packing: which content encodings a client takes, and pages packed as they are written.

A page is written for one reader and packed at once, so its time counts as well as its bytes. Brotli's seventh
level takes the time of zlib's usual sixth and a twelfth of the bytes less; zlib's fourth takes half of the
time for a twentieth more. Both are done here and now: another thread costs a quarter of it again.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

import brotli  # type: ignore[import-untyped]

_BROTLI_LEVEL = 7
_ZLIB_LEVEL = 4
_AS_GZIP = 16 + zlib.MAX_WBITS


@lru_cache(maxsize=64)
def offers(accepted: str) -> frozenset[str]:
    """Return the encodings that an Accept-Encoding header takes; ``q=0`` refuses one (RFC 9110, 12.4.2)."""
    every = (offer.replace(" ", "").lower().partition(";q=") for offer in accepted.split(","))
    return frozenset(name for name, _, weight in every if not weight or weight.strip("0."))


def packed(page: bytes, accepted: str) -> tuple[bytes, str | None]:
    """Return a page in the best encoding that an Accept-Encoding header takes, and that encoding's name."""
    taken = offers(accepted)
    if "br" in taken:
        body: bytes = brotli.compress(page, quality=_BROTLI_LEVEL)
        return body, "br"
    if "gzip" in taken:
        packer = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, _AS_GZIP)
        return packer.compress(page) + packer.flush(), "gzip"
    return page, None
