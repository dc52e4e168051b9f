"""Static files from memory, under one content hash for the whole tree, so relative imports stay inside it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]
from aiohttp import web
from aiohttp.hdrs import ACCEPT_ENCODING

from vap_meet.web.appkeys import ASSETS
from vap_meet.web.packing import offers

if TYPE_CHECKING:
    from collections.abc import Callable

routes = web.RouteTableDef()

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""What the tree may hold; a file of another kind is not served."""

_COMPRESSIBLE = frozenset({".css", ".js", ".json", ".svg", ".txt"})
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=11),
    "gzip": lambda body: gzip.compress(body, compresslevel=9, mtime=0),
}
_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b(?:[^'"();]*?\bfrom\s*)?\s*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE
)
_COMMENTS = re.compile(rb"^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)$", re.MULTILINE | re.DOTALL)
_YEAR = "public, max-age=31536000, immutable"


def bundled(name: str) -> Path:
    """Return the folder `name` (static, templates): in the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def as_served(name: str, body: bytes) -> bytes:
    """Return a file as browsers get it: modules without their comments, a third of a phone's download.

    Only comments that stand on lines of their own go, and their lines stay, so an error's line is the file's.
    """
    if not name.endswith(".js"):
        return body
    return _COMMENTS.sub(lambda comment: b"\n" * comment[0].count(b"\n"), body)


@dataclass(slots=True)
class Asset:
    """One file and, once somebody has asked for them, its encoded forms."""

    body: bytes
    media_type: str
    compressible: bool
    encoded: dict[str, bytes] = field(default_factory=dict)


class Assets:
    """The static tree in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._assets = {
            path: Asset(body, MEDIA_TYPES[suffix], suffix in _COMPRESSIBLE)
            for path, body in files.items()
            if (suffix := posixpath.splitext(path)[1]) in MEDIA_TYPES
        }
        digest = hashlib.sha256()
        for path, asset in sorted(self._assets.items()):
            digest.update(f"{path}\0{len(asset.body)}\0".encode() + asset.body)
        self.tree_hash = digest.hexdigest()[:12]
        self._graphs: dict[str, tuple[str, ...]] = {}
        self._encoding = asyncio.Lock()

    @classmethod
    def load(cls, root: Path | None = None) -> Assets:
        """Read the tree; hidden files stay outside."""
        root = root or bundled("static")
        return cls(
            {
                path.relative_to(root).as_posix(): as_served(path.name, path.read_bytes())
                for path in sorted(root.rglob("*"))
                if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
            }
        )

    def url(self, path: str) -> str:
        """Return the address of a file. Raises `LookupError` if there is none."""
        if path not in self._assets:
            raise LookupError(f"no static file {path}")
        return f"/static/{self.tree_hash}/{path}"

    def modules(self, entry: str) -> tuple[str, ...]:
        """Return the addresses of every module that `entry` imports statically, itself first."""
        if entry not in self._graphs:
            found: dict[str, None] = {}
            todo = [entry]
            while todo:
                path = todo.pop()
                if path in found:
                    continue
                found[path] = None
                todo.extend(self._imports(path))
            self._graphs[entry] = tuple(self.url(path) for path in found)
        return self._graphs[entry]

    def _imports(self, path: str) -> list[str]:
        if path not in self._assets:
            raise LookupError(f"no static file {path}")
        text = self._assets[path].body.decode()
        folder = posixpath.dirname(path)
        return [posixpath.normpath(posixpath.join(folder, name)) for name in _IMPORT.findall(text)]

    def paths(self, suffix: str) -> tuple[str, ...]:
        """Return the paths of every file whose name ends so."""
        return tuple(path for path in self._assets if path.endswith(suffix))

    def find(self, path: str) -> Asset | None:
        """Return a file of the tree by its exact path; there is no way out of a dictionary."""
        return self._assets.get(path)

    async def body(self, asset: Asset, accepted: str) -> tuple[bytes, str | None]:
        """Return the body in the best encoding the client takes, and that encoding's name."""
        taken = offers(accepted)
        name = next((name for name in _ENCODERS if name in taken), None)
        if name is None or not asset.compressible:
            return asset.body, None
        if name not in asset.encoded:
            async with self._encoding:  # a crowd at the first request encodes each file once
                if name not in asset.encoded:
                    asset.encoded[name] = await asyncio.to_thread(_ENCODERS[name], asset.body)
        return asset.encoded[name], name


@routes.get("/static/{hash}/{path:.+}")
async def serve(request: web.Request) -> web.StreamResponse:
    """Serve a file. An old hash, from a page older than this process, gets the new file, uncached."""
    assets = request.app[ASSETS]
    asset = assets.find(request.match_info["path"])
    if asset is None:
        raise web.HTTPNotFound
    body, encoding = await assets.body(asset, request.headers.get(ACCEPT_ENCODING, ""))
    current = request.match_info["hash"] == assets.tree_hash
    headers = {
        "Content-Type": asset.media_type,
        "Cache-Control": _YEAR if current else "no-cache",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if asset.compressible:
        headers["Vary"] = "Accept-Encoding"
    if encoding:
        headers["Content-Encoding"] = encoding
    return web.Response(body=body, headers=headers)
