"""A page that is driven over WebDriver BiDi: what tests do on it, and what they ask of it.

Elements are named by their test id, or by a CSS selector where a name has more than letters and dashes in it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.bidi import RefusedError
from tests.support.browser import SCREENSHOTS, SOUND_HEARD, VIDEO_MOVES, axe_lines, axe_source

if TYPE_CHECKING:
    from tests.support.bidi import BiDi

LOOK_EVERY_S = 0.05

# What would take the press: nothing yet while it is hidden, disabled or under something else.
_PRESSABLE = """(selector) => {
  const element = document.querySelector(selector);
  if (!element) return 'not there';
  if (!element.checkVisibility({ visibilityProperty: true })) return 'hidden';
  if (element.matches(':disabled')) return 'disabled';
  element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const { x, y, width, height } = element.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  if (!element.contains(hit)) return `under ${hit?.outerHTML.slice(0, 120)}`;
  return [x, y];
}"""


@dataclass
class Page:
    """One window, of a person of its own."""

    bidi: BiDi
    context: str
    problems: list[str] = field(default_factory=list)
    """Uncaught and console errors, policy breaches included."""

    async def goto(self, url: str) -> None:
        """Open an address."""
        await self.bidi.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        """Call a function on the page with JSON values, and return its JSON value; what it throws fails."""
        result = await self.bidi.command(
            "script.callFunction",
            functionDeclaration=_in_json(function),
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        if result["type"] != "success":
            raise AssertionError(f"{result['exceptionDetails']['text']} in {function[:200]}")
        return json.loads(result["result"]["value"])

    async def until(self, function: str, *arguments: Any, timeout_s: float = 15) -> Any:
        """Call a function again and again, over loadings of the page, and return the first truth it tells."""
        last: Any = None
        try:
            async with asyncio.timeout(timeout_s):
                while not last:
                    await asyncio.sleep(LOOK_EVERY_S)
                    # A page that is being replaced has nowhere to call a function.
                    with suppress(RefusedError):
                        last = await self.evaluate(function, *arguments)
        except TimeoutError:
            url = await self.evaluate("() => location.href")
            raise AssertionError(f"not within {timeout_s} s at {url}: {function} {arguments}") from None
        return last

    async def shows(self, element: str, *, words: str = "", timeout_s: float = 15) -> None:
        """Wait until an element is visible, and has the words in it."""
        await self.until(
            """(selector, words) => {
              const element = document.querySelector(selector);
              const visible = element?.checkVisibility({ visibilityProperty: true });
              return visible && element.textContent.includes(words);
            }""",
            selector(element),
            words,
            timeout_s=timeout_s,
        )

    async def press(self, element: str, *, timeout_s: float = 15) -> None:
        """Press the middle of an element as a mouse does, as soon as it takes a press and stands still."""
        before, said = None, None
        try:
            async with asyncio.timeout(timeout_s):
                # Twice at the same place: what is still moving would be missed.
                while not isinstance(said, list) or said != before:
                    await asyncio.sleep(LOOK_EVERY_S)
                    before = said
                    with suppress(RefusedError):
                        said = await self.evaluate(_PRESSABLE, selector(element))
        except TimeoutError:
            raise AssertionError(f"{element} can't be pressed: {said}") from None
        found = await self.bidi.command(
            "browsingContext.locateNodes",
            context=self.context,
            locator={"type": "css", "value": selector(element)},
            maxNodeCount=1,
        )
        middle = {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": middle}
        await self._act({"type": "pointer", "id": "mouse", "actions": [move, *press]})

    async def type(self, element: str, text: str) -> None:
        """Press an element and write into it, key by key."""
        await self.press(element)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keys", "actions": keys})

    async def _act(self, source: dict[str, Any]) -> None:
        await self.bidi.command("input.performActions", context=self.context, actions=[source])

    async def video_moves(self, video: str, *, timeout_s: float = 15) -> None:
        """Wait until a moving picture is seen; the same look as `tests.support.browser.video_moves`."""
        await self._media(video, VIDEO_MOVES, timeout_s)

    async def sound_is_heard(self, element: str, *, timeout_s: float = 15) -> None:
        """Wait until a media element's sound is heard; as `tests.support.browser.sound_is_heard`."""
        await self._media(element, SOUND_HEARD, timeout_s)

    async def _media(self, element: str, look: str, timeout_s: float) -> None:
        await self.until("(selector) => document.querySelector(selector) !== null", selector(element))
        await self.evaluate(
            f"(selector, timeoutMs) => ({look})(document.querySelector(selector), timeoutMs)",
            selector(element),
            timeout_s * 1000,
        )

    async def axe_findings(self) -> list[str]:
        """Return a line for each accessibility fault that axe finds on the page as it is now."""
        await self.evaluate(f"() => {{ {axe_source()} }}")
        return axe_lines(await self.evaluate("async () => (await axe.run(document)).violations"))

    async def screenshot(self, name: str) -> None:
        """Keep a picture of the page in build/screenshots for a person to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        told = await self.bidi.command("browsingContext.captureScreenshot", context=self.context)
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(told["data"]))


def selector(element: str) -> str:
    """Return the CSS selector of an element's name."""
    return f'[data-testid="{element}"]' if re.fullmatch(r"[a-z0-9-]+", element) else element


def _in_json(function: str) -> str:
    return f"async (given) => JSON.stringify(await ({function})(...JSON.parse(given)) ?? null)"
