"""`vap-meet migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.clock import utc_now
from vap_meet.commands import CommandFailed
from vap_meet.commands.surroundings import read_settings, with_database
from vap_meet.domain.errors import DomainError
from vap_meet.services.catalogue import Catalogue
from vap_meet.store import migrate as migrations

if TYPE_CHECKING:
    from argparse import Namespace

    from vap_meet.store.engine import Database


def migrate(_: Namespace) -> int:
    """Bring the database up to date."""
    settings = read_settings()
    try:
        migrations.migrate(settings.database)
    except DomainError as error:
        raise CommandFailed(error.sentence) from None
    with_database(_fill_catalogue)
    print(f"The database at {settings.database} is up to date.")
    return 0


async def _fill_catalogue(db: Database) -> None:
    """Start with the catalogue that ships with the package; one that has services is left alone."""
    await Catalogue(db=db, clock=utc_now).fill()
