"""A call moves to another device only when somebody who is in it says so, and then goes on there at once."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot, video_moves
from tests.support.visits import call_in, say, sign_in, wait_in_line

ASKS = {"ar": "هل تريد متابعة المكالمة على هذا الجهاز؟", "en": "Continue the call on this device?"}


async def open_link(page, url: str, choice: str = "video") -> None:
    """Open a link a second time and go on as far as another device gets by itself."""
    await page.goto(url)
    await page.get_by_test_id("continue").click()
    await page.get_by_test_id(f"choose-{choice}").click()
    await page.get_by_test_id("enter").click()
    await expect(page.get_by_test_id("section-asking")).to_be_visible()


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_the_first_device_is_asked_and_the_call_goes_on_at_the_other(server, browser, language):
    link, appointment = server.links["links"]["now"], server.links["appointments"]["now"]
    async with (
        phone(browser, language=language) as first,
        phone(browser, language=language) as second,
        desktop(browser, language=language) as office,
    ):
        old, new, agent = await first.new_page(), await second.new_page(), await office.new_page()
        await old.goto(f"{server.base}/?lang={language}")
        await new.goto(f"{server.base}/?lang={language}")
        problems = [problems_of(page) for page in (old, new, agent)]
        await wait_in_line(old, link)
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(old.get_by_test_id("remote-tile").locator("video"))
        await agent.get_by_test_id("open-chat").click()
        await say(agent, "passport")

        # A link that was passed on takes nothing: whoever is in the call says no, and it goes on.
        await open_link(new, link)
        await screenshot(new, f"second-device-asks-{language}", full_page=True)
        assert await axe_findings(new) == []
        dialog = old.get_by_test_id("device-dialog")
        await expect(dialog).to_contain_text(ASKS[language])
        await screenshot(old, f"second-device-question-{language}")
        assert await axe_findings(old) == []
        await old.get_by_test_id("device-stay").click()
        await expect(new.get_by_test_id("section-stopped")).to_be_visible()
        await screenshot(new, f"second-device-in-use-{language}", full_page=True)
        assert await axe_findings(new) == []
        await expect(dialog).to_be_hidden()
        await video_moves(old.get_by_test_id("remote-tile").locator("video"))

        # It tries again as the page says, and is let in: the picture and the chat are there.
        await new.get_by_test_id("stopped-again").click()
        await old.get_by_test_id("device-move").click()
        await video_moves(new.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await new.get_by_test_id("open-chat").click()
        await expect(new.get_by_test_id("chat")).to_contain_text("passport")
        await expect(old.get_by_test_id("section-stopped")).to_be_visible()
        assert problems == [[], [], []]


async def test_the_agent_confirms_when_the_first_device_is_gone(server, browser):
    link, appointment = server.links["links"]["now"], server.links["appointments"]["now"]
    async with phone(browser) as first, phone(browser) as second, desktop(browser) as office:
        old, new, agent = await first.new_page(), await second.new_page(), await office.new_page()
        await wait_in_line(old, link)
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        question = agent.get_by_test_id("device-question")
        await expect(question).to_be_hidden()
        await old.close()
        await open_link(new, link)
        await expect(question).to_be_visible()
        await screenshot(agent, "agent-second-device-ar")
        assert await axe_findings(agent) == []
        await agent.get_by_test_id("device-allow").click()
        await video_moves(new.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await expect(question).to_be_hidden()


async def test_while_waiting_another_device_takes_the_place_with_one_click(server, browser):
    link = server.links["links"]["now"]
    async with phone(browser) as first, phone(browser) as second, desktop(browser) as office:
        old, new, agent = await first.new_page(), await second.new_page(), await office.new_page()
        await wait_in_line(old, link)
        await sign_in(agent, server, "agent")
        rows = agent.get_by_test_id("waiting-row")
        await expect(rows).to_have_count(2)
        order = await rows.locator("a").first.get_attribute("href")
        await wait_in_line(new, link)
        await expect(old.get_by_test_id("section-stopped")).to_be_visible()
        await screenshot(old, "second-device-moved-ar", full_page=True)
        await expect(rows).to_have_count(2)
        assert await rows.locator("a").first.get_attribute("href") == order
        await new.reload()
        await expect(new.get_by_test_id("section-waiting")).to_be_visible()
