"""SMS by any provider that takes an HTTP request: address, header and body template are settings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import aiohttp

from vap_meet.services.delivery import NotKept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.domain.messages import OutgoingMessage

TIMEOUT_S = 15.0
_PLACE = re.compile(r"\{(to|text|id)\}")
_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Refusals that pass: an operator renews a key, a provider has had too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsProvider:
    """Where text messages are handed over. `header` is one line, ``Name: value``."""

    url: str
    header: str | None
    body: str

    @property
    def content_type(self) -> str:
        """What the body's template is: JSON, or a form."""
        is_json = self.body.lstrip().startswith(("{", "["))
        return "application/json" if is_json else "application/x-www-form-urlencoded"

    def body_of(self, values: Mapping[str, str]) -> str:
        """Return the template with its places filled; a value can't end what it stands in."""
        is_json = self.content_type == "application/json"
        escape = (lambda value: json.dumps(value)[1:-1]) if is_json else quote_plus
        return _PLACE.sub(lambda place: escape(values[place[1]]), self.body)


class SmsSender:
    """Sends by HTTP. A redirect is a refusal; the message's id goes along as `Idempotency-Key`."""

    def __init__(self, provider: SmsProvider, *, timeout_s: float = TIMEOUT_S) -> None:
        self._provider = provider
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: OutgoingMessage) -> None:
        """Hand a message over. Raises `NotKept` with the provider's status, never with its words."""
        provider = self._provider
        values = {"to": message.to, "text": message.letter.short, "id": message.id}
        headers = {"Content-Type": provider.content_type, "Idempotency-Key": message.id}
        if provider.header:
            name, _, value = provider.header.partition(":")
            headers[name.strip()] = value.strip()
        self._session = self._session or aiohttp.ClientSession(timeout=self._timeout)
        try:
            async with self._session.post(
                provider.url,
                data=provider.body_of(values).encode(),
                headers=headers,
                allow_redirects=False,
            ) as response:
                status = response.status
        except TimeoutError:
            raise NotKept("sms: timeout") from None
        except (aiohttp.ClientError, OSError) as failure:
            raise NotKept(f"sms: {type(failure).__name__}") from None
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            refused_for_good = 400 <= status < 500 and status not in _AGAIN  # noqa: PLR2004
            raise NotKept(f"sms: status {status}", final=refused_for_good)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self._session is not None:
            await self._session.close()
