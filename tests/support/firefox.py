"""Firefox with a fake camera and microphone, and what tests do on its pages.

async with firefox() as browser:
    page = await browser.phone()
    await page.goto(link)
    await page.press("continue")
    await page.shows("section-waiting")

`python -m tests.support.firefox` prints the path of the executable.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bidi import session
from tests.support.bidi_page import Page

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from tests.support.bidi import BiDi

STARTED_WITHIN_S = 60.0
STOPPED_WITHIN_S = 15.0

PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    # Addresses of this machine as they are: nobody answers for mDNS names in a container.
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    # A container has no speaker, and without one Firefox runs no AudioContext.
    "media.cubeb.force_mock_context": True,
    # As on a phone, a scroll bar takes no room.
    "ui.useOverlayScrollbars": 1,
    # No codec is fetched from the world while a test runs.
    "media.gmp-manager.updateEnabled": False,
}


@cache
def firefox_path() -> str | None:
    """Return an executable that starts, None without one: a stub for a snap that isn't there does not."""
    for name in filter(None, (os.environ.get("VAP_TEST_FIREFOX"), "firefox-esr", "firefox")):
        found = shutil.which(name)
        if found is None:
            continue
        with suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run(
                [found, "--version"], capture_output=True, timeout=60, check=True, text=True
            )
            if "Firefox" in answer.stdout:
                return found
    return None


@dataclass
class Firefox:
    """A running Firefox."""

    bidi: BiDi
    pages: dict[str, Page]

    async def phone(self) -> Page:
        """Open a window of a phone's size."""
        return await self._open(360, 740, pixels=2)

    async def desktop(self) -> Page:
        """Open a window of the commonest small desktop's size."""
        return await self._open(1366, 768, pixels=1)

    async def _open(self, width: int, height: int, *, pixels: int) -> Page:
        person = await self.bidi.command("browser.createUserContext")
        # A window each: a tab behind another one is hidden, and its page rests.
        made = await self.bidi.command("browsingContext.create", type="window", **person)
        size = {"width": width, "height": height}
        await self.bidi.command("browsingContext.setViewport", **made, viewport=size, devicePixelRatio=pixels)
        page = self.pages[made["context"]] = Page(self.bidi, made["context"])
        return page


@asynccontextmanager
async def firefox(*, language: str = "ar") -> AsyncIterator[Firefox]:
    """Start Firefox for a while. Skips the test where there is none."""
    executable = firefox_path()
    if executable is None:
        pytest.skip("Firefox is missing: install the package firefox-esr, or run make test-long as root once")
    pages: dict[str, Page] = {}

    def told(method: str, params: dict[str, Any]) -> None:
        page = pages.get(params["source"].get("context", ""))
        if method == "log.entryAdded" and params["level"] == "error" and page:
            page.problems.append(f"{params['type']}: {params['text']}")

    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as home:
        async with _running(executable, Path(home), language) as url, session(url, told) as bidi:
            yield Firefox(bidi, pages)


@asynccontextmanager
async def _running(executable: str, home: Path, language: str) -> AsyncIterator[str]:
    profile = home / "profile"
    profile.mkdir()
    chosen = {**PREFERENCES, "intl.accept_languages": {"ar": "ar-AE, ar", "en": "en-GB, en"}[language]}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in chosen.items()]
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(executable, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        env={**os.environ, "HOME": str(home), "TZ": "Asia/Dubai"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    # To the end, or it would stand still when the pipe is full.
    reading = asyncio.create_task(_read(process, address))
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            url = await address
        yield url
    finally:
        await _stop(process)
        await reading


async def _read(process: Process, address: asyncio.Future[str]) -> None:
    assert process.stderr is not None
    said: deque[str] = deque(maxlen=20)
    async for line in process.stderr:
        said.append(line.decode(errors="replace"))
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", said[-1])
        if found and not address.done():
            address.set_result(found[1])
    if not address.done():
        address.set_exception(AssertionError(f"Firefox did not start: {''.join(said)}"))


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOPPED_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    print(firefox_path() or sys.exit("Firefox is missing"))  # noqa: T201
