"""Static files: from memory, under one hash, compressed, and nothing but the tree."""

from __future__ import annotations

import re

import brotli
import pytest
from yarl import URL

from tests.support.web import framed_app
from vap_meet.web.assets import Assets, as_served, bundled

TREE = {
    "js/pages/room.js": b"import { a } from '../lib/a.js';\nimport '../lib/b.js';\n"
    b"await import('../lib/late.js');\n",
    "js/lib/a.js": b"import {\n  b,\n} from './b.js';\nexport { c } from \"./c.js\";\n",
    "js/lib/b.js": b"// import './comment.js'\nexport const b = 1;\n" * 40,
    "js/lib/c.js": b"import { a } from './a.js';\n",
    "js/lib/late.js": b"",
    "fonts/x.woff2": b"wOF2" * 100,
    "notes.md": b"not for browsers",
}


async def test_a_static_file_is_kept_for_a_year_under_the_trees_hash(aiohttp_client):
    assets = Assets(TREE)
    client = await aiohttp_client(framed_app(tree=TREE))
    response = await client.get(assets.url("js/lib/b.js"), headers={"Accept-Encoding": "identity"})
    assert await response.read() == TREE["js/lib/b.js"]
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_text_travels_in_the_best_encoding_that_is_taken(aiohttp_client, accepted, encoding):
    client = await aiohttp_client(framed_app(tree=TREE), auto_decompress=False)
    url = Assets(TREE).url("js/lib/b.js")
    response = await client.get(url, headers={"Accept-Encoding": accepted})
    body = await response.read()
    assert response.headers.get("Content-Encoding") == encoding
    assert (len(body) < len(TREE["js/lib/b.js"])) is (encoding is not None)
    if encoding == "br":
        assert brotli.decompress(body) == TREE["js/lib/b.js"]


async def test_a_font_is_not_compressed_again(aiohttp_client):
    client = await aiohttp_client(framed_app(tree=TREE))
    response = await client.get(Assets(TREE).url("fonts/x.woff2"), headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in response.headers
    assert response.headers["Content-Type"] == "font/woff2"


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "..%2f..%2fetc/passwd",
        "/etc/passwd",
        "js",
        "notes.md",
        "js/",
    ],
)
async def test_nothing_outside_the_tree_is_served(aiohttp_client, path):
    client = await aiohttp_client(framed_app(tree=TREE))
    origin = client.make_url("/").origin()
    response = await client.session.get(URL(f"{origin}/static/{Assets(TREE).tree_hash}/{path}", encoded=True))
    assert response.status == 404


async def test_an_old_hash_gets_the_new_file_and_keeps_it_not(aiohttp_client):
    client = await aiohttp_client(framed_app(tree=TREE))
    response = await client.get("/static/000000000000/js/lib/b.js")
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-cache")


def test_any_changed_byte_changes_the_trees_hash():
    assert Assets(TREE).tree_hash != Assets({**TREE, "js/lib/late.js": b"1"}).tree_hash
    assert Assets(TREE).tree_hash == Assets(dict(reversed(TREE.items()))).tree_hash


def test_the_modules_of_a_page_are_what_it_imports_statically():
    assets = Assets(TREE)
    assert set(assets.modules("js/pages/room.js")) == {
        assets.url(path) for path in ("js/pages/room.js", "js/lib/a.js", "js/lib/b.js", "js/lib/c.js")
    }
    assert assets.modules("js/pages/room.js")[0] == assets.url("js/pages/room.js")


def test_a_missing_file_is_found_when_the_page_is_rendered():
    with pytest.raises(LookupError):
        Assets(TREE).url("js/none.js")
    with pytest.raises(LookupError):
        Assets({"a.js": b"import './none.js';"}).modules("a.js")


def test_every_module_of_ours_imports_what_exists():
    assets = Assets.load()
    for path in assets.paths(".js"):
        assets.modules(path)


def test_modules_are_served_without_the_comments_that_have_lines_of_their_own():
    source = b"""/**
 * Why.
 */
import { a } from './a.js';
const b =
  /** @type {string} */ (a('/* no comment */')); // stays
// goes
/* goes */
const url = 'https://example.test'; /** @type {number} */
const c = 1;
"""
    served = as_served("x.js", source)
    assert [line for line in served.decode().split("\n") if line] == [
        "import { a } from './a.js';",
        "const b =",
        "  /** @type {string} */ (a('/* no comment */')); // stays",
        "const url = 'https://example.test'; /** @type {number} */",
        "const c = 1;",
    ]
    assert served.count(b"\n") == source.count(b"\n"), "an error's line is the file's"
    assert as_served("x.css", b"/* kept */\n") == b"/* kept */\n"


def test_no_code_of_ours_goes_with_the_comments():
    for path in sorted(bundled("static").rglob("*.js")):
        source = path.read_text()
        served = as_served(path.name, source.encode()).decode()
        for before, after in zip(source.split("\n"), served.split("\n"), strict=True):
            assert after in (before, ""), path
            if not after:
                assert re.match(r"\s*(/?\*|//|$)", before), f"{path}: {before}"
