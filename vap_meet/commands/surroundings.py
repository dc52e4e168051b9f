"""What the commands share: settings, a database for a moment, and one way to fail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from vap_meet.commands import CommandFailed
from vap_meet.domain.errors import DomainError
from vap_meet.settings import Settings
from vap_meet.store.engine import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def read_settings() -> Settings:
    """Return the settings of the environment. Raises `CommandFailed` naming the first that can't be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "VAP_" + "_".join(str(part) for part in first["loc"]).upper()
        raise CommandFailed(f"The setting {name} can't be used: {first['msg']}.") from None


def refuse_missing_file(settings: Settings) -> None:
    """Raise `CommandFailed` if the SQLite file has not been made yet."""
    where = settings.database
    if isinstance(where, Path) and not where.exists():
        raise CommandFailed(f"There is no database at {where} yet: run 'vap-meet migrate' first.")


def with_database(work: Callable[[Database], Awaitable[None]]) -> None:
    """Do some work on the database beside a server that may run. Raises `CommandFailed`."""
    settings = read_settings()
    refuse_missing_file(settings)

    async def whole() -> None:
        db = await Database.open(settings.database, serving=False)
        try:
            await work(db)
        finally:
            await db.close()

    try:
        asyncio.run(whole())
    except DomainError as error:
        detail = " ".join(error.fields.values())
        raise CommandFailed(f"{error.sentence} {detail}".strip()) from None
