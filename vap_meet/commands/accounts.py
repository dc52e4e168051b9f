"""`vap-meet staff` and `vap-meet api-key`: who may come in."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from vap_meet.clock import utc_now
from vap_meet.commands.surroundings import with_database
from vap_meet.domain.api_scopes import EVERY_SCOPE
from vap_meet.services.api_keys import ApiKeys
from vap_meet.services.staffing import Staffing

if TYPE_CHECKING:
    from argparse import Namespace

    from vap_meet.store.engine import Database


def staff_add(arguments: Namespace) -> int:
    """Add a staff account; the password comes from a prompt or a pipe, never from the command line."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")

    async def add(db: Database) -> None:
        await Staffing(db=db, clock=utc_now).add(
            arguments.username,
            password,
            arguments.role,
            name_ar=arguments.name_ar,
            name_en=arguments.name_en,
        )
        print(f"Added {arguments.role} {arguments.username}.")

    with_database(add)
    return 0


def staff_remove(arguments: Namespace) -> int:
    """Close a staff account; a server that runs ends its sign-ins and calls within seconds."""

    async def remove(db: Database) -> None:
        await Staffing(db=db, clock=utc_now).remove(arguments.username)
        print(f"Removed {arguments.username}: nobody can sign in with it any more.")

    with_database(remove)
    return 0


def api_key_add(arguments: Namespace) -> int:
    """Make an API key and print it, this once."""

    async def add(db: Database) -> None:
        print(await ApiKeys(db=db, clock=utc_now).add(arguments.name, arguments.scope or EVERY_SCOPE))

    with_database(add)
    return 0


def api_key_list(_: Namespace) -> int:
    """Print every API key, a line each: id, state, when made, when last used, whose, what it may do."""

    async def show(db: Database) -> None:
        for key in await ApiKeys(db=db, clock=utc_now).all():
            state = "revoked" if key.revoked_at else "valid"
            used = f"{key.last_used_at:%d-%m-%Y}" if key.last_used_at else "unused"
            may = "everything" if key.scopes == EVERY_SCOPE else " ".join(sorted(key.scopes))
            print(f"{key.id}  {state:7}  {key.created_at:%d-%m-%Y}  {used:10}  {key.name}  ({may})")

    with_database(show)
    return 0


def api_key_revoke(arguments: Namespace) -> int:
    """Revoke an API key; its next request is refused."""

    async def revoke(db: Database) -> None:
        await ApiKeys(db=db, clock=utc_now).revoke(arguments.id)
        print(f"Revoked {arguments.id}.")

    with_database(revoke)
    return 0
