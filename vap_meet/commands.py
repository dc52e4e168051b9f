"""What each command does; `vap_meet.__main__` reads the command line."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from pydantic import ValidationError

from vap_meet import tls
from vap_meet.app import build
from vap_meet.clock import utc_now
from vap_meet.domain.catalogue import FaultyService
from vap_meet.domain.catalogue_csv import MAX_BYTES, UnreadableFile
from vap_meet.domain.errors import DomainError, Unavailable
from vap_meet.observability import configure
from vap_meet.services.api_keys import ApiKeys
from vap_meet.services.catalogue import Catalogue
from vap_meet.services.sealing import verify
from vap_meet.services.staffing import Staffing
from vap_meet.serving import UnsafeBind, in_event_loop, refuse_unsafe_bind, run
from vap_meet.settings import Settings
from vap_meet.store import migrate as migrations
from vap_meet.store.engine import Database, DatabaseInUse
from vap_meet.web.appkeys import DEMO

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable

    from aiohttp import web


class CommandFailed(Exception):  # noqa: N818 - says what happened
    """A command could not do its work; the sentence says why and what to do."""


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "VAP_" + "_".join(str(part) for part in first["loc"]).upper()
        raise CommandFailed(f"The setting {name} can't be used: {first['msg']}.") from None


def serve(_: Namespace) -> int:
    """Serve with the settings of the environment."""
    settings = _settings()
    _refuse_missing_file(settings)

    async def ready(port: int) -> None:
        print(f"Ready on {settings.host}:{port} for {settings.public_url}", flush=True)

    _serve(settings, lambda _app: ready)
    return 0


def _serve(
    settings: Settings, on_ready: Callable[[web.Application], Callable[[int], Awaitable[None]]]
) -> None:
    configure(settings)
    try:
        refuse_unsafe_bind(settings)
        app = build(settings)
        in_event_loop(run(app, settings, on_ready=on_ready(app)))
    except (UnsafeBind, DatabaseInUse) as error:
        raise CommandFailed(str(error)) from None
    except Unavailable:
        raise CommandFailed(f"The database at {settings.database} can't be reached.") from None
    except OSError as error:
        raise CommandFailed(f"Can't listen on {settings.host}:{settings.port}: {error.strerror}.") from None


def _refuse_missing_file(settings: Settings) -> None:
    where = settings.database
    if isinstance(where, Path) and not where.exists():
        raise CommandFailed(f"There is no database at {where} yet: run 'vap-meet migrate' first.")


def migrate(_: Namespace) -> int:
    """Bring the database up to date."""
    settings = _settings()
    try:
        migrations.migrate(settings.database)
    except DomainError as error:
        raise CommandFailed(error.sentence) from None
    _with_database(_fill_catalogue)
    print(f"The database at {settings.database} is up to date.")
    return 0


async def _fill_catalogue(db: Database) -> None:
    """Start with the catalogue that ships with the package; one that has services is left alone."""
    await Catalogue(db=db, clock=utc_now).fill()


def demo(arguments: Namespace) -> int:
    """Serve a demonstration from a folder of its own, seeded relative to now unless a day is on."""
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = _demo_settings(folder, port=arguments.port, lan=arguments.lan)
    migrations.migrate(settings.database)
    _serve(settings, lambda app: _demo_ready(app, settings, as_json=arguments.json))
    return 0


def _demo_settings(folder: Path, *, port: int, lan: bool) -> Settings:
    host, certificate, key = ("127.0.0.1", None, None) if not lan else _on_the_lan(folder)
    port = port or _free_port(host)
    return Settings(
        database=folder / "demo.sqlite",
        secret_dir=folder / "secrets",
        demo=True,
        host=host,
        port=port,
        public_url=f"{'https' if lan else 'http'}://{host}:{port}",
        tls_certificate=certificate,
        tls_key=key,
    )


def _on_the_lan(folder: Path) -> tuple[str, Path, Path]:
    """Return this machine's address, and a certificate for it with its key."""
    try:
        address = tls.lan_address()
    except OSError:
        raise CommandFailed(
            "This machine has no address on a local network: connect it, then try again."
        ) from None
    certificate, key = tls.certificate_for(address, folder / "tls")
    return address, certificate, key


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _demo_ready(
    app: web.Application, settings: Settings, *, as_json: bool
) -> Callable[[int], Awaitable[None]]:
    async def ready(_port: int) -> None:
        links = await app[DEMO].links()
        base = settings.public_url
        if as_json:
            line = {
                "base": base,
                "demo": f"{base}/demo",
                "customer": links.url("now"),
                "agent": f"{base}/agent/",
                "admin": f"{base}/admin/",
                "api_key": links.api_key,
                "accounts": links.accounts,
                "appointments": {link.key: link.appointment_id for link in links.links},
                "links": {link.key: link.url for link in links.links},
            }
            print(json.dumps(line, ensure_ascii=False), flush=True)
            return
        print(f"\nVAP Meet demo: {base}/demo\n", flush=True)
        if settings.tls_certificate:
            print("The customer's phone, on the same network, scans this:\n", flush=True)
            segno.make(links.url("now"), error="m").terminal(compact=True)
        elif sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(f"{base}/demo")

    return ready


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

    _with_database(add)
    return 0


def staff_remove(arguments: Namespace) -> int:
    """Close a staff account; a server that runs ends its sign-ins and calls within seconds."""

    async def remove(db: Database) -> None:
        await Staffing(db=db, clock=utc_now).remove(arguments.username)
        print(f"Removed {arguments.username}: nobody can sign in with it any more.")

    _with_database(remove)
    return 0


def api_key_add(arguments: Namespace) -> int:
    """Make an API key and print it, this once."""

    async def add(db: Database) -> None:
        print(await ApiKeys(db=db, clock=utc_now).add(arguments.name))

    _with_database(add)
    return 0


def api_key_list(_: Namespace) -> int:
    """Print every API key, a line each: id, state, when it was made, whose it is."""

    async def show(db: Database) -> None:
        for key in await ApiKeys(db=db, clock=utc_now).all():
            state = "revoked" if key.revoked_at else "valid"
            print(f"{key.id}  {state:7}  {key.created_at:%d-%m-%Y}  {key.name}")

    _with_database(show)
    return 0


def api_key_revoke(arguments: Namespace) -> int:
    """Revoke an API key; its next request is refused."""

    async def revoke(db: Database) -> None:
        await ApiKeys(db=db, clock=utc_now).revoke(arguments.id)
        print(f"Revoked {arguments.id}.")

    _with_database(revoke)
    return 0


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

    _with_database(take)
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

    _with_database(give)
    return 0


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandFailed(f"{path} can't be read: {error.strerror}.") from None


def audit_verify(_: Namespace) -> int:
    """Walk the chain of the audit log; exit 0 only if it is whole."""
    intact: list[bool] = []

    async def walk(db: Database) -> None:
        report = await verify(db)
        intact.append(report.intact)
        print(report.sentence)

    _with_database(walk)
    return 0 if intact == [True] else 1


def _with_database(work: Callable[[Database], Awaitable[None]]) -> None:
    settings = _settings()
    _refuse_missing_file(settings)

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
