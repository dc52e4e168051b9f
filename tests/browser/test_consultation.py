"""A whole consultation between a customer's phone and an agent's desktop, in two real browsers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession
from playwright.async_api import expect

from tests.support.browser import (
    Frames,
    axe_findings,
    desktop,
    phone,
    problems_of,
    screenshot,
    video_moves,
)
from tests.support.visits import say, sign_in

APPOINTMENT = "consultation-1"
NAME = "متعامل الاختبار"
ANSWER = "يمكنك تقديم الطلب من صفحة الخدمة، ويصدر التصريح خلال ثلاثة أيام عمل."
STEPS = ("joined", "joined", "prepared", "admitted", "ended")


async def api(server, method: str, path: str, body: object = None) -> dict:
    """Ask the API as a booking system does; any refusal fails the test."""
    headers = {"Authorization": f"Bearer {server.links['api_key']}"}
    url = f"/api/v1/appointments/{APPOINTMENT}{path}"
    async with (
        ClientSession(server.base, headers=headers) as http,
        http.request(method, url, json=body) as answer,
    ):
        assert answer.status in (200, 201), await answer.text()
        return await answer.json()


async def book(server) -> str:
    """Book an appointment for now and return its link."""
    starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=5)
    await api(
        server,
        "PUT",
        "",
        {
            "service": {
                "id": "building-permit",
                "name_ar": "رخصة بناء جديدة",
                "name_en": "New building permit",
            },
            "customer": {"name": NAME, "phone": "+971500000001", "language": "ar"},
            "starts_at": starts.isoformat(),
            "duration_minutes": 15,
            "mode": "video",
            "question": "ما المستندات المطلوبة؟",
        },
    )
    return (await api(server, "POST", "/join-links", {}))["url"]


async def come_to_the_waiting_room(customer, link: str) -> None:
    await customer.goto(link)
    await expect(customer.locator("html")).to_have_attribute("dir", "rtl")
    assert await axe_findings(customer) == []
    await screenshot(customer, "customer-link-ar", full_page=True)
    await customer.get_by_test_id("continue").click()
    await customer.get_by_test_id("choose-video").click()
    await video_moves(customer.get_by_test_id("preview-tile").locator("video"))
    assert await axe_findings(customer) == []
    await screenshot(customer, "customer-preview-ar", full_page=True)
    await customer.get_by_test_id("enter").click()
    await expect(customer.get_by_test_id("section-waiting")).to_be_visible()


async def call_the_customer_in(agent, server) -> None:
    await sign_in(agent, server, "agent")
    row = agent.get_by_test_id("waiting-row").filter(has_text=NAME)
    await expect(row).to_be_visible()
    assert await axe_findings(agent) == []
    await screenshot(agent, "agent-console-ar", full_page=True)
    await row.get_by_test_id("call-in").click()
    await agent.get_by_test_id("call-in").click()
    await expect(agent.get_by_test_id("confirm-call-in")).to_contain_text(NAME)
    await screenshot(agent, "agent-confirm-ar")
    await agent.get_by_test_id("confirm-submit").click()


async def see_and_talk(customer, agent) -> None:
    await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
    await video_moves(agent.get_by_test_id("remote-video").locator("video"))
    await customer.get_by_test_id("open-chat").click()
    await say(customer, "السلام عليكم")
    await expect(agent.get_by_test_id("chat")).to_contain_text("السلام عليكم")
    await say(agent, "وعليكم السلام")
    await expect(customer.get_by_test_id("chat")).to_contain_text("وعليكم السلام")
    assert await axe_findings(customer) == []
    await screenshot(customer, "customer-chat-ar")
    await customer.get_by_test_id("close-chat").click()
    await agent.get_by_test_id("confirm-identity").click()
    await screenshot(customer, "customer-call-ar")
    await screenshot(agent, "agent-call-ar")
    assert await axe_findings(agent) == []


async def write_the_answer(agent) -> None:
    await agent.evaluate("document.activeElement.blur()")
    await agent.keyboard.press("Digit1")
    await expect(agent.get_by_test_id("code-resolved")).to_be_checked()
    await agent.get_by_test_id("answer").fill(ANSWER)
    await agent.get_by_test_id("next-steps").fill("قدّم الطلب خلال أسبوع.")
    await agent.get_by_test_id("send").click()
    await expect(agent.get_by_test_id("outcome-status")).to_be_visible()


async def read_the_answer(customer) -> None:
    await expect(customer.get_by_test_id("section-after")).to_be_visible()
    await screenshot(customer, "customer-after-ar", full_page=True)
    await customer.get_by_test_id("read-answer").click()
    await expect(customer.get_by_test_id("answer-text")).to_contain_text(ANSWER)
    assert await axe_findings(customer) == []
    await screenshot(customer, "customer-answer-ar", full_page=True)


async def test_a_booked_customer_talks_to_an_agent_and_reads_the_answer(server, browser):
    link = await book(server)
    frames = Frames()
    async with phone(browser) as with_phone, desktop(browser) as with_desktop, desktop(browser) as third:
        customer, agent = await with_phone.new_page(), await with_desktop.new_page()
        problems = problems_of(customer), problems_of(agent)
        frames.watch(customer, "customer")
        frames.watch(agent, "agent")
        await come_to_the_waiting_room(customer, link)
        await call_the_customer_in(agent, server)
        await see_and_talk(customer, agent)
        await write_the_answer(agent)
        await read_the_answer(customer)
        assert problems == ([], [])

        admin = await third.new_page()
        await sign_in(admin, server, "admin")
        await admin.goto(f"{server.base}/admin/appointments/{APPOINTMENT}")
        await expect(admin.get_by_test_id("evidence")).to_be_visible()
        assert await axe_findings(admin) == []
        await screenshot(admin, "admin-appointment-ar", full_page=True)

    assert frames.faults() == []
    assert (await api(server, "GET", ""))["state"] == "completed"
    told = await api(server, "GET", "/session")
    assert told["session"]["identity_assurance"] == "agent_checked"
    assert [item["type"] for item in told["timeline"] if item["type"] in STEPS] == list(STEPS)
    outcome = (await api(server, "GET", "/outcome"))["latest"]
    assert (outcome["code"], outcome["answer"]) == ("resolved", ANSWER)
    evidence = outcome["evidence"]
    assert evidence["customer_joined"]
    assert evidence["agent_joined"]
    assert evidence["first_admitted_at"]
    assert evidence["identity_assurance"] == "agent_checked"
