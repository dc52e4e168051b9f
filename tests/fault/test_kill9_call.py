"""`kill -9` of the whole server, five times, each right after an acknowledgement, while two people talk."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack

from aiohttp import ClientSession
from playwright.async_api import expect

from tests.support.browser import Frames, chromium, video_moves
from tests.support.consultation import a_call, consultation, longest_gap_ms, watch
from tests.support.server import free_port, run_command, serving, serving_environment
from tests.support.visits import say

STILL_MS = 1_500  # two browsers and a server that starts share two cores
ANSWER = "يصدر التصريح خلال ثلاثة أيام عمل."


class Mortal:
    """A server that is killed and started again on the same data and port."""

    def __init__(self, folder, environment) -> None:
        self._folder, self._environment = folder, environment
        self._life = AsyncExitStack()

    async def start(self):
        return await self._life.enter_async_context(serving(self._folder, self._environment))

    async def kill(self, server):
        os.kill(server.pid, signal.SIGKILL)
        await self._life.aclose()
        return await self.start()

    async def stop(self) -> None:
        await self._life.aclose()


async def record(known, part: str) -> dict:
    headers = {"Authorization": f"Bearer {known.links['api_key']}"}
    async with (
        ClientSession(headers=headers) as http,
        http.get(f"{known.base}/api/v1/appointments/now{part}") as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def told(known) -> list[str]:
    return [fact["type"] for fact in (await record(known, "/session"))["timeline"]]


async def test_five_kills_lose_nothing_and_the_picture_never_stops(tmp_path):
    environment = serving_environment(tmp_path, port=free_port())
    await run_command("migrate", environment=environment)
    mortal = Mortal(tmp_path, environment)
    server = await mortal.start()
    try:
        known = await consultation(server)
        frames = Frames()
        async with chromium() as browser, a_call(browser, known, frames) as (customer, agent, pictures):
            await acknowledged(frames, "admit")
            facts = ["joined", "joined", "prepared", "admitted"]
            server = await again(mortal, server, known, agent, facts)  # right after the admission
            for picture in pictures:
                assert await longest_gap_ms(picture) < STILL_MS
            for button, command, fact in (("hold", "hold", "held"), ("resume", "admit", "admitted")):
                await agent.get_by_test_id(button).click()
                await acknowledged(frames, command)
                facts.append(fact)
                server = await again(mortal, server, known, agent, facts)
            for picture in pictures:  # watched anew: whoever is held sees nobody
                await video_moves(picture)
                await watch(picture)
            await say(agent, "still there")
            await acknowledged(frames, "chat")
            server = await again(mortal, server, known, agent, facts)
            for picture in pictures:
                assert await longest_gap_ms(picture) < STILL_MS

            await agent.evaluate("document.activeElement.blur()")
            await agent.keyboard.press("Digit1")
            await agent.get_by_test_id("answer").fill(ANSWER)
            await agent.get_by_test_id("send").click()
            await expect(agent.get_by_test_id("outcome-status")).to_be_visible()
            server = await mortal.kill(server)  # right after the outcome
            await expect(customer.get_by_test_id("read-answer")).to_be_visible(timeout=20_000)
            outcome = (await record(known, "/outcome"))["latest"]
            assert (outcome["code"], outcome["answer"]) == ("resolved", ANSWER)
            assert outcome["evidence"]["first_admitted_at"]
            assert (await record(known, ""))["state"] == "completed"
    finally:
        await mortal.stop()


async def acknowledged(frames, command: str) -> None:
    """Wait until the agent's latest command of this type has its ack: from then on it must not be lost."""
    async with asyncio.timeout(10):
        while True:
            agents = [frame.message for frame in frames.seen if frame.who == "agent"]
            sent = [message["ref"] for message in agents if message["type"] == command]
            acks = {message["ref"] for message in agents if message["type"] == "ack"}
            if sent and sent[-1] in acks:
                return
            await asyncio.sleep(0.005)


async def again(mortal, server, known, agent, facts):
    """Kill and start the server; what was acknowledged is there, and the line comes back by itself."""
    server = await mortal.kill(server)
    await expect(agent.get_by_test_id("connection")).to_have_attribute(
        "data-state", "connected", timeout=20_000
    )
    assert await told(known) == facts
    return server
