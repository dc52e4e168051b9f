"""Consultations between Firefox and Chromium, each on either side; and what a person does before one."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import Frames, desktop, phone, problems_of, sound_is_heard, video_moves
from tests.support.firefox import firefox
from tests.support.visits import call_in, say, sign_in, wait_in_line

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

ANSWER = "يمكنك تقديم الطلب من صفحة الخدمة، ويصدر التصريح خلال ثلاثة أيام عمل."

# Each row of the check, with what it says.
ROWS = """() => Object.fromEntries([...document.querySelectorAll('[data-part]')].map((row) => [
  row.dataset.part,
  [row.dataset.mark, row.querySelector('[data-slot="word"]').textContent],
]))"""

REMOTE = {"customer": "#remote-tile", "agent": "#remote"}


async def come_in(page, server, *, choice="video"):
    """Open the customer's link in Firefox and answer the question of devices."""
    await page.goto(f"{server.links['links']['now']}?lang=ar")
    await page.press("continue")
    await page.press(f"choose-{choice}")
    await page.shows("device-ready")


async def sees_and_hears(page, side):
    """Wait until a page in Firefox shows the other side moving, and plays its sound."""
    await page.video_moves(f"{REMOTE[side]} video")
    await page.sound_is_heard(f"{REMOTE[side]} audio")


async def is_seen_and_heard(page, side):
    """Wait for the same of a page in Chromium."""
    await video_moves(page.locator(f"{REMOTE[side]} video"))
    await sound_is_heard(page.locator(f"{REMOTE[side]} audio"))


async def hold_and_resume(customer, agent):
    await agent.get_by_test_id("hold").click()
    await agent.get_by_test_id("resume").click()
    await sees_and_hears(customer, "customer")
    await is_seen_and_heard(agent, "agent")


async def turn_the_camera_off_and_on(customer, agent):
    await customer.press("toggle-camera")
    await expect(agent.locator("#remote")).to_have_attribute("camera", "off")
    await customer.screenshot("firefox-camera-off-ar")
    await customer.press("toggle-camera")
    await is_seen_and_heard(agent, "agent")


async def chat(customer, agent):
    await customer.press("open-chat")
    await customer.type('[data-testid="chat"] :is(textarea, input)', "السلام عليكم")
    await customer.press('[data-testid="chat"] button')
    await expect(agent.get_by_test_id("chat")).to_contain_text("السلام عليكم")
    await say(agent, "وعليكم السلام")
    await customer.shows("chat", words="وعليكم السلام")
    await customer.screenshot("firefox-chat-ar")
    assert await customer.axe_findings() == []
    await customer.press("close-chat")


async def same_numbers_show_that_nobody_stands_between(customer, agent):
    await customer.press("open-more")
    await customer.press("proof-open")
    await customer.shows("proof-code")
    code = await customer.evaluate("() => document.querySelector('[data-testid=proof-code]').textContent")
    await customer.screenshot("firefox-proof-ar")
    await customer.press("proof-close")
    await agent.get_by_test_id("open-more").click()
    await agent.get_by_test_id("proof-open").click()
    await expect(agent.get_by_test_id("proof-code")).to_have_text(code)
    await agent.get_by_test_id("proof-close").click()


async def answer(agent):
    await agent.evaluate("document.activeElement.blur()")
    await agent.keyboard.press("Digit1")
    await agent.get_by_test_id("answer").fill(ANSWER)
    await agent.get_by_test_id("send").click()
    await expect(agent.get_by_test_id("outcome-status")).to_be_visible()


