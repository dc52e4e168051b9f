"""Webhook sending: the handler of what the outbox promises to endpoints, and the record of its attempts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.webhooks import Endpoint, derive_secret, signed_headers
from vap_meet.services.delivery import NotKept
from vap_meet.store import webhook_attempts, webhooks
from vap_meet.store.webhook_attempts import EXCERPT_CHARS, Attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.services.delivery import Tried
    from vap_meet.services.keys import Keys
    from vap_meet.services.outbound import Answer, Outbound
    from vap_meet.store.engine import Database
    from vap_meet.store.webhooks import Event

GONE = 410
"""The status by which an endpoint says that it wants nothing any more (Standard Webhooks)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt that reached for an endpoint."""

    endpoint_id: str
    attempt: Attempt


class Signer:
    """Signs with every secret of an endpoint that is valid."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def secrets(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Return the valid secrets, the newest first."""
        now = self._clock()
        return tuple(
            derive_secret(self._keys.link_key(one.key_id).secret, endpoint.id, one.generation)
            for one in endpoint.secrets
            if one.expires_at is None or one.expires_at > now
        )

    def headers(self, endpoint: Endpoint, message_id: str, body: str) -> dict[str, str]:
        """Return the headers that prove a message."""
        return signed_headers(message_id, body, secrets=self.secrets(endpoint), now=self._clock())


class WebhookSending:
    """Tells endpoints; to be given to the dispatcher as handler and as recorder of its kind."""

    def __init__(self, *, db: Database, clock: Clock, keys: Keys, outbound: Outbound) -> None:
        self._db = db
        self._clock = clock
        self._signer = Signer(keys, clock)
        self._outbound = outbound
        self._asked: set[str] = set()
        self._found: dict[str, tuple[Endpoint, Event]] = {}
        self._turn = asyncio.Lock()

    async def send(self, delivery_id: str) -> Sent | None:
        """Tell an endpoint; None if there is nobody to tell any more. Raises `NotKept`."""
        found = await self._find(delivery_id)
        if found is None:
            return None
        endpoint, event = found
        if endpoint.disabled_at is not None:
            raise NotKept("endpoint_disabled", final=True)
        if endpoint.verified_at is None:
            raise NotKept("endpoint_not_verified")
        headers = self._signer.headers(endpoint, delivery_id, event.body)
        answer = await self._outbound.post(endpoint.url, event.body, headers)
        sent = Sent(endpoint.id, attempt_of(answer, self._clock))
        if not answer.accepted:
            error = answer.error or f"status {answer.status}"
            raise NotKept(error, detail=sent, final=answer.status == GONE)
        return sent

    async def _find(self, delivery_id: str) -> tuple[Endpoint, Event] | None:
        """Return whom to tell and what; those that ask while one reads are read together next."""
        self._asked.add(delivery_id)
        try:
            async with self._turn:
                if delivery_id in self._asked:
                    asked, self._asked = self._asked, set()
                    try:
                        async with self._db.read() as tx:
                            self._found |= await webhooks.for_sending(tx, asked)
                    except BaseException:
                        self._asked |= asked  # not read, which is not to say that they are gone
                        raise
                return self._found.get(delivery_id)
        finally:
            self._asked.discard(delivery_id)
            self._found.pop(delivery_id, None)

    async def record(self, tx: AsyncConnection, tried: Sequence[Tried]) -> None:
        """Write attempts and what they came to; an endpoint that is gone is disabled."""
        known = await webhook_attempts.known(tx, [one.message.payload for one in tried])
        tried = [one for one in tried if one.message.payload in known]
        made = [(one.message.payload, one.detail) for one in tried if isinstance(one.detail, Sent)]
        if made:
            await webhook_attempts.record(tx, [(delivery_id, sent.attempt) for delivery_id, sent in made])
        arrived = [one.message.payload for one in tried if one.error is None]
        if arrived:
            await webhook_attempts.mark_delivered(tx, arrived, at=self._clock())
        given_up = [one.message.payload for one in tried if one.given_up]
        if given_up:
            await webhook_attempts.mark_parked(tx, given_up, at=self._clock())
        for endpoint_id in {sent.endpoint_id for _, sent in made if sent.attempt.status == GONE}:
            await webhooks.disable(tx, endpoint_id, at=self._clock(), why="gone")


def attempt_of(answer: Answer, clock: Clock) -> Attempt:
    """Return what is kept of an answer: the beginning of its text, without control characters."""
    text = answer.body[: 4 * EXCERPT_CHARS].decode(errors="replace")
    excerpt = "".join(letter if letter.isprintable() else " " for letter in text)[:EXCERPT_CHARS]
    return Attempt(at=clock(), status=answer.status, ms=answer.ms, error=answer.error, excerpt=excerpt)
