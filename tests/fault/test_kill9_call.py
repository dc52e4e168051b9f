"""`kill -9` of the whole server, again and again, each right after an acknowledgement, while two people talk.

That the media never stops is not left to clocks: while nothing at all listens in the server's place, both
pages must go on getting frames.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import ClientConnectionError, ClientSession
from playwright.async_api import expect

from tests.support.browser import Frames, chromium, video_moves
from tests.support.consultation import a_call, consultation, frames_arrive, longest_gap_ms, watch
from tests.support.server import free_port, run_command, serving, serving_environment
from tests.support.visits import say

FRAMES_WHILE_DEAD = 20  # more than what a browser may still hold back to play it evenly
STILL_MS = 1_500  # two browsers and a server that starts share two cores
ANSWER = "يصدر التصريح خلال ثلاثة أيام عمل."


class Mortal:
    """A server that is killed and started again on the same data and port."""

    def __init__(self, folder, environment) -> None:
        self._folder, self._environment = folder, environment
        self._life = AsyncExitStack()
        self._pid = None

    async def start(self):
        server = await self._life.enter_async_context(serving(self._folder, self._environment))
        self._pid = server.pid
        return server

    async def kill(self):
        """Kill it; it is gone when this returns."""
        os.kill(self._pid, signal.SIGKILL)
        await self._life.aclose()

    async def stop(self):
        await self._life.aclose()


class Talk:
    """Two people in a call, what their pages were told, and what has been acknowledged."""

    def __init__(self, mortal, known, frames, call) -> None:
        self.mortal, self.known, self.frames = mortal, known, frames
        self.customer, self.agent, self.pictures = call
        self.facts = ["joined", "joined", "prepared", "admitted"]

    async def record(self, part):
        headers = {"Authorization": f"Bearer {self.known.links['api_key']}"}
        appointment = f"{self.known.base}/api/v1/appointments/now"
        async with ClientSession(headers=headers) as http, http.get(appointment + part) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def stored_page(self):
        """Return the agent's page as the server makes it now, out of the record."""
        response = await self.agent.request.get(self.agent.url)
        assert response.ok
        return await response.text()

    async def acknowledged(self, who, command):
        """Wait until the latest command of this type has its ack: from then on it must not be lost."""
        async with asyncio.timeout(10):
            while True:
                theirs = [frame.message for frame in self.frames.seen if frame.who == who]
                sent = [message["ref"] for message in theirs if message["type"] == command]
                acks = {message["ref"] for message in theirs if message["type"] == "ack"}
                if sent and sent[-1] in acks:
                    return
                await asyncio.sleep(0.005)

    async def again(self):
        """Start the server; both are in the room again by themselves, and every fact is there once."""
        before = self._welcomes()
        await self.mortal.start()
        async with asyncio.timeout(20):
            while True:
                if all(now > then for now, then in zip(self._welcomes(), before, strict=True)):
                    break
                await asyncio.sleep(0.02)
        await expect(self.agent.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
        assert [fact["type"] for fact in (await self.record("/session"))["timeline"]] == self.facts

    async def survives(self):
        """Kill the server in mid-talk: frames arrive while it is dead, and no picture stands still."""
        for picture in self.pictures:
            await watch(picture)
        await self.mortal.kill()
        with pytest.raises(ClientConnectionError):
            await self.record("")
        await asyncio.gather(*(frames_arrive(picture, FRAMES_WHILE_DEAD) for picture in self.pictures))
        await self.again()
        for picture in self.pictures:
            assert await longest_gap_ms(picture) < STILL_MS

    def _welcomes(self):
        return [self.frames.types("received", who).count("welcome") for who in ("customer", "agent")]


@asynccontextmanager
async def a_talk(folder):
    environment = serving_environment(folder, port=free_port())
    await run_command("migrate", environment=environment)
    mortal = Mortal(folder, environment)
    try:
        known = await consultation(await mortal.start())
        frames = Frames()
        async with chromium() as browser, a_call(browser, known, frames) as call:
            yield Talk(mortal, known, frames, call)
    finally:
        await mortal.stop()


@pytest.mark.timeout(240)  # seven starts of a server beside two browsers, on a machine that may be busy
async def test_kills_in_mid_talk_lose_nothing_and_the_media_never_stops(tmp_path):
    async with a_talk(tmp_path) as talk:
        customer, agent = talk.customer, talk.agent
        await talk.acknowledged("agent", "admit")
        await talk.survives()  # 1: admitted

        await say(agent, "still there")
        await talk.acknowledged("agent", "chat")
        await talk.survives()  # 2: a line of the chat
        for page in (customer, agent):
            await expect(page.get_by_test_id("chat").get_by_text("still there")).to_have_count(1)

        await agent.get_by_test_id("confirm-identity").click()
        await expect(agent.get_by_test_id("confirm-identity")).to_be_hidden()
        await talk.survives()  # 3: the identity
        assert 'data-testid="confirm-identity"' not in await talk.stored_page()

        await agent.get_by_test_id("hold").click()
        await talk.acknowledged("agent", "hold")
        talk.facts.append("held")
        await talk.mortal.kill()  # nobody sees anybody while one is on hold
        await talk.again()
        await agent.get_by_test_id("resume").click()
        await talk.acknowledged("agent", "admit")
        talk.facts.append("admitted")
        for picture in talk.pictures:
            await video_moves(picture)
        await talk.survives()  # 4: resumed

        await agent.evaluate("document.activeElement.blur()")
        await agent.keyboard.press("Digit1")
        async with agent.expect_response(lambda answer: answer.url.endswith("/outcome/draft")) as saved:
            await agent.get_by_test_id("answer").fill(ANSWER)
        assert (await saved.value).ok
        await talk.survives()  # 5: the draft of the answer
        assert ANSWER in await talk.stored_page()

        await agent.get_by_test_id("send").click()
        await expect(agent.get_by_test_id("outcome-status")).to_be_visible()
        await talk.mortal.kill()  # right after the outcome, which ends the call
        await talk.mortal.start()
        await expect(customer.get_by_test_id("read-answer")).to_be_visible(timeout=20_000)
        outcome = (await talk.record("/outcome"))["latest"]
        assert (outcome["code"], outcome["answer"]) == ("resolved", ANSWER)
        assert outcome["evidence"]["first_admitted_at"]
        assert outcome["evidence"]["identity_assurance"] == "agent_checked"
        assert (await talk.record(""))["state"] == "completed"
