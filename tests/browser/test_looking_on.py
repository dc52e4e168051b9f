"""An official who looks at a colleague's running call: asked before they are seen in it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, problems_of, screenshot, video_moves
from tests.support.consultation import PASSWORD, a_call, consultation
from tests.support.server import run_command, server


@pytest.mark.long
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_looking_at_a_running_call_takes_no_part_in_it_until_the_click(browser, tmp_path, language):
    async with server(tmp_path) as running, desktop(browser, language=language) as elsewhere:
        known = await consultation(running)
        await run_command(
            *("staff", "add", "second", "--role", "agent", "--name-ar", "موظف 2", "--name-en", "Agent 2"),
            environment=running.environment,
            typed=PASSWORD,
        )
        async with a_call(browser, known) as (customer, agent, _):
            looker = await elsewhere.new_page()
            problems = problems_of(looker)
            await looker.goto(f"{known.base}/staff/sign-in?lang={language}")
            await looker.locator("input[name=username]").fill("second")
            await looker.locator("input[name=password]").fill(PASSWORD)
            await looker.locator("#sign-in-submit").click()
            await looker.wait_for_url("**/agent/**")
            await looker.goto(agent.url)

            await expect(looker.get_by_test_id("use-here")).to_be_visible()
            await screenshot(looker, f"agent-looks-on-{language}")
            assert await axe_findings(looker) == []
            await expect(looker.get_by_test_id("self-video")).to_be_hidden()
            await expect(agent.get_by_test_id("group-tile")).to_have_count(0)
            await expect(customer.get_by_test_id("group-tile")).to_have_count(0)

            # Back in line the customer is anybody's to call in; with the call the question comes back.
            await agent.get_by_test_id("lobby").click()
            await expect(looker.get_by_test_id("call-in")).to_be_visible()
            await expect(looker.get_by_test_id("self-video")).to_be_visible()
            await agent.get_by_test_id("call-in").click()
            await agent.get_by_test_id("confirm-submit").click()
            await expect(looker.get_by_test_id("use-here")).to_be_visible()
            await expect(looker.get_by_test_id("self-video")).to_be_hidden()
            await expect(looker.get_by_test_id("lobby")).to_be_hidden()

            await looker.get_by_test_id("use-here").click()
            await video_moves(looker.get_by_test_id("remote-video").locator("video"))
            # Each page names the others in its own language, whatever the appointment's is.
            first = looker.get_by_test_id("group-tile")
            await expect(first).to_have_attribute("name", "موظف 1" if language == "ar" else "Agent 1")
            await expect(customer.get_by_test_id("group-tile")).to_have_attribute("name", "موظف 2")

            # A reload goes back without a question.
            looker.on("dialog", lambda dialog: dialog.accept())
            await looker.reload()
            await video_moves(looker.get_by_test_id("remote-video").locator("video"))
            assert problems == []
