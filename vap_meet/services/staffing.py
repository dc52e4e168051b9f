"""Staff accounts: adding them, signing in and out, and who a cookie belongs to."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import unicodedata
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.domain.errors import BadCredentials, InvalidRequest, NotFound, Unavailable
from vap_meet.services.limits import Bucket, RateLimiter, address_key
from vap_meet.store import audit, revoking, staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database

SESSION_TIME = timedelta(hours=12)
"""How long a sign-in lasts without being used; using it in the second half renews it."""

LONGEST_SESSION = timedelta(hours=24)
"""How long a sign-in lasts at most, however much it is used."""

MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 1024
MAX_NAME_CHARS = 120
_HASHES_AT_ONCE = 2
_USERNAME = re.compile(r"[\w.@-]{2,64}")


def _nobody_to_tell() -> None:
    """Nothing is open anywhere."""


class Staffing:
    """Local accounts. Passwords are kept as Argon2id; a sign-in lasts `SESSION_TIME` without use."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        limits: RateLimiter | None = None,
        hasher: PasswordHasher | None = None,
        access_ended: Callable[[], None] = _nobody_to_tell,
    ) -> None:
        self._db = db
        self._clock = clock
        self._limits = limits or RateLimiter(clock)
        self._hasher = hasher or PasswordHasher()
        # Hashing takes 64 MiB and a core each time: a queue of sign-ins must not take the machine.
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._nobodys_hash: str | None = None
        self._access_ended = access_ended  # called after a commit that took somebody's access

    async def add(
        self, username: str, password: str, role: StaffRole | str, name_ar: str, name_en: str
    ) -> StaffMember:
        """Add an account and return it. Raises `InvalidRequest` with the faulty fields."""
        name = _normal(username)
        member = StaffMember(
            id=str(uuid4()),
            username=name,
            role=_checked_role(name, password, role, name_ar=name_ar, name_en=name_en),
            name_ar=name_ar.strip(),
            name_en=name_en.strip(),
        )
        password_hash = await self._hash(password)
        now = self._clock()
        async with self._db.write() as tx:
            if not await staff.add(tx, member, password_hash=password_hash, at=now):
                raise InvalidRequest("The account can't be added.", fields={"username": "It is taken."})
            await audit.record(
                tx,
                at=now,
                action="staff.added",
                appointment_id=None,
                public={"staff_id": member.id, "role": member.role.value},
            )
        return member

    async def sign_in(self, username: str, password: str, *, address: str) -> tuple[str, StaffMember]:
        """Return a new cookie and whose it is.

        Raises `BadCredentials` after the same work whether the name is unknown, the password wrong or the
        account closed; `RateLimited` by user name and by address, before any of it.
        """
        name, password = _normal(username), password[: MAX_PASSWORD_CHARS + 1]
        self._limits.hit(Bucket.SIGN_IN_ADDRESS, address_key(address))
        self._limits.hit(Bucket.SIGN_IN_USER, _sha256(name))
        async with self._db.read() as tx:
            account = await staff.account(tx, name)
        stored = account.password_hash if account else await self._hash_of_nobody()
        right = await self._verify(stored, password)
        if account is None or not account.active or not right:
            await self._note_refusal(account, name, address)
            raise BadCredentials("The user name or the password is wrong.")
        fresh_hash = await self._hash(password) if self._hasher.check_needs_rehash(stored) else None
        cookie, session_id, now = secrets.token_urlsafe(32), str(uuid4()), self._clock()
        async with self._db.write() as tx:
            if fresh_hash is not None:
                await staff.set_password_hash(tx, account.member.id, fresh_hash)
            await staff.add_session(
                tx,
                id_=session_id,
                cookie_sha256=_sha256(cookie),
                staff_id=account.member.id,
                at=now,
                expires_at=now + SESSION_TIME,
            )
            await audit.record(
                tx,
                at=now,
                action="staff.signed_in",
                appointment_id=None,
                public={"staff_id": account.member.id},
                personal={"address": address},
            )
            found = await staff.sign_in_by_cookie(tx, _sha256(cookie), now=now)
        if found is None:  # the account was closed while the password was being checked
            raise BadCredentials("The user name or the password is wrong.")
        self._limits.forget(Bucket.SIGN_IN_USER, _sha256(name))
        return cookie, found.member

    async def who(self, cookie: str | None) -> StaffMember | None:
        """Return who is signed in with this cookie, None if nobody is any more.

        A sign-in that is in use is renewed, so that nobody is signed out in the middle of a call.
        """
        if not cookie:
            return None
        now = self._clock()
        async with self._db.read() as tx:
            found = await staff.sign_in_by_cookie(tx, _sha256(cookie), now=now)
        if found is None:
            return None
        until = min(now + SESSION_TIME, found.since + LONGEST_SESSION)
        if found.until - now < SESSION_TIME / 2 and until > found.until:
            with suppress(Unavailable):  # it is good for hours yet
                async with self._db.write() as tx:
                    await staff.renew_session(tx, str(found.member.session_id), until=until)
        return found.member

    async def sign_out(self, cookie: str | None) -> None:
        """End the sign-in of this cookie; doing it again changes nothing."""
        if not cookie:
            return
        now = self._clock()
        async with self._db.write() as tx:
            staff_id = await staff.end_session(tx, _sha256(cookie), at=now)
            if staff_id is not None:
                await audit.record(
                    tx,
                    at=now,
                    action="staff.signed_out",
                    appointment_id=None,
                    public={"staff_id": staff_id},
                )
        self._access_ended()

    async def remove(self, username: str) -> None:
        """Close an account for good: nobody signs in with it, and its sign-ins end. Raises `NotFound`.

        What it did stays on the record under its name.
        """
        now = self._clock()
        async with self._db.write() as tx:
            staff_id = await revoking.close_account(tx, _normal(username), at=now)
            if staff_id is None:
                raise NotFound("There is no open account of this name.")
            await audit.record(
                tx, at=now, action="staff.removed", appointment_id=None, public={"staff_id": staff_id}
            )
        self._access_ended()

    async def _note_refusal(self, account: staff.Account | None, name: str, address: str) -> None:
        now = self._clock()
        async with self._db.write() as tx:
            await audit.record(
                tx,
                at=now,
                action="staff.sign_in_refused",
                appointment_id=None,
                public={"staff_id": account.member.id if account else None},
                personal={"username": name[:64], "address": address},
            )

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def _hash_of_nobody(self) -> str:
        """Return a hash that no password fits, made with today's parameters."""
        if self._nobodys_hash is None:
            self._nobodys_hash = await self._hash(secrets.token_urlsafe(32))
        return self._nobodys_hash

    async def _verify(self, stored: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, stored, _bytes(password))
            except (VerificationError, InvalidHashError):
                return False


def _checked_role(
    username: str, password: str, role: StaffRole | str, *, name_ar: str, name_en: str
) -> StaffRole:
    faults: dict[str, str] = {}
    if not _USERNAME.fullmatch(username):
        faults["username"] = "2 to 64 letters, digits, dots, hyphens, underscores or @."
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        faults["password"] = f"Between {MIN_PASSWORD_CHARS} and {MAX_PASSWORD_CHARS} characters."
    if role not in set(StaffRole):
        faults["role"] = "One of: agent, admin."
    for field, name in (("name_ar", name_ar), ("name_en", name_en)):
        if not 0 < len(name.strip()) <= MAX_NAME_CHARS:
            faults[field] = f"Between 1 and {MAX_NAME_CHARS} characters."
    if faults:
        raise InvalidRequest("The account can't be added.", fields=faults)
    return StaffRole(role)


def _normal(username: str) -> str:
    """Return a user name as it is stored: one spelling whatever the keyboard or the case."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def _sha256(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    """Encode whatever a request can hold; a lone surrogate must be refused, not crash."""
    return text.encode("utf-8", "surrogatepass")
