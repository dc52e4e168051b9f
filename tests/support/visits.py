"""The steps of people in browser tests, by the names on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.support.server import DemoServer


async def sign_in(page: Page, server: DemoServer, who: str) -> None:
    """Sign a demonstration account in through the form; ends on its first page."""
    await page.goto(f"{server.base}/staff/sign-in")
    await page.locator("input[name=username]").fill(who)
    await page.locator("input[name=password]").fill(server.links["accounts"][who])
    await page.locator("form[action^='/staff/sign-in'] button").click()
    await page.wait_for_url(f"**/{who}/**")


async def wait_in_line(page: Page, url: str, *, choice: str = "video") -> None:
    """Open a customer's link and go on to the waiting room."""
    await page.goto(url)
    await page.get_by_test_id("continue").click()
    await page.get_by_test_id(f"choose-{choice}").click()
    await page.get_by_test_id("enter").click()
    await expect(page.get_by_test_id("section-waiting")).to_be_visible()


async def call_in(page: Page, server: DemoServer, appointment_id: str) -> None:
    """Call the customer of an appointment in, from the agent's call page."""
    await page.goto(f"{server.base}/agent/appointments/{appointment_id}")
    await page.get_by_test_id("call-in").click()
    await page.get_by_test_id("confirm-submit").click()


async def say(page: Page, text: str) -> None:
    """Write a line in the call's chat."""
    chat = page.get_by_test_id("chat")
    await chat.locator("textarea, input[type=text]").fill(text)
    await chat.locator("button").click()
