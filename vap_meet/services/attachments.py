"""Files that an agent keeps with an appointment: taken in with checks, handed out with a trace."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from vap_meet.domain.access import staff_participant
from vap_meet.domain.attachment import (
    MAX_AN_APPOINTMENT,
    MAX_BYTES,
    Attachment,
    FileKind,
    PictureError,
    clean_name,
    kind_of,
)
from vap_meet.domain.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
    WrongState,
)
from vap_meet.domain.picture_metadata import without_metadata
from vap_meet.services import facts
from vap_meet.services.announcing import no_one
from vap_meet.services.disclosure import reason_given
from vap_meet.store import appointments, audit, sessions
from vap_meet.store import attachments as store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database


class Withdrawn(Protocol):
    """Hears of a file that was taken back."""

    async def __call__(self, tx: AsyncConnection, appointment_id: str, *, at: datetime) -> None:
        """Promise what follows, in the transaction that took it."""


class Attachments:
    """Keeps files in the record. Only staff who have joined an appointment's call may attach to it."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        withdrawn: Withdrawn | None = None,
        wake: Callable[[], None] = no_one,
    ) -> None:
        """`withdrawn` hears of files that are taken back; `wake` is called after that commit."""
        self._db = db
        self._clock = clock
        self._withdrawn = withdrawn
        self._wake = wake

    async def check(self, appointment_id: str, *, staff_id: str) -> None:
        """Refuse before a file is sent what `attach` would refuse after. Raises `NotFound`, `Forbidden`."""
        async with self._db.read() as tx:
            await appointments.get(tx, appointment_id)
            await _check_joined(tx, appointment_id, staff_id)

    async def attach(
        self,
        appointment_id: str,
        attachment_id: str,
        content: bytes,
        *,
        name: str,
        sha256: bytes,
        sent_by: str,
        staff_id: str,
    ) -> Attachment:
        """Keep a file under an id that the caller chose; the same again changes nothing.

        Of a picture nothing is kept that says where it was taken, when, or with what.

        Raises `NotFound`, `Forbidden`, `TooLarge`, `UnsupportedMediaType` for what its bytes say it is,
        `InvalidRequest` if these are not the bytes of that SHA-256 or the id is another file's, and
        `WrongState` when the appointment has enough of them or its personal data is erased.
        """
        if len(content) > MAX_BYTES:
            raise TooLarge(f"A file may have {MAX_BYTES} bytes.")
        kind = kind_of(content)
        if kind is None:
            raise UnsupportedMediaType("Only PDF, JPEG, PNG, WebP and HEIC can be attached.")
        cleaned, cleaned_sha256 = await asyncio.to_thread(_cleaned, content, kind, sha256)
        new = Attachment(
            id=attachment_id,
            appointment_id=appointment_id,
            name=clean_name(name, kind),
            kind=kind,
            size=len(cleaned),
            sha256=cleaned_sha256,
            sent_by=sent_by,
            attached_by=staff_participant(staff_id),
            attached_at=self._clock(),
        )
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            await _check_joined(tx, appointment_id, staff_id)
            before = await store.get(tx, attachment_id)
            if before is not None:
                if (before.appointment_id, before.sha256) == (appointment_id, new.sha256):
                    return before
                raise InvalidRequest("Another file has this id.", fields={"id": "It is taken."})
            if not appointment.customer.name:
                raise WrongState("The appointment's personal data is erased: nothing more is kept.")
            kept = await store.of_appointment(tx, appointment_id)
            if sum(one.withdrawn_at is None for one in kept) >= MAX_AN_APPOINTMENT:
                raise WrongState(f"An appointment keeps {MAX_AN_APPOINTMENT} files at most.")
            await store.insert(tx, new, cleaned)
            await audit.record(
                tx,
                at=new.attached_at,
                action="attachment.added",
                appointment_id=appointment_id,
                public={
                    "by": f"staff:{staff_id}",
                    "attachment": new.id,
                    "kind": new.kind.value,
                    "bytes": new.size,
                },
                # A known document could be found by its hash.
                personal={"name": new.name, "sha256": new.sha256.hex()},
            )
        return new

    async def of(self, appointment_id: str) -> tuple[Attachment, ...]:
        """Return what is kept with an appointment and what was, without contents, the first first."""
        async with self._db.read() as tx:
            return await store.of_appointment(tx, appointment_id)

    async def hand_out(
        self, appointment_id: str, attachment_id: str, *, by: str, reason: str | None = None
    ) -> tuple[Attachment, bytes]:
        """Return a file with its content, once it is in the audit log that `by` has got it.

        Raises `NotFound`, also for a file of another appointment and for one that was withdrawn.
        """
        async with self._db.write() as tx:
            found = await _of(tx, appointment_id, attachment_id)
            if found.withdrawn_at is not None:
                raise NotFound("This file was withdrawn.")
            content = await store.content(tx, attachment_id)
            await audit.record(
                tx,
                at=self._clock(),
                action="attachment.handed_out",
                appointment_id=appointment_id,
                public={"by": by, "attachment": found.id},
                personal=None if reason is None else {"reason": reason},
            )
        return found, content

    async def withdraw(self, appointment_id: str, attachment_id: str, *, staff_id: str) -> Attachment:
        """Take a file back for good; that it was there and who took it back remains. Again changes nothing.

        Raises `NotFound`, and `Forbidden` unless they have joined the appointment's call.
        """
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id, hold=True)
            await _check_joined(tx, appointment_id, staff_id)
            found = await _of(tx, appointment_id, attachment_id)
            if found.withdrawn_at is not None:
                return found
            me, now = staff_participant(staff_id), self._clock()
            await store.withdraw(tx, attachment_id, by=me, at=now)
            await audit.record(
                tx,
                at=now,
                action="attachment.withdrawn",
                appointment_id=appointment_id,
                public={"by": f"staff:{staff_id}", "attachment": found.id},
            )
            if self._withdrawn:
                await self._withdrawn(tx, appointment_id, at=now)
        self._wake()
        return replace(found, name="", sha256=b"", withdrawn_by=me, withdrawn_at=now)

    async def reveal(
        self, appointment_id: str, attachment_id: str, *, by: str, reason: str
    ) -> tuple[Attachment, bytes]:
        """Hand a file out to somebody who was not in the call, for a reason that is audited.

        Raises `InvalidRequest` without a reason, and as `hand_out` does.
        """
        return await self.hand_out(appointment_id, attachment_id, by=by, reason=reason_given(reason))


async def _of(tx: AsyncConnection, appointment_id: str, attachment_id: str) -> Attachment:
    found = await store.get(tx, attachment_id)
    if found is None or found.appointment_id != appointment_id:
        raise NotFound("There is no such file.")
    return found


def _cleaned(content: bytes, kind: FileKind, sha256: bytes) -> tuple[bytes, bytes]:
    """Return what is kept of a file and its SHA-256, once it is sure that it came as it was sent."""
    if hashlib.sha256(content).digest() != sha256:
        raise InvalidRequest("The bytes are not those that were sent.", fields={"digest": "It differs."})
    try:
        cleaned = without_metadata(content, kind)
    except PictureError as error:
        raise UnsupportedMediaType(str(error)) from error
    return cleaned, hashlib.sha256(cleaned).digest()


async def _check_joined(tx: AsyncConnection, appointment_id: str, staff_id: str) -> None:
    me = staff_participant(staff_id)
    known = (facts.read(stored) for stored in await sessions.facts(tx, appointment_id))
    if not any(facts.host_in_call(fact) == me for fact in known):
        raise Forbidden("Only who has joined the call may attach files to its appointment.")
