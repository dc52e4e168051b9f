"""What nudges promise, among the parts of one process and between several."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from signaling.log import LogUnavailable
from signaling.nudges import Listeners
from signaling.redis_line import RedisLine
from signaling.redis_nudges import RedisNudges
from tests.support.nodes import until
from tests.support.redis import a_line, new_prefix, new_server, running, server

pytestmark = pytest.mark.usefixtures("each_redis")


@pytest.fixture(params=["memory", "redis"])
async def nudges(request):
    if request.param == "memory":
        yield Listeners()
        return
    async with a_line(new_prefix()) as line:
        yield RedisNudges(line, node="one")


async def test_a_nudge_is_there_before_sending_it_returns(nudges):
    told = []
    nudges.listen("board", lambda: told.append("first"))
    nudges.listen("board", lambda: told.append("second"))
    nudges.send("board")
    assert told[-2:] == ["first", "second"]


async def test_other_topics_are_not_nudged(nudges):
    told = []
    nudges.listen("board", lambda: told.append("board"))
    nudges.send("another")
    assert told == []


async def test_a_topic_nobody_listens_to_disturbs_nobody(nudges):
    nudges.send("board")


async def heard(prefix, *, where=None):
    """Return two nodes' nudges and what each has heard."""
    stack = AsyncExitStack()
    both, told = [], []
    for name in ("one", "other"):
        line = RedisLine((where or server()).url, prefix=prefix)
        made = RedisNudges(line, node=name)
        mine: list[str] = []
        made.listen("board", lambda mine=mine: mine.append("nudged"))
        await stack.enter_async_context(running(line))
        both.append(made)
        told.append(mine)
    await until(lambda: all(told))  # a line that has just connected may have missed something
    for mine in told:
        mine.clear()
    return stack, both, told


async def test_every_node_is_nudged_and_the_sender_once():
    stack, (one, other), told = await heard(new_prefix())
    async with stack:
        one.send("board")
        one.send("board")
        await until(lambda: told[1])
        other.send("board")
        await until(lambda: len(told[0]) == 3)
        assert told == [["nudged"] * 3, ["nudged"] * 2]  # what is sent together goes out together


async def test_without_redis_a_node_still_nudges_itself_and_all_are_nudged_when_it_is_back():
    redis = new_server()
    try:
        stack, (one, _), told = await heard(new_prefix(), where=redis)
        async with stack:
            redis.stop()
            one.send("board")
            assert told[0] == ["nudged"]
            await until(lambda: one._unsent == set())
            redis.start()
            await until(lambda: len(told[0]) == 2 and told[1])
    finally:
        redis.remove()


async def test_what_could_not_be_sent_is_reported_by_the_line_and_raises_nothing():
    line = RedisLine("unix:///nowhere", prefix=new_prefix())
    made = RedisNudges(line, node="one")
    made.send("board")
    with pytest.raises(LogUnavailable):
        await made._publish()
    await line.close()
