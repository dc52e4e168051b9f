"""Request look-up at any back office that answers a GET with JSON of a documented shape (docs/requests.md).

    GET {url with {number} and {phone}}
    200 {"status": {"ar", "en"}, "missing": [{"ar", "en"}], "next": {"who", "ar"?, "en"?},
         "updated_at": "2026-12-01T09:00:00+04:00", "phone_matches": true}
    404 there is no such request

The operator chooses the address, so it may be a private one; what a customer typed can't change where in it a
question goes. Redirects are not followed, an answer is read up to a bound, and everything has a deadline.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

import aiohttp
import msgspec
import structlog
from msgspec import Meta, Struct
from yarl import URL

from vap_meet.domain.request_status import (
    NOT_FOUND,
    UNAVAILABLE,
    Finding,
    NextActor,
    RequestStatus,
    Words,
)
from vap_meet.services.request_lookup import RequestLookup

log = structlog.get_logger(__name__)

TIMEOUT_S = 3.0
MAX_ANSWER_BYTES = 32 * 1024
MAX_MISSING = 20

_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_OK, _GONE = 200, 404


class WordsIn(Struct):
    """A text in both languages."""

    ar: _Text
    en: _Text

    def words(self) -> Words:
        """Return the domain's value."""
        return Words(self.ar, self.en)


class NextIn(Struct):
    """Who acts next, and how that is put to people."""

    who: NextActor
    ar: _Text | None = None
    en: _Text | None = None

    def step(self) -> Words | None:
        """Return the words, None unless both languages are there."""
        return Words(self.ar, self.en) if self.ar and self.en else None


class StatusIn(Struct):
    """What a back office answers. What it says beyond this is let be."""

    status: WordsIn
    next: NextIn
    updated_at: Annotated[datetime, Meta(tz=True)]
    missing: Annotated[tuple[WordsIn, ...], Meta(max_length=MAX_MISSING)] = ()
    phone_matches: bool | None = None

    def read(self) -> RequestStatus:
        """Return the domain's value. Raises `OverflowError` for a time beyond the calendar."""
        return RequestStatus(
            status=self.status.words(),
            missing=tuple(one.words() for one in self.missing),
            next_actor=self.next.who,
            next_step=self.next.step(),
            updated_at=self.updated_at.astimezone(UTC),
            phone_matches=self.phone_matches,
        )


class HttpRequestLookup(RequestLookup):
    """Asks over HTTP. `header` is one line, ``Name: value``, with the secret that the back office wants."""

    def __init__(self, url: str, *, header: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        name, _, value = (header or "").partition(":")
        self._headers = {"Accept": "application/json", "User-Agent": "VAP-Meet"}
        if header:
            self._headers[name.strip()] = value.strip()
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def look_up(self, number: str, *, phone: str | None) -> Finding:
        """Ask. What can't be read or comes too late is unavailable, and logged by its kind alone."""
        if not number.strip("."):  # as a path it would lead elsewhere
            return NOT_FOUND
        self._session = self._session or aiohttp.ClientSession(
            timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )
        try:
            async with self._session.get(
                self._address(number, phone), headers=self._headers, allow_redirects=False
            ) as response:
                if response.status == _GONE:
                    return NOT_FOUND
                if response.status != _OK:
                    return _failed(f"status {response.status}")
                body = await _whole(response)
            return Finding.of(msgspec.json.decode(body, type=StatusIn).read())
        except (aiohttp.ClientError, OSError, ValueError, OverflowError) as failure:
            return _failed(type(failure).__name__)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _address(self, number: str, phone: str | None) -> URL:
        """Return the template with its places filled; a value can't end what it stands in."""
        values = {"{number}": number, "{phone}": phone or ""}
        address = self._url
        for place, value in values.items():
            address = address.replace(place, quote(value, safe=""))
        return URL(address, encoded=True)


def _failed(why: str) -> Finding:
    log.warning("request_lookup_failed", why=why)
    return UNAVAILABLE


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """Return the body. Raises `ValueError` if there is more of it than anybody reads."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            response.close()
            raise ValueError("too long an answer")
    return bytes(body)
