"""`vap-meet demo`: a demonstration with its own data, on this machine or for a phone in its network."""

from __future__ import annotations

import json
import os
import socket
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import segno

from vap_meet import tls
from vap_meet.commands import CommandFailed
from vap_meet.commands.serve import serve_with
from vap_meet.settings import Settings
from vap_meet.store import migrate as migrations
from vap_meet.web.appkeys import DEMO

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable

    from aiohttp import web


def demo(arguments: Namespace) -> int:
    """Serve a demonstration from a folder of its own, seeded relative to now unless a day is on."""
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = _settings(folder, port=arguments.port, lan=arguments.lan)
    migrations.migrate(settings.database)
    serve_with(settings, lambda app: _ready(app, settings, as_json=arguments.json))
    return 0


def _settings(folder: Path, *, port: int, lan: bool) -> Settings:
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


def _ready(app: web.Application, settings: Settings, *, as_json: bool) -> Callable[[int], Awaitable[None]]:
    async def seed(app: web.Application) -> None:
        await app[DEMO].links()

    app.on_startup.append(seed)  # before the port is open: nobody finds a day that is half there

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
