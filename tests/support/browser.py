"""Chromium with a fake camera and microphone, as a phone or a desktop, and what tests ask of its pages.

async with chromium() as browser, phone(browser) as customer, desktop(browser) as agent:
    page = await customer.new_page()
    frames = Frames()
    frames.watch(page)
    ...
    await video_moves(page.locator("#remote video"))
    frames.validate(schema)
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jsonschema import Draft202012Validator
from playwright.async_api import async_playwright

from tests.support.chromium import chromium_path, shell_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from playwright.async_api import Browser, BrowserContext, Locator, Page, WebSocket

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = ROOT / "build/screenshots"
SCHEMA = ROOT / "signaling/protocol.schema.json"

ALWAYS = (
    # Addresses of this machine as they are: nobody answers for mDNS names in a container.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
    # Two pages at once: neither is in the background.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


@asynccontextmanager
async def chromium(
    *,
    camera_fps: int | None = 20,
    cameras: int = 1,
    allow: bool = True,
    args: Sequence[str] = (),
    executable: str | None = None,
) -> AsyncIterator[Browser]:
    """Start Chromium for a while.

    `camera_fps` is the fake cameras' rate, None for no camera and no microphone; with `allow` False a page
    is refused them unless its context was given the permissions. `executable` starts it somewhere else.
    """
    flags = [*ALWAYS, *args]
    if camera_fps is not None:
        flags.append(f"--use-fake-device-for-media-stream=device-count={cameras},fps={camera_fps}")
    if allow:
        flags.append("--use-fake-ui-for-media-stream")
    async with async_playwright() as playwright:
        found = executable or (shell_path() if allow else chromium_path())
        browser = await playwright.chromium.launch(executable_path=found, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def phone(browser: Browser, *, language: str = "ar", **options: Any) -> AsyncIterator[BrowserContext]:
    """Open a phone's browser: 360x740, touch, Arabic unless said otherwise."""
    major = browser.version.partition(".")[0]
    context = await browser.new_context(
        **{
            "viewport": {"width": 360, "height": 740},
            "screen": {"width": 360, "height": 740},
            "device_scale_factor": 2,
            "is_mobile": True,
            "has_touch": True,
            "locale": {"ar": "ar-AE", "en": "en-GB"}[language],
            "timezone_id": "Asia/Dubai",
            "user_agent": (
                "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{major}.0.0.0 Mobile Safari/537.36"
            ),
            **options,
        }
    )
    try:
        yield context
    finally:
        await context.close()


@asynccontextmanager
async def desktop(browser: Browser, *, language: str = "ar", **options: Any) -> AsyncIterator[BrowserContext]:
    """Open a desktop browser: 1366x768, the commonest small desktop screen."""
    context = await browser.new_context(
        **{
            "viewport": {"width": 1366, "height": 768},
            "locale": {"ar": "ar-AE", "en": "en-GB"}[language],
            "timezone_id": "Asia/Dubai",
            **options,
        }
    )
    try:
        yield context
    finally:
        await context.close()


VIDEO_MOVES = """(video, timeoutMs) => new Promise((resolve, reject) => {
  const canvas = new OffscreenCanvas(64, 36);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let first = null;
  let frames = 0;
  const give = setTimeout(
    () => reject(new Error(`no moving picture: ${frames} frames, ${first ? 'none differs' : 'all black'}`)),
    timeoutMs,
  );
  const look = () => {
    frames += 1;
    context.drawImage(video, 0, 0, 64, 36);
    const pixels = context.getImageData(0, 0, 64, 36).data;
    let bright = 0;
    let changed = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      if (pixels[i] + pixels[i + 1] + pixels[i + 2] > 48) bright += 1;
      if (first && Math.abs(pixels[i] - first[i]) + Math.abs(pixels[i + 1] - first[i + 1]) > 24) changed += 1;
    }
    if (bright > 64 && changed > 4) {
      clearTimeout(give);
      resolve({ width: video.videoWidth, height: video.videoHeight, frames });
      return;
    }
    if (bright > 64 && !first) first = pixels;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
})"""
"""Two frames that differ, neither of them black: a still picture or a black track isn't a call."""

