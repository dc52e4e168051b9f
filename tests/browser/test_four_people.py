"""Four people in a mesh: everybody sees everybody; one is pinned, held, removed, and kept out for good."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from tests.browser.test_third_person import act, invite
from tests.support.browser import axe_findings, chromium, desktop, phone, problems_of, screenshot, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

COMPANION, INTERPRETER = "مرافق 1", "مترجم 1"
FPS = 5  # twelve pictures are drawn and read on this machine
GONE = "console: Failed to load resource: the server responded with a status of 410 (Gone)"


def main_video(page):
    """Return the large picture: the official's, on the agent's page the customer's."""
    return page.locator("#remote-tile video, #remote video")


def tile(page, name):
    """Return the picture of somebody beside the large one, by the name it is announced with."""
    return page.locator(f'[data-testid=group-tile][aria-label*="{name}"]')


async def see_each_other(*pages, tiles):
    """Wait until each page shows the large picture and so many others, all of them moving."""
    for page in pages:
        await expect(page.get_by_test_id("group-tile")).to_have_count(tiles)
    others = [
        page.get_by_test_id("group-tile").nth(at).locator("video") for page in pages for at in range(tiles)
    ]
    videos = [*(main_video(page) for page in pages), *others]
    await asyncio.gather(*(video_moves(video, timeout_s=30) for video in videos))


async def companions_link(customer):
    """Invite a companion from the waiting room and return their link."""
    await customer.get_by_test_id("waiting-companions").click()
    await customer.get_by_test_id("companion-name").fill(COMPANION)
    await customer.get_by_test_id("companion-make").click()
    link = await customer.get_by_test_id("companions").locator("input").input_value()
    await customer.get_by_test_id("companions-close").click()
    return link


async def test_four_people_see_each_other_and_one_is_removed_for_good(server):
    async with chromium(camera_fps=FPS) as browser, AsyncExitStack() as stack:
        makes = (phone, desktop, phone, desktop)
        contexts = [await stack.enter_async_context(make(browser)) for make in makes]
        pages = [await context.new_page() for context in contexts]
        customer, agent, companion, interpreter = pages
        problems = [problems_of(page) for page in pages]

        await wait_in_line(customer, server.links["links"]["now"])
        companions = await companions_link(customer)
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await video_moves(main_video(customer), timeout_s=30)
        interpreters = await invite(agent, name=INTERPRETER, part="interpreter")
        await agent.get_by_test_id("invite-close").click()
        guests = ((companion, companions, COMPANION), (interpreter, interpreters, INTERPRETER))
        for page, link, name in guests:
            await wait_in_line(page, link)
            await act(agent, name, "admit").click()
        await see_each_other(*pages, tiles=2)
        for page, name in zip(pages, ("customer", "agent", "companion", "interpreter"), strict=True):
            await screenshot(page, f"four-{name}-ar")
            assert await axe_findings(page) == []

        await act(agent, INTERPRETER, "pin").click()
        for page in (customer, agent, companion):
            await expect(tile(page, INTERPRETER)).to_have_attribute("data-big", "")
        await screenshot(customer, "four-pinned-customer-ar")

        await act(agent, COMPANION, "hold").click()
        for page in (customer, agent, interpreter):
            await expect(tile(page, COMPANION).locator("video")).to_have_js_property("srcObject", None)
        await expect(companion.get_by_test_id("group-tile")).to_have_count(0)
        await expect(main_video(companion)).to_have_js_property("srcObject", None)
        await asyncio.gather(
            *(video_moves(main_video(page)) for page in (customer, agent, interpreter)),
            *(video_moves(tile(page, INTERPRETER).locator("video")) for page in (customer, agent)),
        )
        await act(agent, COMPANION, "resume").click()
        await see_each_other(*pages, tiles=2)

        lock = agent.get_by_test_id("lock-room")
        await lock.click()
        await expect(lock).to_have_attribute("aria-pressed", "true")
        await act(agent, COMPANION, "remove").click()
        await agent.get_by_test_id("remove-yes").click()
        await expect(companion.get_by_test_id("section-stopped")).to_be_visible()
        await see_each_other(customer, agent, interpreter, tiles=1)
        await lock.click()
        await expect(lock).to_have_attribute("aria-pressed", "false")
        await companion.goto(companions)
        await expect(companion.get_by_test_id("stop-guest_closed")).to_be_visible()
        await screenshot(companion, "four-removed-ar", full_page=True)
        elsewhere = await (await stack.enter_async_context(phone(browser))).new_page()
        await elsewhere.goto(companions)
        await expect(elsewhere.get_by_test_id("stop-guest_closed")).to_be_visible()
        await expect(agent.get_by_test_id("person").filter(has_text=COMPANION)).to_have_count(0)
        await see_each_other(customer, agent, interpreter, tiles=1)
        assert problems == [[], [], [GONE], []]
