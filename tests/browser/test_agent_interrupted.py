"""What happens to an agent's open page when another tab, another system or the line comes between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, screenshot, video_moves
from tests.support.visits import call_in, sign_in, wait_in_line

SETTLED_MS = 3_500  # a page that is turned away right after loading does not load again


async def test_a_call_is_neither_taken_nor_overwritten_behind_the_agents_back(server, browser):
    appointment = server.links["appointments"]["now"]
    address = f"{server.base}/api/v1/appointments/{appointment}/outcome"
    key = {"Authorization": f"Bearer {server.links['api_key']}"}
    async with phone(browser) as home, desktop(browser) as office, aiohttp.ClientSession(headers=key) as api:
        customer, agent, other = await home.new_page(), await office.new_page(), await office.new_page()
        await wait_in_line(customer, server.links["links"]["now"])
        await sign_in(agent, server, "agent")
        await call_in(agent, server, appointment)
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))

        # Another tab leads back to the call, and asks before it takes it.
        await other.goto(f"{server.base}/agent/")
        await other.get_by_test_id("return-to-call").click()
        await expect(other.get_by_test_id("use-here")).to_be_visible()
        assert await axe_findings(other) == []
        await screenshot(other, "agent-second-tab-ar")
        await expect(agent.get_by_test_id("hold")).to_be_visible()
        await other.get_by_test_id("use-here").click()
        await video_moves(other.get_by_test_id("remote-video").locator("video"))
        await expect(agent.get_by_test_id("use-here")).to_be_visible()
        await agent.get_by_test_id("use-here").click()
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))

        # A reload goes on without a question.
        agent.on("dialog", lambda dialog: dialog.accept())
        await agent.reload()
        await video_moves(agent.get_by_test_id("remote-video").locator("video"))

        # A duplicate has what the tab kept, and asks all the same.
        duplicate = await office.new_page()
        await duplicate.add_init_script("sessionStorage.setItem(`vap.place.${location.pathname}`, '1')")
        await duplicate.goto(agent.url)
        await expect(duplicate.get_by_test_id("use-here")).to_be_visible()
        await duplicate.close()

        # Another system records the outcome: it is shown, and what was being written is there still.
        await agent.get_by_test_id("answer").fill("نصف إجابة")
        body = {"code": "resolved", "answer": "إجابة من نظام الحجز"}
        async with api.put(address, json=body) as response:
            assert response.status in (200, 201), await response.text()
        await expect(agent.get_by_test_id("outcome-version")).to_contain_text("إجابة من نظام الحجز")
        await expect(agent.get_by_test_id("answer")).to_have_value("نصف إجابة")
        assert await axe_findings(agent) == []
        await screenshot(agent, "agent-recorded-elsewhere-ar", full_page=True)


async def test_moved_or_cancelled_the_agents_page_says_which(server, browser):
    key = {"Authorization": f"Bearer {server.links['api_key']}"}
    known = server.links["appointments"]
    later = {"starts_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    async with desktop(browser) as office, aiohttp.ClientSession(headers=key) as api:
        moved, cancelled = await office.new_page(), await office.new_page()
        await sign_in(moved, server, "agent")
        await moved.goto(f"{server.base}/agent/appointments/{known['now']}")
        await cancelled.goto(f"{server.base}/agent/appointments/{known['soon']}")
        await cancelled.wait_for_timeout(SETTLED_MS)
        for name, verb, body in (("now", "move", later), ("soon", "cancel", {"reason": "closed"})):
            appointment = f"{server.base}/api/v1/appointments/{known[name]}"
            async with api.get(appointment) as response:
                version = {"If-Match": response.headers["ETag"]}
            async with api.post(f"{appointment}/{verb}", json=body, headers=version) as response:
                assert response.status == 200, await response.text()
        await expect(moved.get_by_test_id("moved")).to_be_visible()
        await expect(cancelled.get_by_test_id("outcome-status")).to_contain_text("أُلغي هذا الموعد")
        for page in (moved, cancelled):
            await expect(page.get_by_test_id("next-customer")).to_be_visible()


async def test_a_call_ends_at_once_for_an_agent_whose_line_is_down(server, browser):
    async with phone(browser) as home, desktop(browser) as office:
        customer, agent = await home.new_page(), await office.new_page()
        await wait_in_line(customer, server.links["links"]["now"])
        await sign_in(agent, server, "agent")
        await call_in(agent, server, server.links["appointments"]["now"])
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        await office.set_offline(True)
        await agent.evaluate("dispatchEvent(new Event('online'))")  # makes it doubt the line
        end = agent.get_by_test_id("end")
        await expect(agent.get_by_test_id("connection")).to_have_attribute("data-state", "reconnecting")
        await end.click()
        await agent.get_by_test_id("end-submit").click()
        await expect(agent.get_by_test_id("command-problem")).to_be_visible()
        await screenshot(agent, "agent-ends-without-line-ar")
        await office.set_offline(False)
        await expect(customer.get_by_test_id("section-after")).to_be_visible(timeout=15_000)
        await expect(agent.get_by_test_id("stage")).to_have_attribute("data-phase", "ended")
