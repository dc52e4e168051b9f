"""The wheel, installed where nothing of the working tree is, serves its pages with their style."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import aiohttp
import pytest

from tests.support.server import ROOT, demo_server


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*build, "--wheel-dir", folder, ROOT], check=True, timeout=100)
    [built] = folder.glob("vap_meet-*.whl")
    return built


@pytest.fixture(scope="module")
def fresh_python(wheel, tmp_path_factory):
    """An environment with the wheel; its dependencies come from this one, so that nothing is downloaded."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*install, wheel], check=True, timeout=100)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    # Only this folder itself is added: the link to the working tree in it isn't followed.
    (folder / site.stdout.strip() / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return str(python)


def test_the_wheel_carries_templates_static_files_words_and_migrations(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        r"vap_meet/templates/base\.html",
        r"vap_meet/static/css/tokens\.css",
        r"vap_meet/static/js/pages/\w+\.js",
        r"vap_meet/static/fonts/.*\.woff2",
        r"vap_meet/locale/ar/common\.po",
        r"vap_meet/store/migrations/.*\.py",
        r"signaling/protocol\.py",
    ):
        assert any(re.fullmatch(wanted, name) for name in names), wanted
    assert [name for name in names if name.startswith(("tests/", "docs/"))] == []


def test_the_fresh_environment_takes_our_packages_from_the_wheel(fresh_python, tmp_path):
    where = subprocess.run(
        [fresh_python, "-c", "import signaling, vap_meet; print(vap_meet.__file__, signaling.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    environment = str(Path(fresh_python).parent.parent)
    assert [path.startswith(environment) for path in where.stdout.split()] == [True, True]


async def test_the_installed_wheel_serves_a_page_with_its_style(fresh_python, tmp_path):
    async with (
        asyncio.timeout(60),
        demo_server(tmp_path, python=fresh_python) as demo,
        aiohttp.ClientSession(demo.base) as browser,
    ):
        async with browser.get("/demo") as page:
            assert page.status == 200
            html = await page.text()
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
        assert styles
        for url in styles:
            async with browser.get(url) as style:
                assert style.status == 200
                assert style.content_type == "text/css"
                assert await style.text()
