"""Phone codes: a customer shows that a phone is theirs by the digits that were sent to it.

The digits are derived from the code's id when they are sent and when they are checked. Whoever sends the
outbox's `Kind.PHONE_CODE` messages asks `digits`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from vap_meet.domain.audit import canonical
from vap_meet.domain.errors import RateLimited
from vap_meet.domain.outbox import Kind
from vap_meet.domain.phone_codes import (
    KEPT,
    LIFETIME,
    MAX_TRIES,
    SENT_AT_MOST,
    PhoneCode,
    derive_digits,
    read_digits,
)
from vap_meet.domain.slot_errors import CodeExpired, CodeWrong
from vap_meet.services.announcing import no_one
from vap_meet.services.limits import Bucket, address_key
from vap_meet.store import outbox
from vap_meet.store import phone_codes as store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Language
    from vap_meet.services.keys import Keys
    from vap_meet.services.limits import RateLimiter
    from vap_meet.store.engine import Database

_EXPIRED = "This code is no longer good; ask for a new one."


class CodeMessage(msgspec.Struct, frozen=True):
    """The payload of a `Kind.PHONE_CODE` message; the digits are derived when it is sent."""

    code_id: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code on its way."""

    id: str
    expires_at: datetime


class PhoneCodes:
    """The use cases of codes. `wake` is called after one was promised."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        keys: Keys,
        limits: RateLimiter,
        wake: Callable[[], None] = no_one,
    ) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._limits = limits
        self._wake = wake

    async def send(self, phone: str, *, subject: str, language: Language, address: str) -> SentCode:
        """Promise a phone a new code, good for one subject. Raises `RateLimited` by phone and by address."""
        self._limits.hit(Bucket.CODE_ADDRESS, address_key(address))
        now = self._clock()
        code = PhoneCode(
            id=f"{self._keys.link_key().id}.{uuid4().hex[:24]}",
            phone=phone,
            subject=subject,
            expires_at=now + LIFETIME,
            tries=0,
            used_at=None,
        )
        async with self._db.write() as tx:
            await store.forget(tx, before=now - KEPT)
            await self._refuse_too_many(tx, phone, now)
            await store.add(tx, code, at=now)
            await outbox.promise(
                tx,
                lane=f"phone-code:{code.id}",
                kind=Kind.PHONE_CODE,
                payload=canonical({"code_id": code.id, "phone": phone, "language": language.value}).decode(),
                at=now,
            )
        self._wake()
        return SentCode(code.id, code.expires_at)

    async def check(
        self, code_id: str, typed: str, *, phone: str, subject: str, repeatable: bool = False
    ) -> None:
        """Take a code that was typed. Raises `CodeWrong`; `CodeExpired` when no try is left or ever was.

        A code that did its work is no longer good, unless `repeatable`: then it is for its very subject, so
        that a form which was sent twice, or with another time, need not ask again.
        """
        now = self._clock()
        async with self._db.write() as tx:
            code = await store.find(tx, code_id) if "\0" not in code_id else None
            spent = code is None or code.tries >= MAX_TRIES or now > code.expires_at
            if code is None or spent or (code.phone, code.subject) != (phone, subject):
                raise CodeExpired(_EXPIRED)
            if code.used_at is not None and not repeatable:
                raise CodeExpired(_EXPIRED)
            right = hmac.compare_digest(read_digits(typed), self.digits(code_id))
            await (store.used(tx, code_id, at=now) if right else store.tried(tx, code_id))
        if not right:
            raise CodeWrong("The code is not the one that was sent.")

    def digits(self, code_id: str) -> str:
        """Return the digits of a code, for the message that carries it. Raises `KeyError` for a lost key."""
        return derive_digits(self._keys.link_key(code_id.partition(".")[0]).secret, code_id)

    async def _refuse_too_many(self, tx: AsyncConnection, phone: str, now: datetime) -> None:
        for most, span in SENT_AT_MOST:
            if await store.sent_since(tx, phone, now - span) >= most:
                raise RateLimited(
                    "Too many codes were sent to this phone; please wait.",
                    retry_after_s=int(span.total_seconds()),
                )


def read_code_message(payload: str) -> CodeMessage:
    """Return what `PhoneCodes.send` promised."""
    return msgspec.json.decode(payload, type=CodeMessage)
