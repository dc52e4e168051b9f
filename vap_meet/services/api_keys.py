"""Keys of booking systems: shown once when made, stored as a hash, checked on every request."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain.errors import InvalidApiKey, InvalidRequest, NotFound
from vap_meet.services.idempotency import Idempotency
from vap_meet.store import api_keys, audit

if TYPE_CHECKING:
    from vap_meet.clock import Clock
    from vap_meet.store.api_keys import KnownKey
    from vap_meet.store.engine import Database

PREFIX = "vapk_"
_MAX_NAME_CHARS = 120
_MAX_SECRET_CHARS = 200


class ApiKeys:
    """Makes, checks and revokes API keys. A secret has 256 random bits, so a fast hash keeps it.

    `idempotency` remembers the answers to requests that were made with the keys.
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.idempotency = Idempotency(db=db, clock=clock)

    async def add(self, name: str) -> str:
        """Make a key and return its secret, which is never shown again. Raises `InvalidRequest`."""
        name = name.strip()
        if not 0 < len(name) <= _MAX_NAME_CHARS:
            raise InvalidRequest(
                "A key needs a name.", fields={"name": f"Between 1 and {_MAX_NAME_CHARS} characters."}
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        key_id, now = str(uuid4()), self._clock()
        async with self._db.write() as tx:
            await api_keys.add(tx, id_=key_id, name=name, secret_sha256=_sha256(secret), at=now)
            await audit.record(
                tx, at=now, action="api_key.added", appointment_id=None, public={"api_key_id": key_id}
            )
        return secret

    async def check(self, secret: str) -> str:
        """Return the id of the key with this secret. Raises `InvalidApiKey`."""
        if secret.startswith(PREFIX) and len(secret) <= _MAX_SECRET_CHARS and secret.isascii():
            async with self._db.read() as tx:
                key_id = await api_keys.id_of(tx, _sha256(secret))
            if key_id is not None:
                return key_id
        raise InvalidApiKey("The API key is missing, unknown or revoked.")

    async def all(self) -> tuple[KnownKey, ...]:
        """Return every key that was ever made, the oldest first; of the secrets nothing is known."""
        async with self._db.read() as tx:
            return await api_keys.all_keys(tx)

    async def revoke(self, key_id: str) -> None:
        """Refuse the key from now on. Raises `NotFound`."""
        now = self._clock()
        async with self._db.write() as tx:
            if not await api_keys.revoke(tx, key_id, at=now):
                raise NotFound("There is no such API key.")
            await audit.record(
                tx, at=now, action="api_key.revoked", appointment_id=None, public={"api_key_id": key_id}
            )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