SOUND_HEARD = """(element, timeoutMs) => new Promise((resolve, reject) => {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context);
  context.createMediaStreamSource(element.srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  const until = performance.now() + timeoutMs;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    if (!element.paused && !element.muted) loudest = Math.max(loudest, ...samples.map(Math.abs));
    if (loudest < 0.01 && performance.now() < until) return;
    clearInterval(timer);
    void context.close();
    if (loudest >= 0.01) resolve(loudest);
    else reject(new Error(`nothing is heard: ${context.state}, ${element.paused ? 'paused' : loudest}`));
  }, 50);
})"""
"""A hundredth of full scale, from an element that plays: silence and a sound turned off stay below."""


@dataclass(frozen=True)
class Picture:
    """A moving picture that was seen: its size, and how many frames it took to be sure."""

    width: int
    height: int
    frames: int


async def video_moves(video: Locator, *, timeout_s: float = 15) -> Picture:
    """Wait until the video element shows a moving picture; fails with what it showed instead."""
    await video.wait_for(state="attached", timeout=timeout_s * 1000)
    return Picture(**await video.evaluate(VIDEO_MOVES, timeout_s * 1000, timeout=timeout_s * 1000 + 5000))


async def sound_is_heard(element: Locator, *, timeout_s: float = 15) -> None:
    """Wait until a media element's sound is heard; fails with how it stands instead."""
    await element.wait_for(state="attached", timeout=timeout_s * 1000)
    await element.evaluate(SOUND_HEARD, timeout_s * 1000, timeout=timeout_s * 1000 + 5000)


@dataclass(frozen=True)
class Frame:
    """One websocket frame that a page sent or received."""

    direction: Literal["sent", "received"]
    who: str
    text: str

    @property
    def message(self) -> dict[str, Any]:
        """Return the frame as the JSON object it must be."""
        message = json.loads(self.text)
        assert isinstance(message, dict), f"{self.who} {self.direction} no object: {self.text[:200]}"
        return message


@dataclass
class Frames:
    """Every websocket frame of the pages it watches, in the order Chromium told of them."""

    seen: list[Frame] = field(default_factory=list)

    def watch(self, page: Page, who: str = "page") -> None:
        """Collect from now on; call it before the page is opened."""

        def opened(socket: WebSocket) -> None:
            socket.on("framesent", lambda payload: self._add("sent", who, payload))
            socket.on("framereceived", lambda payload: self._add("received", who, payload))

        page.on("websocket", opened)

    def _add(self, direction: Literal["sent", "received"], who: str, payload: str | bytes) -> None:
        text = payload if isinstance(payload, str) else payload.decode()
        self.seen.append(Frame(direction, who, text))

    def types(self, direction: Literal["sent", "received"], who: str | None = None) -> list[str]:
        """Return the types of the messages of one direction, in order."""
        return [
            frame.message["type"]
            for frame in self.seen
            if frame.direction == direction and who in (None, frame.who)
        ]

    def faults(self) -> list[str]:
        """Return a line for each frame that isn't a message of its direction by the protocol's schema."""
        definitions = json.loads(SCHEMA.read_text())["$defs"]
        valid = {
            direction: Draft202012Validator({"$ref": f"#/$defs/{union}", "$defs": definitions})
            for direction, union in (("sent", "ClientMessage"), ("received", "ServerMessage"))
        }
        return [
            f"{frame.who} {frame.direction} {frame.text[:200]}: {error.message[:200]}"
            for frame in self.seen
            for error in valid[frame.direction].iter_errors(frame.message)
        ]


@cache
def axe_source() -> str:
    """Return the checker's script: to be evaluated, as a page's policy forbids to add it as an element."""
    path = ROOT / "node_modules/axe-core/axe.min.js"
    assert path.is_file(), "axe-core is missing: run make test once, which installs it."
    return path.read_text()


async def axe_findings(page: Page) -> list[str]:
    """Return a line for each accessibility fault that axe finds on the page as it is now."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(axe_source())
    return axe_lines(await page.evaluate("async () => (await axe.run(document)).violations"))


def axe_lines(violations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each place of each violation, as axe tells them."""
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['target']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def problems_of(page: Page) -> list[str]:
    """Return a list that fills with the page's uncaught and console errors, policy breaches included."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    page.on(
        "console",
        lambda message: problems.append(f"console: {message.text}") if message.type == "error" else None,
    )
    return problems


async def screenshot(page: Page, name: str, *, full_page: bool = False) -> Path:
    """Keep a picture of the page in build/screenshots for a person to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    await page.screenshot(path=path, full_page=full_page)
    return path
