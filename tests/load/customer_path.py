"""What a customer's phone loads from the link in the message to the call, and in it, as the server sends it.

    python -m tests.load.customer_path     prints one JSON object

A phone's browser walks the path. Its pages count as they came; each style sheet, module and font counts once,
in the encoding that the server has for a browser that takes Brotli. Bodies alone. The path ends where all is
there for the picture to come; what the call loads afterwards, when nobody waits for it, is counted apart.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from tests.load.our_call import OurCall
from tests.support.browser import chromium, desktop, phone, video_moves
from tests.support.server import demo_server

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Response

KB = 1024


@dataclass
class Loaded:
    """What a page asked for: its documents, and the addresses of its files by kind."""

    documents: list[Response] = field(default_factory=list)
    files: dict[str, set[str]] = field(
        default_factory=lambda: {"stylesheet": set(), "script": set(), "font": set()}
    )

    def watch(self, page: Page) -> None:
        """Note each response from now on."""
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        kind = response.request.resource_type
        if kind == "document" and response.ok:
            self.documents.append(response)
        elif kind in self.files:
            self.files[kind].add(response.url)


async def walk(browser: Browser, call: OurCall) -> tuple[list[int], Loaded, set[str]]:
    """Take a customer from the link into a call.

    Return the documents' sizes, what was loaded before the call, and the addresses loaded in it.
    """
    loaded = Loaded()
    appointment = await call.book()
    async with desktop(browser) as office, phone(browser) as home:
        customer, agent = await home.new_page(), await office.new_page()
        loaded.watch(customer)
        await call.customer_waits(customer, appointment)
        await customer.wait_for_load_state("networkidle")  # the waiting room's own part comes last
        before = Loaded(list(loaded.documents), {kind: set(urls) for kind, urls in loaded.files.items()})
        await (await call.agent_is_about_to_call(agent, appointment)).click()
        await video_moves(customer.locator(OurCall.REMOTE_AT_CUSTOMER))
        await customer.locator("#open-more:enabled").wait_for()
        sizes = [(await document.request.sizes())["responseBodySize"] for document in before.documents]
    later = {url for kind, urls in loaded.files.items() for url in urls - before.files[kind]}
    return sizes, before, later


async def sent_size(session: aiohttp.ClientSession, url: str) -> int:
    """Return the bytes of a file's body as sent to a browser that takes Brotli."""
    async with session.get(url, headers={"Accept-Encoding": "br, gzip"}) as response:
        response.raise_for_status()
        return len(await response.read())


async def measure() -> dict[str, float]:
    """Walk the path and add up."""
    with tempfile.TemporaryDirectory() as folder:
        async with demo_server(Path(folder)) as demo, OurCall.of(demo) as call, chromium() as browser:
            documents, loaded, later = await walk(browser, call)
            async with aiohttp.ClientSession(auto_decompress=False) as session:
                files = {
                    kind: sum([await sent_size(session, url) for url in urls])
                    for kind, urls in loaded.files.items()
                }
                in_call = sum([await sent_size(session, url) for url in later])
    return {
        "customer_path_kb_compressed": round(
            (sum(documents) + files["stylesheet"] + files["script"]) / KB, 1
        ),
        "customer_path_html_kb": round(sum(documents) / KB, 1),
        "customer_path_css_kb": round(files["stylesheet"] / KB, 1),
        "customer_path_js_kb": round(files["script"] / KB, 1),
        "customer_path_files": sum(map(len, loaded.files.values())),
        "customer_in_call_kb": round(in_call / KB, 1),
        "font_kb": round(files["font"] / KB, 1),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))  # noqa: T201
