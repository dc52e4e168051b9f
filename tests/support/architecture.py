"""Read which module imports which, and say what breaks the arrows of the architecture.

web ──▶ services ──▶ domain            signaling ──▶ (nothing of ours)
 │          ├──────▶ store ──▶ domain  domain    ──▶ (nothing of ours)
 │          └──────▶ signaling         app.py, composition ──▶ everything
 └─▶ signaling (web/signal.py only), domain
JS: pages ──▶ elements, media, signaling ──▶ lib
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MAX_LINES = 400

# The composition, and the command line and socket around it.
COMPOSERS = frozenset({"app", "composition", "commands", "serving", "__main__"})

# What each room of the Python house may import, besides itself.
PYTHON_ARROWS: dict[str, frozenset[str]] = {
    "signaling": frozenset(),
    "domain": frozenset(),
    "store": frozenset({"domain", "clock"}),
    "services": frozenset({"domain", "store", "signaling", "clock", "settings"}),
    "web": frozenset({"domain", "services", "clock", "settings"}),
    "clock": frozenset(),
    "settings": frozenset(),
    "tls": frozenset({"clock"}),
    # Reads from the wire's schema and the tables what a log must not show; only the command line sets it up.
    "observability": frozenset({"signaling", "domain", "store", "settings"}),
}
# Single modules that may do more than their room.
PYTHON_EXCEPTIONS: dict[str, frozenset[str]] = {"vap_meet.web.signal": frozenset({"signaling"})}
# For annotations only (`if TYPE_CHECKING:`): the names of the parts, not the parts.
TYPING_EXCEPTIONS: dict[str, frozenset[str]] = {"vap_meet.web.appkeys": frozenset({"signaling", "store"})}
# Libraries that would tie a pure room to a framework or a database.
FORBIDDEN_LIBRARIES: dict[str, frozenset[str]] = {
    "signaling": frozenset({"aiohttp", "sqlalchemy"}),
    "domain": frozenset({"aiohttp", "sqlalchemy"}),
    "web": frozenset({"sqlalchemy"}),
    "store": frozenset({"aiohttp"}),
}

JS_ARROWS: dict[str, frozenset[str]] = {
    "lib": frozenset(),
    "signaling": frozenset({"lib"}),
    "media": frozenset({"lib"}),
    "elements": frozenset({"lib"}),
    "pages": frozenset({"elements", "media", "signaling", "lib"}),
}
# Rooms that must also run where there is no page: they never touch it.
JS_WITHOUT_DOCUMENT = frozenset({"signaling", "media"})


@dataclass(frozen=True)
class Import:
    """One imported module, as an absolute dotted name."""

    target: str
    line: int
    typing_only: bool


def python_imports(source: str, module: str, *, is_package: bool = False) -> list[Import]:
    """Return what the module imports, relative imports resolved; `from x import y` gives x.y too."""
    package = module if is_package else module.rpartition(".")[0]
    found: list[Import] = []

    def visit(node: ast.AST, *, typing_only: bool) -> None:
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for child in node.body:
                visit(child, typing_only=True)
            for child in node.orelse:
                visit(child, typing_only=typing_only)
            return
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, typing_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]) if base else ".".join(above)
            found.extend(Import(f"{base}.{alias.name}", node.lineno, typing_only) for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child, typing_only=typing_only)

    visit(ast.parse(source), typing_only=False)
    return found


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def python_room(dotted: str) -> str | None:
    """Name the room of a dotted name: "web", "signaling", "clock"; None for what isn't ours."""
    parts = dotted.split(".")
    if parts[0] == "signaling":
        return "signaling"
    if parts[0] == "vap_meet":
        return parts[1] if len(parts) > 1 else "vap_meet"
    return None


def python_breaches(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Return a sentence for each import of the module that goes against the arrows."""
    room = python_room(module)
    if room is None or room in COMPOSERS or module == "vap_meet":
        return []
    if room not in PYTHON_ARROWS:
        return [f"{module}: no room of this name is in the design"]
    allowed = PYTHON_ARROWS[room] | PYTHON_EXCEPTIONS.get(module, frozenset())
    breaches = []
    for item in python_imports(source, module, is_package=is_package):
        target = python_room(item.target)
        if target is None:
            library = item.target.partition(".")[0]
            if library in FORBIDDEN_LIBRARIES.get(room, ()):
                breaches.append(f"{module}:{item.line}: {room} must not import {library}")
        elif target != room and target not in allowed:
            if item.typing_only and target in TYPING_EXCEPTIONS.get(module, ()):
                continue
            breaches.append(f"{module}:{item.line}: {room} must not import {target} ({item.target})")
    return breaches


# One token at a time, so that a comment sign inside a string isn't taken for a comment.
_JS_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<string>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")"
    r"|(?P<template>`(?:\\.|[^`\\])*`)",
    re.DOTALL,
)
_JS_IMPORT = re.compile(
    r"""\b(?:import|export)\b(?:[^'"`;()]*?\bfrom)?\s*['"](?P<plain>[^'"]+)['"]"""
    r"""|\bimport\s*\(\s*['"](?P<dynamic>[^'"]+)['"]"""
)


def without_js_comments(source: str, *, strings: bool = True) -> str:
    """Return the code with comments blanked, and quoted strings too unless `strings`."""

    def blank(match: re.Match[str]) -> str:
        if match["comment"] is None and (strings or match["string"] is None):
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return _JS_TOKEN.sub(blank, source)


def js_imports(source: str) -> list[tuple[str, int]]:
    """Return every specifier that is imported or re-exported, with its line; types in JSDoc don't count."""
    code = without_js_comments(source)
    return [
        (match["plain"] or match["dynamic"], code.count("\n", 0, match.start()) + 1)
        for match in _JS_IMPORT.finditer(code)
    ]


def js_breaches(source: str, path: str) -> list[str]:
    """Return a sentence for each breach of a module, `path` being relative to static/js."""
    room = path.partition("/")[0]
    if room not in JS_ARROWS:
        return [f"{path}: no room of this name is in the design"]
    breaches = []
    for specifier, line in js_imports(source):
        if not specifier.startswith(("./", "../")) or not specifier.endswith(".js"):
            breaches.append(f"{path}:{line}: a browser can't resolve {specifier!r}: name a relative .js file")
            continue
        target = _resolve(path, specifier).partition("/")[0]
        if target != room and target not in JS_ARROWS[room]:
            breaches.append(f"{path}:{line}: {room} must not import {target} ({specifier})")
    if room in JS_WITHOUT_DOCUMENT:
        code = without_js_comments(source, strings=False)
        breaches.extend(
            f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {room} must not touch document"
            for match in re.finditer(r"(?<![\w$])document\b(?!\s*:)", code)
        )
    return breaches


def _resolve(path: str, specifier: str) -> str:
    parts = path.split("/")[:-1]
    for step in specifier.split("/"):
        if step == "..":
            if not parts:
                return "(a folder above)"
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def too_long(files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Say which of the (name, text) pairs have more lines than anyone reads at once."""
    for name, text in files:
        if (lines := text.count("\n")) > MAX_LINES:
            yield f"{name}: {lines} lines, more than {MAX_LINES}"


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a Python file."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
