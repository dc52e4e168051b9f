"""`vap-meet services`: the catalogue as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vap_meet.clock import utc_now
from vap_meet.commands import CommandFailed
from vap_meet.commands.surroundings import with_database
from vap_meet.domain.catalogue import FaultyService
from vap_meet.domain.catalogue_csv import MAX_BYTES, UnreadableFile
from vap_meet.services.catalogue import Catalogue

if TYPE_CHECKING:
    from argparse import Namespace

    from vap_meet.store.engine import Database


def services_import(arguments: Namespace) -> int:
    """Take the services of a file; each fault is printed with its row and column, and then none is taken."""
    data = _read_file(Path(arguments.file))

    async def take(db: Database) -> None:
        try:
            taken = await Catalogue(db=db, clock=utc_now).take(data, by="shell", whole=arguments.replace)
        except FaultyService as error:
            faults = "\n".join(f"  {where}: {fault}" for where, fault in error.fields.items())
            raise CommandFailed(f"{error.sentence}\n{faults}") from None
        except UnreadableFile as error:
            raise CommandFailed(error.sentence) from None
        print(
            f"{taken.added} added, {taken.changed} changed, {taken.unchanged} unchanged, "
            f"{taken.removed} taken out."
        )

    with_database(take)
    return 0


def services_export(arguments: Namespace) -> int:
    """Write the catalogue to a file, or to standard output."""

    async def give(db: Database) -> None:
        data = await Catalogue(db=db, clock=utc_now).export()
        if arguments.file is None:
            sys.stdout.buffer.write(data)
            return
        try:
            Path(arguments.file).write_bytes(data)  # noqa: ASYNC240 - nobody else runs in this loop
        except OSError as error:
            raise CommandFailed(f"{arguments.file} can't be written: {error.strerror}.") from None

    with_database(give)
    return 0


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandFailed(f"{path} can't be read: {error.strerror}.") from None
