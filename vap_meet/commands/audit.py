"""`vap-meet audit`: proof that the audit log is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.commands.surroundings import with_database
from vap_meet.services.sealing import verify

if TYPE_CHECKING:
    from argparse import Namespace

    from vap_meet.store.engine import Database


def audit_verify(_: Namespace) -> int:
    """Walk the chain of the audit log; exit 0 only if it is whole."""
    intact: list[bool] = []

    async def walk(db: Database) -> None:
        report = await verify(db)
        intact.append(report.intact)
        print(report.sentence)

    with_database(walk)
    return 0 if intact == [True] else 1
