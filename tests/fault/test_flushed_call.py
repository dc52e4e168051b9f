"""Redis loses everything in the middle of a call between two nodes: the call and its record go on."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import ClientSession
from playwright.async_api import expect

from tests.support.browser import Frames, chromium, video_moves
from tests.support.consultation import a_call, consultation, longest_gap_ms
from tests.support.nodes import until
from tests.support.two_nodes import two_servers
from tests.support.visits import say

STILL_MS = 1_500  # two browsers and two servers share two cores
ANSWER = "يصدر التصريح خلال ثلاثة أيام عمل."


async def record(known, part):
    """Return what the booking system can read of the appointment."""
    headers = {"Authorization": f"Bearer {known.links['api_key']}"}
    url = f"{known.base}/api/v1/appointments/now{part}"
    async with ClientSession(headers=headers) as http, http.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


def welcomes(frames, who):
    """Return whether each of the server's welcomes to somebody's page resumed where the page was."""
    told = [frame.message for frame in frames.seen if (frame.who, frame.direction) == (who, "received")]
    return [message["resumed"] for message in told if message["type"] == "welcome"]


async def test_an_emptied_redis_stops_no_picture_and_loses_no_fact(tmp_path):
    frames = Frames()
    async with two_servers(tmp_path) as town, chromium() as browser:
        one, other = town.nodes
        known = replace(
            await consultation(one), base=other.base
        )  # the link leads to one, the agent is on the other
        async with a_call(browser, known, frames) as (customer, agent, pictures):
            await customer.get_by_test_id("open-chat").click()
            chat = customer.get_by_test_id("chat")
            await say(agent, "before")
            await expect(chat).to_contain_text("before")

            town.redis.ask("FLUSHALL")
            await say(agent, "right after")  # which finds out that the room's log is gone
            await expect(chat).to_contain_text("right after", timeout=15_000)
            await until(
                lambda: all(welcomes(frames, who) == [False, False] for who in ("customer", "agent")), 15
            )
            for picture in pictures:
                await expect(picture).to_be_visible()
                assert await longest_gap_ms(picture) < STILL_MS
            assert (await chat.inner_text()).count("right after") == 1

            await agent.get_by_test_id("hold").click()
            await expect(agent.get_by_test_id("resume")).to_be_visible()
            await agent.get_by_test_id("resume").click()
            await video_moves(pictures[0])
            await agent.evaluate("document.activeElement.blur()")
            await agent.keyboard.press("Digit1")
            await agent.get_by_test_id("answer").fill(ANSWER)
            await agent.get_by_test_id("send").click()
            await expect(agent.get_by_test_id("outcome-status")).to_be_visible()
            await expect(customer.get_by_test_id("read-answer")).to_be_visible(timeout=15_000)

        outcome = (await record(known, "/outcome"))["latest"]
        assert (outcome["code"], outcome["answer"]) == ("resolved", ANSWER)
        assert outcome["evidence"]["first_admitted_at"]
        timeline = (await record(known, "/session"))["timeline"]
        assert [fact["type"] for fact in timeline] == [
            *("joined", "joined", "prepared", "admitted"),  # before
            *("held", "admitted", "ended"),
        ]
        assert len({fact["epoch"] for fact in timeline}) == 2
    assert frames.faults() == []
