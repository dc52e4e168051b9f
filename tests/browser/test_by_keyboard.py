"""A whole call without a mouse, in both languages: each step is reached by Tab, and told by role and name."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import desktop, problems_of, video_moves

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

FOCUSED = """() => {
  const { activeElement: at } = document;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  return [at.dataset.testid ?? '', outlineStyle !== 'none' && parseFloat(outlineWidth) > 0];
}"""
WORDS = {
    "ar": {
        "controls": ("أزرار المكالمة", "أدوات المكالمة"),
        "mute": "كتم الصوت",
        "unmute": "تشغيل الصوت",
        "camera": "إيقاف الكاميرا",
        "chat": "المحادثة",
        "log": "المحادثة الكتابية",
        "more": "المزيد",
        "leave": "مغادرة",
        "hold": "تعليق",
        "end": "إنهاء المكالمة",
        "private": "خصوصية المكالمة",
    },
    "en": {
        "controls": ("Call controls", "Call controls"),
        "mute": "Mute",
        "unmute": "Unmute",
        "camera": "Camera off",
        "chat": "Chat",
        "log": "Chat",
        "more": "More",
        "leave": "Leave",
        "hold": "Hold",
        "end": "End the call",
        "private": "A private call",
    },
}


async def tab_to(page, test_id: str) -> None:
    """Press Tab until the keyboard stands at an element, where it can be seen to stand."""
    passed = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        at, outlined = await page.evaluate(FOCUSED)
        if at == test_id:
            assert outlined, f"nobody sees that the keyboard is at {test_id}"
            return
        passed.append(at)
    pytest.fail(f"Tab never comes to {test_id}, only to {passed}")


async def press(page, test_id: str, key: str = "Enter") -> None:
    await tab_to(page, test_id)
    await page.keyboard.press(key)


async def stands_at(page, test_id: str) -> None:
    """The keyboard is at an element by itself, as after a dialog."""
    await expect(page.get_by_test_id(test_id)).to_be_focused()


async def press_arabic(page, key: str, code: str) -> None:
    """Press a key whose letter is another one: the place on the keyboard is what counts."""
    devtools = await page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        await devtools.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "text": ""})
    await devtools.detach()


def control(page, words, role: str = "button"):
    return page.get_by_role(role, name=re.compile(rf"^{words}( [A-Z])?$"))


async def sign_in(page, server) -> None:
    await page.goto(f"{server.base}/staff/sign-in")
    await page.locator("input[name=username]").focus()
    await page.keyboard.type("agent")
    await page.keyboard.press("Tab")
    await page.keyboard.type(server.links["accounts"]["agent"])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/agent/**")


async def to_the_waiting_room(page, link: str) -> None:
    await page.goto(link)
    await press(page, "continue")
    await expect(page.get_by_test_id("section-preview")).to_be_visible()
    await press(page, "choose-video")
    await expect(page.get_by_test_id("device-ready")).to_be_visible()
    await press(page, "enter")
    await expect(page.get_by_test_id("section-waiting")).to_be_visible()


async def the_controls_have_roles_and_names(customer, agent, words) -> None:
    for page, group, names in (
        (customer, words["controls"][0], ("mute", "camera", "chat", "more", "leave")),
        (agent, words["controls"][1], ("mute", "camera", "more", "hold", "end")),
    ):
        inside = page.get_by_role("group", name=group, exact=True)
        for name in names:
            await expect(control(inside, words[name])).to_be_visible()
    await expect(agent.get_by_role("log", name=words["log"], exact=True)).to_be_attached()


async def the_customer_finds_everything(customer, agent, words) -> None:
    await press(customer, "toggle-microphone", "Space")
    await expect(control(customer, words["unmute"])).to_be_focused()
    await expect(agent.locator("#remote")).to_have_attribute("microphone", "off")
    await customer.keyboard.press("Space")
    await expect(agent.locator("#remote")).to_have_attribute("microphone", "on")

    await press(customer, "open-chat")
    await expect(control(customer, words["chat"])).to_have_attribute("aria-expanded", "true")
    await expect(customer.get_by_role("textbox")).to_be_focused()
    await customer.keyboard.type("m v o 1")
    await customer.keyboard.press("Enter")
    await expect(agent.get_by_role("log")).to_contain_text("m v o 1")
    await customer.keyboard.press("Escape")
    await stands_at(customer, "open-chat")

    await press(customer, "open-more")
    await stands_at(customer, "files-open")
    await press(customer, "proof-open")
    dialog = customer.get_by_role("dialog", name=words["private"])
    await expect(dialog).to_be_visible()
    await expect(dialog.get_by_test_id("proof-code")).to_be_visible()
    await customer.keyboard.press("Escape")
    await stands_at(customer, "open-more")


async def the_agent_finds_everything(agent, customer, words) -> None:
    await agent.evaluate("document.activeElement.blur()")
    await press_arabic(agent, "ة", "KeyM")
    await expect(control(agent, words["unmute"])).to_be_visible()
    await expect(customer.locator("#remote-tile")).to_have_attribute("microphone", "off")
    await press_arabic(agent, "ة", "KeyM")
    await expect(control(agent, words["mute"])).to_be_visible()

    await press_arabic(agent, "ؤ", "KeyC")
    await expect(agent.get_by_test_id("chat").get_by_role("textbox")).to_be_focused()
    await agent.keyboard.type("mvso")  # letters here, and no commands
    await agent.keyboard.press("Enter")
    await expect(customer.get_by_test_id("chat-unread")).to_be_visible()
    await expect(control(agent, words["mute"])).to_be_visible()
    await expect(control(agent, words["camera"])).to_be_visible()
    await expect(agent.get_by_test_id("more-sheet")).to_be_hidden()

    await press(agent, "hold")
    await stands_at(agent, "resume")
    await agent.keyboard.press("Enter")
    await stands_at(agent, "hold")
    await video_moves(customer.get_by_test_id("remote-tile").locator("video"))


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_call_is_had_from_the_link_to_its_end_by_keyboard(server, browser, language):
    words = WORDS[language]
    async with desktop(browser, language=language) as home, desktop(browser, language=language) as office:
        customer, agent = await home.new_page(), await office.new_page()
        problems = problems_of(customer), problems_of(agent)
        await to_the_waiting_room(customer, f"{server.links['links']['now']}?lang={language}")
        await agent.goto(f"{server.base}/staff/sign-in?lang={language}")
        await sign_in(agent, server)
        await agent.goto(f"{server.base}/agent/appointments/{server.links['appointments']['now']}")
        await expect(agent.get_by_test_id("call-in")).to_be_enabled()
        await press(agent, "call-in")
        await stands_at(agent, "confirm-submit")
        await agent.keyboard.press("Enter")
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        for page in (customer, agent):
            await expect(page.get_by_test_id("open-more")).to_be_enabled()

        await the_controls_have_roles_and_names(customer, agent, words)
        await the_customer_finds_everything(customer, agent, words)
        await the_agent_finds_everything(agent, customer, words)

        await press(agent, "end")
        await stands_at(agent, "end-submit")
        await agent.keyboard.press("Enter")
        await expect(customer.get_by_test_id("section-after")).to_be_visible()
        await expect(agent.get_by_role("radio").first).to_be_focused()
        assert problems == ([], [])
