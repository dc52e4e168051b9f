"""A third person, by a link of their own: let in, seen by everybody, pinned, held, removed; and kept out."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot, video_moves
from tests.support.visits import call_in, say, sign_in, wait_in_line

SAID = {"ar": "\u2068Interpreter 1\u2069، مترجم", "en": "\u2068Interpreter 1\u2069, interpreter"}


async def invite(agent, *, name: str, part: str) -> str:
    """Invite somebody from the agent's page and return their link."""
    await agent.get_by_test_id("invite").click()
    await agent.get_by_test_id("guest-part").select_option(part)
    await agent.get_by_test_id("guest-name").fill(name)
    await agent.get_by_test_id("guest-make").click()
    row = agent.get_by_test_id("invited").locator("li").filter(has_text=name)
    link: str = await row.locator("input").input_value()
    return link


def act(agent, name: str, what: str):
    """The button of a person's row."""
    return agent.get_by_test_id("person").filter(has_text=name).locator(f"[data-act={what}]")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_interpreter_joins_and_everybody_sees_everybody(server, browser, language):
    link, appointment = server.links["links"]["now"], server.links["appointments"]["now"]
    async with (
        phone(browser, language=language) as home,
        desktop(browser, language=language) as office,
        desktop(browser, language=language) as elsewhere,
    ):
        customer, agent, guest = [await one.new_page() for one in (home, office, elsewhere)]
        for page in (customer, agent, guest):
            await page.goto(f"{server.base}/?lang={language}")
        problems = [problems_of(page) for page in (customer, agent, guest)]
        await wait_in_line(customer, link)
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))

        url = await invite(agent, name="Interpreter 1", part="interpreter")
        await screenshot(agent, f"invite-{language}")
        assert await axe_findings(agent) == []
        await agent.get_by_test_id("invite-close").click()
        await guest.goto(url)
        await screenshot(guest, f"guest-link-{language}", full_page=True)
        assert await axe_findings(guest) == []
        await wait_in_line(guest, url)
        await screenshot(guest, f"guest-waits-{language}", full_page=True)
        await expect(customer.get_by_test_id("group-tile")).to_have_count(0)
        await act(agent, "Interpreter 1", "admit").click()

        tiles = [page.get_by_test_id("group-tile") for page in (customer, agent, guest)]
        for tile in tiles:
            await video_moves(tile.locator("video"))
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await video_moves(guest.get_by_test_id("remote-tile").locator("video"))
        await expect(tiles[0]).to_have_attribute("aria-label", SAID[language])
        for name, page in (("customer", customer), ("agent", agent), ("guest", guest)):
            await screenshot(page, f"three-{name}-{language}")
            assert await axe_findings(page) == []

        await act(agent, "Interpreter 1", "pin").click()
        await expect(tiles[0]).to_have_attribute("data-big", "")
        await expect(tiles[1]).to_have_attribute("data-big", "")
        await screenshot(customer, f"three-pinned-customer-{language}")
        await screenshot(agent, f"three-pinned-agent-{language}", full_page=True)

        await act(agent, "Interpreter 1", "hold").click()
        for tile in tiles[:2]:
            await expect(tile.locator("video")).to_have_js_property("srcObject", None)
        await expect(guest.get_by_test_id("group-tile")).to_have_count(0)
        await expect(guest.get_by_test_id("remote-tile").locator("video")).to_have_js_property(
            "srcObject", None
        )
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        await act(agent, "Interpreter 1", "resume").click()
        await video_moves(tiles[0].locator("video"))

        await act(agent, "Interpreter 1", "remove").click()
        await agent.get_by_test_id("remove-yes").click()
        await expect(guest.get_by_test_id("section-stopped")).to_be_visible()
        await expect(guest.get_by_test_id("stopped-again")).to_be_hidden()
        await screenshot(guest, f"guest-removed-{language}", full_page=True)
        await expect(customer.get_by_test_id("group-tile")).to_have_count(0)
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        assert problems == [[], [], []]


@pytest.mark.long
async def test_a_locked_room_turns_a_companion_away_and_lets_them_in_again(server, browser):
    link, appointment = server.links["links"]["now"], server.links["appointments"]["now"]
    async with phone(browser) as home, desktop(browser) as office, phone(browser) as elsewhere:
        customer, agent, guest = [await one.new_page() for one in (home, office, elsewhere)]
        await wait_in_line(customer, link)
        await customer.get_by_test_id("waiting-companions").click()
        await customer.get_by_test_id("companion-name").fill("مرافق 1")
        await customer.get_by_test_id("companion-make").click()
        url = await customer.get_by_test_id("companions").locator("input").input_value()
        await screenshot(customer, "companions-ar")
        assert await axe_findings(customer) == []
        await customer.get_by_test_id("companions-close").click()
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        lock = agent.get_by_test_id("lock-room")
        await lock.click()
        await expect(lock).to_have_attribute("aria-pressed", "true")

        await guest.goto(url)
        await guest.get_by_test_id("continue").click()
        await guest.get_by_test_id("choose-sound").click()
        await guest.get_by_test_id("enter").click()
        await expect(guest.get_by_test_id("section-stopped")).to_be_visible()
        await screenshot(guest, "guest-locked-ar", full_page=True)
        assert await axe_findings(guest) == []
        await lock.click()
        await expect(lock).to_have_attribute("aria-pressed", "false")
        await guest.get_by_test_id("stopped-again").click()
        await act(agent, "مرافق 1", "admit").click()
        await expect(customer.get_by_test_id("group-tile")).to_have_count(1)
        await expect(guest.get_by_test_id("section-call")).to_be_visible()
        await guest.get_by_test_id("open-chat").click()
        await say(guest, "here")
        await guest.get_by_test_id("toggle-microphone").click()
        muted = customer.get_by_test_id("group-tile").locator(".vap-tile__microphone-off")
        await expect(muted).to_be_visible()
        await expect(muted).to_have_text("الصوت مكتوم")
        await expect(customer.locator("#announcement")).to_contain_text("مرافق 1")


async def test_the_call_goes_on_at_the_phone_that_reads_the_code(server, browser):
    link, appointment = server.links["links"]["now"], server.links["appointments"]["now"]
    async with desktop(browser) as home, desktop(browser) as office, phone(browser) as pocket:
        laptop, agent, mobile = [await one.new_page() for one in (home, office, pocket)]
        await wait_in_line(laptop, link)
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(laptop.get_by_test_id("remote-tile").locator("video"))
        await laptop.get_by_test_id("open-more").click()
        await laptop.get_by_test_id("open-hand-over").click()
        field = laptop.get_by_test_id("hand-over-url")
        await expect(field).to_be_visible()
        url = await field.input_value()
        await screenshot(laptop, "hand-over-ar")
        assert await axe_findings(laptop) == []

        await mobile.goto(url)
        await screenshot(mobile, "hand-over-link-ar", full_page=True)
        assert await axe_findings(mobile) == []
        await mobile.get_by_test_id("continue").click()
        await mobile.get_by_test_id("choose-video").click()
        await mobile.get_by_test_id("enter").click()
        await video_moves(mobile.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))
        await expect(laptop.get_by_test_id("section-stopped")).to_be_visible()
        await agent.goto(url)
        await expect(agent.get_by_test_id("stop-device")).to_be_visible()