async def test_a_customer_in_firefox_talks_to_an_agent_in_chromium_and_reads_the_answer(server, browser):
    async with firefox() as fox, desktop(browser) as office:
        customer, agent = await fox.phone(), await office.new_page()
        problems, frames = problems_of(agent), Frames()
        frames.watch(agent)
        await come_in(customer, server)
        await customer.video_moves("#preview-tile video")
        await customer.screenshot("firefox-preview-ar")
        await customer.press("enter")
        await customer.shows("section-waiting")
        await customer.video_moves("#waiting-tile video")
        await customer.screenshot("firefox-waiting-ar")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await sees_and_hears(customer, "customer")
        await is_seen_and_heard(agent, "agent")
        await customer.screenshot("firefox-call-ar")
        await same_numbers_show_that_nobody_stands_between(customer, agent)
        await chat(customer, agent)
        await turn_the_camera_off_and_on(customer, agent)
        await hold_and_resume(customer, agent)
        await answer(agent)
        await customer.shows("section-after")
        await customer.press("read-answer")
        await customer.shows("answer-text", words=ANSWER)
        await customer.screenshot("firefox-answer-ar")
        assert (customer.problems, problems) == ([], [])
    assert frames.faults() == []
    # The hold begins anew; nothing else negotiated, or looked like a path that had to be mended.
    assert (frames.types("sent").count("offer"), frames.types("received").count("answerFrom")) == (2, 2)


async def test_an_agent_in_firefox_talks_to_a_customer_in_chromium(server, browser):
    async with firefox() as fox, phone(browser) as home:
        agent, customer = await fox.desktop(), await home.new_page()
        problems, frames = problems_of(customer), Frames()
        frames.watch(customer)
        await wait_in_line(customer, server.links["links"]["now"])
        await agent.goto(f"{server.base}/staff/sign-in")
        await agent.type("input[name=username]", "agent")
        await agent.type("input[name=password]", server.links["accounts"]["agent"])
        await agent.press("form[action^='/staff/sign-in'] button")
        await agent.until("() => location.pathname.startsWith('/agent/')")
        await agent.goto(f"{server.base}/agent/appointments/{server.links['appointments']['now']}")
        await agent.press("call-in")
        await agent.press("confirm-submit")
        await sees_and_hears(agent, "agent")
        await is_seen_and_heard(customer, "customer")
        await agent.screenshot("firefox-agent-ar")
        await agent.press("hold")
        await agent.press("resume")
        await sees_and_hears(agent, "agent")
        await is_seen_and_heard(customer, "customer")
        assert await agent.axe_findings() == []
        await agent.press("end")
        await agent.press("end-submit")
        await expect(customer.get_by_test_id("section-after")).to_be_visible()
        assert (agent.problems, problems) == ([], [])
    assert frames.faults() == []
    assert (frames.types("received").count("offerFrom"), frames.types("sent").count("answer")) == (2, 2)


async def test_sound_only_from_firefox_is_heard_and_is_no_fault(server, browser):
    async with firefox() as fox, desktop(browser) as office:
        customer, agent = await fox.phone(), await office.new_page()
        problems = problems_of(agent)
        await come_in(customer, server, choice="sound")
        await customer.press("enter")
        await customer.shows("section-waiting")
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await sees_and_hears(customer, "customer")
        await sound_is_heard(agent.locator("#remote audio"))
        await expect(agent.locator("#remote")).to_have_attribute("camera", "none")
        await customer.screenshot("firefox-sound-only-ar")
        assert (customer.problems, problems) == ([], [])


async def test_the_check_of_a_device_reaches_a_verdict_in_firefox(server):
    async with firefox() as fox:
        page = await fox.phone()
        await page.goto(f"{server.links['links']['early']}?lang=ar")
        await page.press("continue")
        await page.until("() => location.pathname.startsWith('/v/')")
        await page.goto(f"{await page.evaluate('() => location.href')}check")
        await page.press("choose-video")
        await page.press("speaker-yes")
        await page.shows("check-verdict", timeout_s=30)
        rows = await page.evaluate(ROWS)
        assert all(words for _, words in rows.values()), rows
        marks = {part: mark for part, (mark, _) in rows.items()}
        assert marks.pop("network") in {"ok", "trouble"}, "the real echo was reached"
        assert marks == {"camera": "ok", "microphone": "ok", "speaker": "ok"}
        assert await page.axe_findings() == []
        await page.screenshot("firefox-check-ar")
        assert page.problems == []
