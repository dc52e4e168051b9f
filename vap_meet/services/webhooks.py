"""Webhooks: the endpoints that booking systems register, and what they were told."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import structlog

from vap_meet.domain.errors import InvalidRequest, NotFound, VersionConflict
from vap_meet.domain.webhooks import (
    MAX_ENDPOINTS,
    OLD_SECRET_LIVES,
    VERIFY,
    Endpoint,
    SecretNumber,
    check_endpoint,
)
from vap_meet.services import webhook_events
from vap_meet.services.announcing import no_one
from vap_meet.services.webhook_sending import Signer
from vap_meet.store import audit, webhook_attempts
from vap_meet.store import webhooks as store
from vap_meet.store.webhook_attempts import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.services.keys import Keys
    from vap_meet.services.outbound import Answer, Outbound
    from vap_meet.store.engine import Database

__all__ = ["MANY", "PAGE", "Delivery", "Webhooks"]

log = structlog.get_logger(__name__)

PAGE = 50
MANY = 1_000
"""How many messages are sent again at once."""


class Webhooks:
    """The use cases of endpoints. `wake` is called after a commit that promised something."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        keys: Keys,
        outbound: Outbound,
        plain: bool = False,
        wake: Callable[[], None] = no_one,
    ) -> None:
        """Take the parts. `plain`: whether http is accepted too, for addresses the settings allow."""
        self._db = db
        self._clock = clock
        self._keys = keys
        self._signer = Signer(keys, clock)
        self._outbound = outbound
        self._plain = plain
        self._wake = wake

    def secret(self, endpoint: Endpoint) -> str:
        """Return the newest secret of an endpoint, to be shown once."""
        return self._signer.secrets(endpoint)[0]

    async def add(self, *, url: str, events: Sequence[str], description: str = "", by: str) -> Endpoint:
        """Register an endpoint, which is told nothing until it is verified. Raises `InvalidRequest`."""
        wanted = check_endpoint(url, events, description, plain=self._plain)
        async with self._db.write() as tx:
            if await store.count_endpoints(tx) >= MAX_ENDPOINTS:
                raise InvalidRequest(f"There are {MAX_ENDPOINTS} endpoints already.")
            endpoint = Endpoint(
                id=str(uuid4()),
                url=url,
                description=description,
                events=wanted,
                version=1,
                secrets=(SecretNumber(generation=1, key_id=self._keys.link_key().id, expires_at=None),),
                created_at=self._clock(),
                verified_at=None,
                disabled_at=None,
                disabled_why=None,
            )
            await store.add_endpoint(tx, endpoint)
            await self._audit(tx, "webhook.added", endpoint, by)
        return endpoint

    async def get(self, endpoint_id: str) -> Endpoint:
        """Return an endpoint. Raises `NotFound`."""
        async with self._db.read() as tx:
            return await store.get_endpoint(tx, endpoint_id)

    async def list(self) -> tuple[Endpoint, ...]:
        """Return every endpoint, the oldest first."""
        async with self._db.read() as tx:
            return await store.list_endpoints(tx)

    async def edit(
        self,
        endpoint_id: str,
        *,
        url: str,
        events: Sequence[str],
        description: str,
        by: str,
        if_match: int,
    ) -> Endpoint:
        """Change an endpoint; another address has to be verified anew.

        Raises `NotFound`, `InvalidRequest`, `VersionConflict`.
        """
        wanted = check_endpoint(url, events, description, plain=self._plain)
        async with self._db.write() as tx:
            current = await store.get_endpoint(tx, endpoint_id, hold=True)
            if if_match != current.version:
                raise VersionConflict("The endpoint has changed since it was read; read it again.")
            edited = replace(
                current,
                url=url,
                events=wanted,
                description=description,
                verified_at=current.verified_at if url == current.url else None,
            )
            return await self._write(tx, current, edited, "webhook.edited", by)

    async def remove(self, endpoint_id: str, *, by: str) -> None:
        """Delete an endpoint with the record of what it was told. Raises `NotFound`."""
        async with self._db.write() as tx:
            endpoint = await store.get_endpoint(tx, endpoint_id, hold=True)
            await store.delete_endpoint(tx, endpoint_id)
            await self._audit(tx, "webhook.removed", endpoint, by)

    async def rotate(self, endpoint_id: str, *, by: str) -> Endpoint:
        """Give an endpoint a new secret; messages are signed with the old ones too for a day."""
        async with self._db.write() as tx:
            now = self._clock()
            current = await store.get_endpoint(tx, endpoint_id, hold=True)
            await store.expire_secrets(tx, endpoint_id, now=now, at=now + OLD_SECRET_LIVES)
            number = SecretNumber(
                generation=current.secrets[0].generation + 1,
                key_id=self._keys.link_key().id,
                expires_at=None,
            )
            await store.add_secret(tx, endpoint_id, number, at=now)
            await self._audit(tx, "webhook.secret_rotated", current, by)
            return await store.get_endpoint(tx, endpoint_id)

    async def disable(self, endpoint_id: str, *, by: str) -> Endpoint:
        """Tell an endpoint nothing any more; what was still promised to it is given up."""
        return await self._switch(endpoint_id, on=False, by=by)

    async def enable(self, endpoint_id: str, *, by: str) -> Endpoint:
        """Tell an endpoint again what happens from now on."""
        return await self._switch(endpoint_id, on=True, by=by)

    async def verify(self, endpoint_id: str, *, by: str) -> Endpoint:
        """Ask an endpoint for a challenge back, and take it as listening if it answers with it.

        Raises `NotFound`, and `InvalidRequest` saying what came instead.
        """
        asked = await self.get(endpoint_id)
        challenge = secrets.token_urlsafe(24)
        content = {
            "type": VERIFY,
            "timestamp": self._clock().isoformat(),
            "data": {"challenge": challenge},
        }
        body = json.dumps(content)
        headers = self._signer.headers(asked, f"msg_{uuid4().hex}", body)
        answer = await self._outbound.post(asked.url, body, headers)
        if not (answer.accepted and _echoes(answer.body, challenge)):
            log.info("webhook_not_verified", endpoint=endpoint_id, status=answer.status, error=answer.error)
            raise InvalidRequest(
                "The endpoint has not proved that it listens.", fields={"url": _said(answer)}
            )
        async with self._db.write() as tx:
            current = await store.get_endpoint(tx, endpoint_id, hold=True)
            if current.url != asked.url:
                raise VersionConflict("The endpoint has another address now; verify it again.")
            verified = replace(current, verified_at=current.verified_at or self._clock())
            return await self._write(tx, current, verified, "webhook.verified", by)

    async def deliveries(
        self, endpoint_id: str, *, unfinished: bool = False, before: str | None = None, at_most: int = PAGE
    ) -> tuple[Delivery, ...]:
        """Return what an endpoint was told with every attempt, the newest first. Raises `NotFound`."""
        async with self._db.read() as tx:
            await store.get_endpoint(tx, endpoint_id)
            return await webhook_attempts.of_endpoint(
                tx, endpoint_id, unfinished=unfinished, before=before, at_most=at_most
            )

    async def send_again(self, endpoint_id: str, delivery_ids: Sequence[str] | None, *, by: str) -> int:
        """Send messages again under their ids, or all that were given up if None; return how many.

        What is still on its way is left as it is. Raises `NotFound`, `InvalidRequest`.
        """
        if delivery_ids is not None and len(delivery_ids) > MANY:
            raise InvalidRequest("Those are too many.", fields={"messages": f"At most {MANY} at once."})
        async with self._db.write() as tx:
            endpoint = await store.get_endpoint(tx, endpoint_id, hold=True)
            wanted: Sequence[Delivery]
            if delivery_ids is None:
                wanted = await webhook_attempts.parked(tx, endpoint_id, at_most=MANY)
            else:
                wanted = [await webhook_attempts.get(tx, one) for one in dict.fromkeys(delivery_ids)]
            if any(one.endpoint_id != endpoint_id for one in wanted):
                raise NotFound("There is no such webhook message.")
            promised = []
            for one in wanted:
                if one.due_at is None:
                    promise_id = await webhook_events.promise(
                        tx, endpoint_id, one.appointment_id, one.id, at=self._clock()
                    )
                    promised.append((one.id, promise_id))
            if promised:
                await webhook_attempts.send_again(tx, promised)
                await self._audit(tx, "webhook.sent_again", endpoint, by, count=len(promised))
        self._wake()
        return len(promised)

    async def _switch(self, endpoint_id: str, *, on: bool, by: str) -> Endpoint:
        async with self._db.write() as tx:
            current = await store.get_endpoint(tx, endpoint_id, hold=True)
            if (current.disabled_at is None) is on:
                return current
            switched = replace(
                current,
                disabled_at=None if on else self._clock(),
                disabled_why=None if on else "admin",
            )
            return await self._write(
                tx, current, switched, "webhook.enabled" if on else "webhook.disabled", by
            )

    async def _write(
        self, tx: AsyncConnection, current: Endpoint, changed: Endpoint, action: str, by: str
    ) -> Endpoint:
        if changed == current:
            return current
        changed = replace(changed, version=current.version + 1)
        await store.update_endpoint(tx, changed)
        await self._audit(tx, action, changed, by)
        return changed

    async def _audit(
        self, tx: AsyncConnection, action: str, endpoint: Endpoint, by: str, **more: int
    ) -> None:
        public = {"by": by, "endpoint": endpoint.id, "host": urlsplit(endpoint.url).hostname, **more}
        await audit.record(tx, at=self._clock(), action=action, appointment_id=None, public=public)


def _echoes(body: bytes, challenge: str) -> bool:
    """Whether an answer is the challenge, as text or as JSON's `challenge`."""
    text = body.decode(errors="replace").strip()
    if text == challenge:
        return True
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("challenge") == challenge


def _said(answer: Answer) -> str:
    """Return what came instead of the challenge, in one sentence."""
    if answer.error is not None:
        return f"It could not be asked: {answer.error}."
    if not answer.accepted:
        return f"It answered with status {answer.status}."
    return "It answered without the challenge."
