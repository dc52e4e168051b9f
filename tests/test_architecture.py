"""The arrows between the rooms of this house, and the size of its modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.architecture import (
    MAX_LINES,
    js_breaches,
    js_imports,
    module_name,
    python_breaches,
    python_imports,
    too_long,
)

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sorted(path for house in ("vap_meet", "signaling") for path in (ROOT / house).rglob("*.py"))
JS = sorted(path for path in (ROOT / "static/js").rglob("*.js") if "vendor" not in path.parts)
GENERATED = {ROOT / "static/js/signaling/messages.js"}  # a list of types, as long as the protocol
CSS = sorted((ROOT / "static/css").rglob("*.css"))
TESTS = sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "tests").rglob("*.js"))


def test_python_modules_import_only_along_the_arrows():
    breaches = [
        breach
        for path in PYTHON
        for breach in python_breaches(
            path.read_text(), module_name(path, ROOT), is_package=path.name == "__init__.py"
        )
    ]
    assert len(PYTHON) > 20, "the checker found no house to check"
    assert breaches == []


def test_javascript_modules_import_only_along_the_arrows_and_only_pages_and_elements_see_the_document():
    js = ROOT / "static/js"
    breaches = [
        breach for path in JS for breach in js_breaches(path.read_text(), path.relative_to(js).as_posix())
    ]
    assert len(JS) > 5, "the checker found no modules to check"
    assert breaches == []


def test_every_javascript_import_leads_to_a_file():
    missing = [
        f"{path.relative_to(ROOT)}:{line}: {specifier}"
        for path in JS
        for specifier, line in js_imports(path.read_text())
        if not (path.parent / specifier).is_file()
    ]
    assert missing == []


def test_no_module_is_longer_than_anyone_reads_at_once():
    files = (
        (str(path.relative_to(ROOT)), path.read_text())
        for path in [*PYTHON, *JS, *CSS, *TESTS]
        if path not in GENERATED
    )
    assert list(too_long(files)) == []


def test_there_is_no_junk_drawer():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    assert [path for path in [*PYTHON, *JS] if path.stem in drawers] == []


@pytest.mark.parametrize(
    ("module", "source", "said"),
    [
        ("vap_meet.domain.queueing", "from vap_meet.store import schema", "domain must not import store"),
        ("vap_meet.domain.queueing", "import vap_meet.settings", "domain must not import settings"),
        ("vap_meet.domain.queueing", "from aiohttp import web", "domain must not import aiohttp"),
        ("signaling.room", "from vap_meet.domain import errors", "signaling must not import domain"),
        ("signaling.room", "def f():\n    import sqlalchemy.ext", "signaling must not import sqlalchemy"),
        ("vap_meet.store.access", "from vap_meet.services import joining", "store must not import services"),
        ("vap_meet.store.access", "from signaling.protocol import Grant", "store must not import signaling"),
        ("vap_meet.services.board", "from vap_meet.web import pages", "services must not import web"),
        ("vap_meet.services.board", "from vap_meet import web", "services must not import web"),
        ("vap_meet.services.board", "from ..web.pages import x", "services must not import web"),
        ("vap_meet.services.board", "from .. import app", "services must not import app"),
        ("vap_meet.web.api", "from vap_meet.store.engine import Database", "web must not import store"),
        ("vap_meet.web.api", "from sqlalchemy import select", "web must not import sqlalchemy"),
        ("vap_meet.web.api", "import signaling.hub", "web must not import signaling"),
        ("vap_meet.web.appkeys", "from signaling.hub import Hub", "web must not import signaling"),
        ("vap_meet.web.api", "if TYPE_CHECKING:\n    from signaling.hub import Hub", "must not import"),
        ("vap_meet.settings", "from vap_meet.domain import errors", "settings must not import domain"),
        ("vap_meet.cellar.wine", "", "no room of this name"),
    ],
)
def test_an_import_against_the_python_arrows_is_found(module, source, said):
    [breach] = python_breaches(source, module)
    assert said in breach


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("vap_meet.web.signal", "from signaling.hub import Hub"),
        ("vap_meet.web.appkeys", "if TYPE_CHECKING:\n    from vap_meet.store.engine import Database"),
        ("vap_meet.services.board", "from vap_meet.store import board\nfrom signaling.log import Fact"),
        ("vap_meet.app", "from vap_meet.store.engine import Database\nimport aiohttp"),
        ("vap_meet.domain.tokens", "import jwt\nfrom vap_meet.domain.errors import DomainError"),
        ("vap_meet.domain.tokens", "from . import errors"),
    ],
)
def test_an_import_along_the_python_arrows_is_fine(module, source):
    assert python_breaches(source, module) == []


def test_relative_imports_are_resolved_from_modules_and_from_packages():
    [inside] = python_imports("from .engine import Database", "vap_meet.store.access")
    [package] = python_imports("from .engine import Database", "vap_meet.store", is_package=True)
    assert inside.target == package.target == "vap_meet.store.engine.Database"


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("lib/dom.js", "import { Call } from '../media/call.js';", "lib must not import media"),
        ("media/call.js", "export * from '../pages/room.js';", "media must not import pages"),
        ("media/call.js", "const m = await import('../elements/chat.js');", "media must not import elements"),
        ("signaling/client.js", "import '../media/call.js';", "signaling must not import media"),
        (
            "elements/chat.js",
            "import {\n  room,\n} from '../pages/room.js';",
            "elements must not import pages",
        ),
        ("media/call.js", "const v = document.createElement('video');", "must not touch document"),
        ("signaling/client.js", "globalThis.document.hidden", "must not touch document"),
        ("media/call.js", "const a = `${document.title}`;", "must not touch document"),
        ("lib/dom.js", "import lodash from 'lodash';", "a browser can't resolve"),
        ("lib/dom.js", "import { a } from './time';", "a browser can't resolve"),
        ("lib/dom.js", "import { a } from '../../../vap_meet/x.js';", "must not import (a folder above)"),
        ("cellar/wine.js", "", "no room of this name"),
    ],
)
def test_a_javascript_module_against_the_arrows_is_found(path, source, said):
    [breach] = js_breaches(source, path)
    assert said in breach


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("pages/room.js", "import { Call } from '../media/call.js';\ndocument.title = 'x';"),
        ("pages/room.js", "import { leave } from './leaving.js';"),
        ("media/call.js", "// the page's document is not for us\n/* document */ const x = 'document';"),
        ("media/call.js", "/** @import { Offer } from '../signaling/messages.js' */\nexport const a = 1;"),
        ("media/call.js", "const url = 'https://example.test'; // document"),
        ("elements/chat.js", "import { text } from '../lib/dom.js';\ndocument.createElement('p');"),
    ],
)
def test_a_javascript_module_along_the_arrows_is_fine(path, source):
    assert js_breaches(source, path) == []


def test_a_module_one_line_too_long_is_found():
    assert list(too_long([("a.py", "x\n" * MAX_LINES)])) == []
    assert list(too_long([("a.py", "x\n" * (MAX_LINES + 1))])) == ["a.py: 401 lines, more than 400"]
