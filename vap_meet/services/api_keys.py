"""Keys of booking systems: shown once when made, stored as a hash, checked on every request."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain.api_scopes import EVERY_SCOPE, check_scopes
from vap_meet.domain.errors import InvalidApiKey, InvalidRequest, NotFound, Unavailable
from vap_meet.services.idempotency import Idempotency
from vap_meet.store import api_keys, audit
from vap_meet.store.api_keys import KnownKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

__all__ = ["ApiKeys", "KnownKey"]

PREFIX = "vapk_"
NOTED_EVERY = timedelta(minutes=10)
"""How exactly it is known when a key was last used."""

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
        self._noted: dict[str, datetime] = {}  # as many as there are keys

    async def add(self, name: str, scopes: Iterable[str] = EVERY_SCOPE, *, by: str = "command line") -> str:
        """Make a key and return its secret, which is never shown again. Raises `InvalidRequest`."""
        name = name.strip()
        if not 0 < len(name) <= _MAX_NAME_CHARS:
            raise InvalidRequest(
                "A key needs a name.", fields={"name": f"Between 1 and {_MAX_NAME_CHARS} characters."}
            )
        may = check_scopes(scopes)
        secret = PREFIX + secrets.token_urlsafe(32)
        key_id, now = str(uuid4()), self._clock()
        async with self._db.write() as tx:
            await api_keys.add(tx, id_=key_id, name=name, secret_sha256=_sha256(secret), scopes=may, at=now)
            await audit.record(
                tx,
                at=now,
                action="api_key.added",
                appointment_id=None,
                public={"api_key_id": key_id, "by": by, "scopes": sorted(may)},
            )
        return secret

    async def check(self, secret: str) -> KnownKey:
        """Return the key with this secret; its use is noted every few minutes. Raises `InvalidApiKey`."""
        if secret.startswith(PREFIX) and len(secret) <= _MAX_SECRET_CHARS and secret.isascii():
            async with self._db.read() as tx:
                key = await api_keys.by_secret(tx, _sha256(secret))
            if key is not None:
                await self._note_use(key)
                return key
        raise InvalidApiKey("The API key is missing, unknown or revoked.")

    async def all(self) -> tuple[KnownKey, ...]:
        """Return every key that was ever made, the oldest first; of the secrets nothing is known."""
        async with self._db.read() as tx:
            return await api_keys.all_keys(tx)

    async def revoke(self, key_id: str, *, by: str = "command line") -> None:
        """Refuse the key from now on. Raises `NotFound`."""
        now = self._clock()
        async with self._db.write() as tx:
            if "\0" in key_id or not await api_keys.revoke(tx, key_id, at=now):
                raise NotFound("There is no such API key.")
            await audit.record(
                tx,
                at=now,
                action="api_key.revoked",
                appointment_id=None,
                public={"api_key_id": key_id, "by": by},
            )

    async def _note_use(self, key: KnownKey) -> None:
        """Note it now and then; one try at a time, so that a slow disk holds no later request up."""
        now = self._clock()
        noted = max(filter(None, (key.last_used_at, self._noted.get(key.id))), default=None)
        if noted is not None and now - noted < NOTED_EVERY:
            return
        self._noted[key.id] = now
        try:
            async with self._db.write() as tx:
                await api_keys.used(tx, key.id, at=now)
        except Unavailable:
            return  # logged where it happened; what the request asks for is another matter


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
