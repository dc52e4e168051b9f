"""A lost line, a restarted server: people go on seeing each other, and nothing is lost or told twice."""

from __future__ import annotations

from contextlib import AsyncExitStack

from playwright.async_api import expect

from tests.support.browser import Frames, video_moves
from tests.support.consultation import a_call, consultation, longest_gap_ms
from tests.support.proxy import line
from tests.support.server import free_port, run_command, server, serving, serving_environment
from tests.support.visits import say

STILL_MS = 1_500  # two browsers and a server that starts share two cores


async def commands_work(customer, agent) -> None:
    """Hold and go on."""
    await agent.get_by_test_id("hold").click()
    await expect(agent.get_by_test_id("resume")).to_be_focused()
    await expect(customer.get_by_test_id("call-status")).to_contain_text("معلّقة")
    await agent.get_by_test_id("resume").click()
    await expect(agent.get_by_test_id("hold")).to_be_focused()
    await video_moves(customer.get_by_test_id("remote-tile").locator("video"))


async def test_a_restarted_server_finds_the_call_going_on(browser, tmp_path):
    environment = serving_environment(tmp_path, port=free_port())
    await run_command("migrate", environment=environment)
    async with AsyncExitStack() as first:
        known = await consultation(await first.enter_async_context(serving(tmp_path, environment)))
        async with a_call(browser, known) as (customer, agent, pictures):
            connection = agent.get_by_test_id("connection")
            await first.aclose()
            await expect(connection).to_have_attribute("data-state", "reconnecting")
            async with serving(tmp_path, environment):
                await expect(connection).to_have_attribute("data-state", "connected", timeout=15_000)
                await say(agent, "still there")
                await customer.get_by_test_id("open-chat").click()
                await expect(customer.get_by_test_id("chat")).to_contain_text("still there", timeout=15_000)
                for picture in pictures:
                    await expect(picture).to_be_visible()
                    assert await longest_gap_ms(picture) < STILL_MS
                await commands_work(customer, agent)


async def test_a_cut_line_resumes_where_it_was(browser, tmp_path):
    port, frames = free_port(), Frames()
    async with (
        server(tmp_path, public_url=f"http://127.0.0.1:{port}") as real,
        line(port=port, to_port=int(real.environment["VAP_PORT"])) as wire,
    ):
        known = await consultation(real)
        async with a_call(browser, known, frames) as (customer, agent, pictures):
            await say(agent, "before")
            await customer.get_by_test_id("open-chat").click()
            chat = customer.get_by_test_id("chat")
            await expect(chat).to_contain_text("before")
            wire.cut()
            connection = agent.get_by_test_id("connection")
            await expect(connection).to_have_attribute("data-state", "reconnecting")
            await say(agent, "meanwhile")
            wire.mend()
            await expect(connection).to_have_attribute("data-state", "connected", timeout=15_000)
            await expect(chat).to_contain_text("meanwhile", timeout=15_000)
            for picture in pictures:
                assert await longest_gap_ms(picture) < STILL_MS
            await commands_work(customer, agent)
            for words in ("before", "meanwhile"):
                assert (await chat.inner_text()).count(words) == 1
        welcomes = [one.message for one in frames.seen if one.message["type"] == "welcome"]
        assert [one["resumed"] for one in welcomes] == [False, False, True, True]
        assert frames.faults() == []
