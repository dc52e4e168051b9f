"""A whole consultation between a customer's phone and an agent's desktop, in two real browsers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession
from playwright.async_api import expect

from tests.support.browser import (
    Frames,
    axe_findings,
    chromium,
    desktop,
    phone,
    problems_of,
    screenshot,
    video_moves,
)
from tests.support.server import demo_server

APPOINTMENT = "consultation-1"
ANSWER = "يمكنك تقديم الطلب من صفحة الخدمة، ويصدر التصريح خلال ثلاثة أيام عمل."


async def book(server) -> dict[str, str]:
    """Book an appointment for now through the API, as a booking system does; returns its link."""
    starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=5)
    body = {
        "service": {"id": "building-permit", "name_ar": "رخصة بناء جديدة", "name_en": "New building permit"},
        "customer": {"name": "متعامل الاختبار", "phone": "+971500000001", "language": "ar"},
        "starts_at": starts.isoformat(),
        "duration_minutes": 15,
        "mode": "video",
        "question": "ما المستندات المطلوبة؟",
    }
    headers = {"Authorization": f"Bearer {server.links['api_key']}"}
    async with ClientSession(server.base, headers=headers) as http:
        answer = await http.put(f"/api/v1/appointments/{APPOINTMENT}", json=body)
        assert answer.status == 201, await answer.text()
        answer = await http.post(f"/api/v1/appointments/{APPOINTMENT}/join-links", json={})
        assert answer.status in (200, 201), await answer.text()
        return await answer.json()


async def record(server) -> tuple[dict, dict, dict]:
    """Read the record, its session and its outcome through the API."""
    headers = {"Authorization": f"Bearer {server.links['api_key']}"}
    async with ClientSession(server.base, headers=headers) as http:
        parts = [
            await (await http.get(f"/api/v1/appointments/{APPOINTMENT}{part}")).json()
            for part in ("", "/session", "/outcome")
        ]
    return parts[0], parts[1], parts[2]


async def sign_in(page, server, who: str) -> None:
    """Sign a demonstration account in through the form."""
    await page.goto(f"{server.base}/{who}/")
    await page.get_by_label("اسم المستخدم").fill(who)
    await page.locator("input[type=password]").fill(server.links["accounts"][who])
    await page.locator("form[action^='/staff/sign-in'] button").click()
    await page.wait_for_url(f"**/{who}/**")


@pytest.fixture
async def server(tmp_path):
    async with demo_server(tmp_path) as running:
        yield running


async def test_a_booked_customer_talks_to_an_agent_and_reads_the_answer(server):
    link = await book(server)
    frames = Frames()
    async with chromium() as browser, phone(browser) as phone_context, desktop(browser) as desktop_context:
        customer, agent = await phone_context.new_page(), await desktop_context.new_page()
        problems = problems_of(customer), problems_of(agent)
        frames.watch(customer, "customer")
        frames.watch(agent, "agent")

        # The link, the notice, the preview, the waiting room.
        await customer.goto(link["url"])
        await expect(customer.locator("html")).to_have_attribute("dir", "rtl")
        await screenshot(customer, "customer-link-ar", full_page=True)
        await customer.get_by_test_id("continue").click()
        await expect(customer.get_by_test_id("section-preview")).to_be_visible()
        await screenshot(customer, "customer-choice-ar", full_page=True)
        await customer.get_by_test_id("choose-video").click()
        await video_moves(customer.locator("#section-preview video"))
        await screenshot(customer, "customer-preview-ar", full_page=True)
        await customer.get_by_test_id("enter").click()
        await expect(customer.get_by_test_id("section-waiting")).to_be_visible()

        # The agent sees who waits, confirms the name, and calls in.
        await sign_in(agent, server, "agent")
        row = agent.get_by_test_id("waiting-row").filter(has_text="متعامل الاختبار")
        await expect(row).to_be_visible()
        await screenshot(agent, "agent-console-ar", full_page=True)
        await screenshot(customer, "customer-waiting-ar", full_page=True)
        await row.get_by_test_id("call-in").click()
        await agent.get_by_test_id("call-in").click()
        await expect(agent.get_by_test_id("confirm-call-in")).to_contain_text("متعامل الاختبار")
        await agent.get_by_test_id("confirm-submit").click()

        # Both see the other move.
        await expect(customer.get_by_test_id("section-call")).to_be_visible()
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))

        # Chat both ways.
        await customer.get_by_test_id("open-chat").click()
        await customer.get_by_test_id("chat").locator("textarea, input[type=text]").fill("السلام عليكم")
        await customer.get_by_test_id("chat").locator("button").click()
        await expect(agent.get_by_test_id("chat")).to_contain_text("السلام عليكم")
        await agent.get_by_test_id("chat").locator("textarea, input[type=text]").fill("وعليكم السلام")
        await agent.get_by_test_id("chat").locator("button").click()
        await expect(customer.get_by_test_id("chat")).to_contain_text("وعليكم السلام")
        await screenshot(customer, "customer-chat-ar")
        await customer.get_by_test_id("close-chat").click()
        await screenshot(customer, "customer-call-ar")
        await agent.get_by_test_id("confirm-identity").click()
        await screenshot(agent, "agent-call-ar")

        # The outcome ends the call; the customer reads the answer.
        await agent.locator("body").press("Escape")
        await agent.locator("label").filter(has=agent.get_by_test_id("code-resolved")).click()
        await agent.get_by_test_id("answer").fill(ANSWER)
        await agent.get_by_test_id("next-steps").fill("قدّم الطلب خلال أسبوع.")
        await agent.get_by_test_id("send").click()
        await expect(agent.get_by_test_id("outcome-status")).to_be_visible()
        await expect(customer.get_by_test_id("section-after")).to_be_visible()
        await expect(customer.get_by_test_id("read-answer")).to_be_visible()
        await screenshot(customer, "customer-after-ar", full_page=True)
        await customer.get_by_test_id("read-answer").click()
        await expect(customer.get_by_test_id("answer-text")).to_contain_text(ANSWER)
        await screenshot(customer, "customer-answer-ar", full_page=True)
        assert problems == ([], [])

        admin = await desktop_context.new_page()
        await admin.goto(f"{server.base}/staff/sign-in")
        await sign_out_and_in_as_admin(admin, server)
        await admin.goto(f"{server.base}/admin/appointments/{APPOINTMENT}")
        await expect(admin.get_by_test_id("evidence").first).to_be_visible()
        await screenshot(admin, "admin-appointment-ar", full_page=True)

    assert frames.faults() == []
    appointment, session, outcome = await record(server)
    assert appointment["state"] == "completed"
    assert session["identity_assurance"] == "agent_checked"
    told = [item["type"] for item in session["timeline"]]
    for expected in ("joined", "prepared", "admitted", "ended"):
        assert expected in told, told
    latest = outcome["versions"][-1] if "versions" in outcome else outcome
    assert latest["code"] == "resolved"
    assert latest["answer"] == ANSWER
    assert latest["evidence"]["customer_joined"]
    assert latest["evidence"]["agent_joined"]
    assert latest["evidence"]["first_admitted_at"]


async def sign_out_and_in_as_admin(page, server) -> None:
    """Give the browser the administrator's cookie instead of the agent's."""
    await page.context.clear_cookies(name="vap-staff")
    await sign_in(page, server, "admin")
