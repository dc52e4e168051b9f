"""The echo with real WebRTC peers: it answers, bounds itself, dies and comes back - never in our process."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import asdict

import pytest
from aiortc.mediastreams import VideoStreamTrack
from av import VideoFrame

from tests.support.echo import Tone, pinger
from vap_meet.domain.device_check import EchoState
from vap_meet.services.echo import Echo

OFFER_OF_NOTHING = "v=0\r\n"


@asynccontextmanager
async def echoing(capacity: int):
    echo = Echo(capacity=capacity)
    try:
        yield echo
    finally:
        await echo.close()


def exchange(echo):
    async def ask(sdp):
        answer = await echo.answer(sdp)
        return asdict(answer)

    return ask


async def test_what_is_sent_comes_back_and_beyond_the_capacity_it_says_so():
    async with echoing(2) as echo, pinger() as one, pinger() as two, pinger() as three:
        await one.connect(exchange(echo))
        assert await one.ping("1") < 2
        await two.connect(exchange(echo))
        assert await two.ping("2") < 2
        await three.connect(exchange(echo))
        assert three.answer["state"] is EchoState.FULL
        assert await one.ping("3") < 2, "a full echo still serves who is in it"


async def test_a_picture_comes_back_where_there_is_room_and_data_alone_where_there_is_not():
    async with echoing(9) as echo, pinger(picture=True) as one, pinger(picture=True) as two:
        await one.connect(exchange(echo))
        assert one.answer["picture"] is True
        async with asyncio.timeout(15):
            await one.seen_enough.wait()
        await two.connect(exchange(echo))
        assert two.answer["picture"] is False
        assert await two.ping("1") < 2
        assert two.frames == 0


async def test_a_sound_comes_back_also_where_there_is_no_room_for_a_picture():
    async with echoing(8) as echo, pinger(sound=True, picture=True) as one, pinger(sound=True) as two:
        await one.connect(exchange(echo))
        assert (one.answer["sound"], one.answer["picture"]) == (True, False)
        async with asyncio.timeout(15):
            await one.heard.wait()
        await two.connect(exchange(echo))
        assert two.answer["sound"] is False, "two of eight units are left, and a sound takes six"
        assert await two.ping("1") < 2
        assert (one.frames, two.heard.is_set()) == (0, False)


class Large(VideoStreamTrack):
    """A picture that would cost more than a check may."""

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(1280, 720, "yuv420p")
        frame.pts, frame.time_base = pts, time_base
        return frame


async def test_a_picture_larger_than_a_checks_does_not_come_back():
    async with echoing(64) as echo, pinger(Large(), sound=True) as peer:
        await peer.connect(exchange(echo))
        async with asyncio.timeout(15):
            await peer.heard.wait()
        assert peer.answer["picture"] is True
        assert peer.frames == 0


@pytest.mark.parametrize("kind", [Tone, VideoStreamTrack])
async def test_an_offer_of_more_than_a_check_sends_gets_nothing(kind):
    async with echoing(64) as echo, pinger(*(kind() for _ in range(8))) as greedy, pinger() as other:
        await greedy.connect(exchange(echo))
        assert greedy.answer["state"] is EchoState.UNAVAILABLE
        await other.connect(exchange(echo))
        assert await other.ping("1") < 2


async def test_an_offer_that_is_none_is_refused_and_the_next_one_works():
    async with echoing(4) as echo, pinger() as peer:
        assert (await echo.answer(OFFER_OF_NOTHING)).state is EchoState.UNAVAILABLE
        await peer.connect(exchange(echo))
        assert await peer.ping("1") < 2


CANDIDATE = re.compile(r"^a=(candidate:.*|end-of-candidates)\r\n", re.MULTILINE)


def trickling(echo, *, tell=lambda lines: lines):
    """Ask without candidates, take none of the echo's, and tell of one's own afterwards."""

    async def ask(sdp):
        answer = await echo.answer(CANDIDATE.sub("", sdp))
        lines = [line for line in CANDIDATE.findall(sdp) if line != "end-of-candidates"]
        await echo.add(answer.id, tuple(tell(lines)))
        return {"sdp": CANDIDATE.sub("", answer.sdp)}

    return ask


async def test_candidates_that_follow_the_offer_are_used():
    async with echoing(1) as echo, pinger() as peer:
        await peer.connect(trickling(echo))
        assert await peer.ping("1") < 2


@pytest.mark.parametrize(
    "told",
    [
        ["candidate:1 1 udp 1 192.0.2.1 9 typ host"] * 20,
        ["no candidate", "candidate:", "candidate:x y z", "\0"],
    ],
)
async def test_more_candidates_than_one_may_have_and_those_that_are_none_do_no_harm(told):
    async with echoing(2) as echo, pinger() as flooding, pinger() as other:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await flooding.connect(trickling(echo, tell=lambda lines: [*told, *lines]))
        await other.connect(trickling(echo))
        assert await other.ping("1") < 2


async def test_candidates_of_an_offer_that_nobody_knows_do_no_harm():
    async with echoing(1) as echo, pinger() as peer:
        await echo.add("0123456789abcdef", ("candidate:1 1 udp 1 192.0.2.1 9 typ host",))
        await peer.connect(exchange(echo))
        await echo.add("0123456789abcdef", ("candidate:1 1 udp 1 192.0.2.1 9 typ host",))
        assert await peer.ping("1") < 2


async def test_a_large_message_does_not_come_back():
    async with echoing(1) as echo, pinger() as peer:
        await peer.connect(exchange(echo))
        peer.channel.send("x" * 1201)
        assert await peer.ping("small") < 2
        assert list(peer._back) == ["small"]


async def test_a_process_that_was_killed_is_started_again():
    async with echoing(2) as echo, pinger() as peer:
        await echo.warm()
        first = echo.pid
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(5):
            await echo._process.wait()
        await peer.connect(exchange(echo))
        assert echo.pid not in {None, first}
        assert await peer.ping("1") < 2


async def test_closing_ends_the_process_and_an_echo_that_is_off_starts_none():
    async with echoing(1) as echo:
        await echo.warm()
        pid = echo.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    async with echoing(0) as off:
        await off.warm()
        assert (await off.answer(OFFER_OF_NOTHING)).state is EchoState.UNAVAILABLE
        assert off.pid is None


def test_the_serving_process_does_not_carry_webrtc():
    code = "import sys, vap_meet.app; sys.exit(any(m in sys.modules for m in ('aiortc', 'av', 'aioice')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
