"""Sealing: one process at a time chains audit entries by their hashes; anybody can walk the chain."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from vap_meet.domain.audit import ERASED, GENESIS, chain_hash, commitment
from vap_meet.domain.errors import Unavailable
from vap_meet.store import appointments, audit, leases

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.audit import AuditEntry
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

BATCH = 500
EVERY_S = 0.5
LEASE_NAME = "sealer"
LEASE = timedelta(seconds=10)


class Sealer:
    """Gives entries their number and hash within a second of being written, if it holds the lease."""

    def __init__(
        self, *, db: Database, clock: Clock, holder: str | None = None, every_s: float = EVERY_S
    ) -> None:
        self._db = db
        self._clock = clock
        self._holder = holder or str(uuid4())
        self._every_s = every_s

    async def run(self) -> None:
        """Seal until cancelled."""
        while True:
            try:
                while await self.run_once() == BATCH:
                    pass
            except Unavailable:
                pass  # logged where it happened; the entries wait
            except Exception:
                log.exception("sealer_failed")
            await asyncio.sleep(self._every_s)

    async def run_once(self) -> int:
        """Seal one batch in one transaction; return how many entries it had, 0 without the lease."""
        async with self._db.read() as tx:
            if not await audit.unsealed(tx, at_most=1):
                return 0
        async with self._db.write() as tx:
            now = self._clock()
            if not await leases.take(tx, LEASE_NAME, holder=self._holder, now=now, until=now + LEASE):
                return 0
            entries = await audit.unsealed(tx, at_most=BATCH)
            last_no, previous = await audit.last_seal(tx) or (0, GENESIS)
            seals = []
            for seal_no, entry in enumerate(entries, start=last_no + 1):
                previous = _hash(previous, seal_no, entry)
                seals.append((entry.id, seal_no, previous))
            if seals:
                await audit.seal(tx, seals)
        return len(seals)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What walking the chain found. `broken_at` is the first number that does not hold, `fault` why."""

    sealed: int
    unsealed: int
    erased: int
    broken_at: int | None = None
    fault: str | None = None

    @property
    def intact(self) -> bool:
        """Whether every sealed entry is the one that was sealed."""
        return self.broken_at is None

    @property
    def sentence(self) -> str:
        """Say it to the operator."""
        if self.broken_at is not None:
            return f"The audit log is broken at number {self.broken_at}: {self.fault}."
        return (
            f"The audit log is whole: {self.sealed} entries sealed, {self.erased} of them erased in their "
            f"personal part, {self.unsealed} waiting for their seal."
        )


async def verify(db: Database) -> ChainReport:
    """Walk the whole chain and report its first break. Entries behind the last seal can't be missed yet."""
    async with db.read() as tx:
        announced = {
            bytes.fromhex(text)
            for entry in await audit.erasures(tx)
            for text in _public(entry)["public"]["commitments"]
        }
        unsealed = await audit.count_unsealed(tx)
        number, previous, erased = 0, GENESIS, 0
        while entries := await audit.sealed_after(tx, number, at_most=BATCH):
            for entry in entries:
                number += 1
                fault = _fault(entry, number, previous, announced)
                if fault is not None:
                    return ChainReport(
                        sealed=number - 1, unsealed=unsealed, erased=erased, broken_at=number, fault=fault
                    )
                erased += entry.salt is None
                previous = entry.hash or GENESIS
    return ChainReport(sealed=number, unsealed=unsealed, erased=erased)


async def erase_personal(db: Database, clock: Clock, appointment_id: str, *, by: str) -> int:
    """Erase the personal part of an appointment's audit entries; return how many had one.

    The commitments stay, so the chain still holds, and an entry says which were erased. Raises `NotFound`.
    """
    async with db.write() as tx:
        await appointments.get(tx, appointment_id, hold=True)
        return await erase_entries(tx, appointment_id, by=by, at=clock())


async def erase_entries(tx: AsyncConnection, appointment_id: str, *, by: str, at: datetime) -> int:
    """Erase as `erase_personal` does, within a transaction that holds the appointment."""
    commitments = await audit.erase(tx, appointment_id)
    if commitments:
        await audit.record(
            tx,
            at=at,
            action=ERASED,
            appointment_id=appointment_id,
            public={"by": by, "commitments": [one.hex() for one in commitments]},
        )
    return len(commitments)


def _hash(previous: bytes, seal_no: int, entry: AuditEntry) -> bytes:
    return chain_hash(previous=previous, seal_no=seal_no, public=entry.public, committed=entry.commitment)


def _fault(entry: AuditEntry, number: int, previous: bytes, announced: set[bytes]) -> str | None:
    if entry.seal_no != number:
        return "an entry is missing"
    if entry.hash != _hash(previous, number, entry):
        return "the entry is not the one that was sealed"
    told = _public(entry)
    columns = (entry.at.isoformat(), entry.action, entry.appointment_id)
    if (told["at"], told["action"], told["appointment_id"]) != columns:
        return "the entry's columns are not what was sealed"
    if entry.salt is None:
        if entry.personal is not None or entry.commitment not in announced:
            return "the personal part was erased without an entry that says so"
    elif entry.commitment != commitment(entry.salt, entry.personal or b""):
        return "the personal part is not the one that was committed to"
    return None


def _public(entry: AuditEntry) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(entry.public)
    return told
