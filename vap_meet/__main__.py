"""The command line: `vap-meet serve | migrate | demo | staff add | api-key add | audit verify`."""

from __future__ import annotations

import argparse
import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from vap_meet import __version__
from vap_meet.commands import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command; `handler` names the function in `vap_meet.commands`."""
    top = argparse.ArgumentParser(prog="vap-meet", description="Virtual appointments by video.")
    top.add_argument("--version", action="version", version=f"vap-meet {__version__}")
    todo = top.add_subparsers(required=True, metavar="COMMAND")

    serve = todo.add_parser("serve", help="serve the application (settings: VAP_..., see docs/settings.md)")
    serve.set_defaults(handler="serve.serve")

    migrate = todo.add_parser("migrate", help="create the database or bring it up to date")
    migrate.set_defaults(handler="migrate.migrate")

    demo = todo.add_parser("demo", help="serve a demonstration with its own data; nothing else is needed")
    demo.add_argument("--port", type=int, default=8080, help="port to listen on; 0 picks a free one")
    demo.add_argument("--folder", default="var/demo", help="where the demonstration keeps its data")
    demo.add_argument("--lan", action="store_true", help="serve HTTPS on this machine's LAN address")
    demo.add_argument("--json", action="store_true", help="print the links as one JSON line")
    demo.set_defaults(handler="demo.demo")

    staff = todo.add_parser("staff", help="staff accounts").add_subparsers(required=True, metavar="WHAT")
    add = staff.add_parser("add", help="add an account; the password is asked for, or read from a pipe")
    add.add_argument("username")
    add.add_argument("--role", choices=("agent", "admin"), required=True)
    add.add_argument("--name-ar", required=True, help="the name that customers see, in Arabic")
    add.add_argument("--name-en", required=True, help="the name that customers see, in English")
    add.set_defaults(handler="accounts.staff_add")
    remove = staff.add_parser("remove", help="close an account; its sign-ins and calls end at once")
    remove.add_argument("username")
    remove.set_defaults(handler="accounts.staff_remove")

    api_key = todo.add_parser("api-key", help="keys of booking systems").add_subparsers(
        required=True, metavar="WHAT"
    )
    add = api_key.add_parser("add", help="make a key; it is printed once and stored hashed")
    add.add_argument("name", help="whose key it is")
    add.add_argument(
        "--scope",
        action="append",
        help="what it may do, as in appointments:read; once for each, everything without any (docs/api.md)",
    )
    add.set_defaults(handler="accounts.api_key_add")
    every = api_key.add_parser("list", help="list the keys: state, when made and used, whose, what for")
    every.set_defaults(handler="accounts.api_key_list")
    revoke = api_key.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", help="the key's id, as `api-key list` shows it")
    revoke.set_defaults(handler="accounts.api_key_revoke")

    services = todo.add_parser("services", help="the catalogue of services").add_subparsers(
        required=True, metavar="WHAT"
    )
    take = services.add_parser("import", help="take services from a CSV file: all of them, or none")
    take.add_argument("file", help="the CSV file, in UTF-8")
    take.add_argument("--replace", action="store_true", help="take out the services that the file lacks")
    take.set_defaults(handler="services.services_import")
    give = services.add_parser("export", help="write the catalogue as a CSV file")
    give.add_argument("file", nargs="?", help="where to; printed if it is left out")
    give.set_defaults(handler="services.services_export")

    audit = todo.add_parser("audit", help="the audit log").add_subparsers(required=True, metavar="WHAT")
    verify = audit.add_parser("verify", help="prove that no sealed entry has been altered")
    verify.set_defaults(handler="audit.audit_verify")
    return top


def _handler(name: str) -> Callable[[argparse.Namespace], int]:
    """Import a command's module when it is called: no command waits for what others need.

    Loading code makes hundreds of thousands of objects that stay; looking for garbage among them meanwhile,
    and at every full collection of a server's life, would be for nothing.
    """
    module, _, function = name.partition(".")
    gc.disable()
    handler: Callable[[argparse.Namespace], int] = getattr(
        import_module(f"vap_meet.commands.{module}"), function
    )
    gc.freeze()
    gc.enable()
    return handler


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        code: int = _handler(arguments.handler)(arguments)
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
