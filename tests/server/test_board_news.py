"""The stream that tells an agent's board to be read again."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from signaling.nudges import Listeners
from tests.support.record import NOON, a_booking
from tests.support.staff import staffed, the_two_meet
from vap_meet.domain.errors import Unavailable
from vap_meet.services.board_news import TOPIC, BoardNews
from vap_meet.web.appkeys import BOARD_NEWS, BOOKING

pytestmark = pytest.mark.usefixtures("each_database")
CHANGED = b"data: changed\n\n"


@asynccontextmanager
async def stream(house, browser=None):
    """Open the stream as a browser would, and read past its beginning."""
    session = (browser or house.agent)._session
    async with session.get(f"{house.base}/agent/board/news", allow_redirects=False) as response:
        if response.status == 200:
            assert (await response.content.readuntil(b"\n\n")).startswith(b"retry: ")
        yield response


async def told(response):
    async with asyncio.timeout(5):
        return await response.content.readuntil(b"\n\n")


async def test_what_boards_show_is_told_when_it_changes(tmp_path):
    async with staffed(tmp_path) as house:
        booked = house.app[BOOKING]
        for change in (
            lambda: booked.put(
                "a2", a_booking(starts_at=NOON + timedelta(hours=1)), by="api:test", if_match=None
            ),
            lambda: the_two_meet(house),
        ):
            async with stream(house) as response:
                assert response.headers["Content-Type"] == "text/event-stream"
                assert response.headers["Cache-Control"] == "no-store"
                await change()
                assert await told(response) == CHANGED


async def test_many_changes_at_once_are_told_once_and_nothing_later_is_lost(tmp_path):
    async with staffed(tmp_path) as house, stream(house) as response:
        for _ in range(20):
            house.app[BOARD_NEWS].changed()
        assert await told(response) == CHANGED
        house.app[BOARD_NEWS].changed()
        assert await told(response) == CHANGED


async def test_only_a_signed_in_agent_is_told(tmp_path):
    async with staffed(tmp_path) as house:
        async with stream(house, house.stranger) as response:
            assert response.status == 303
        async with stream(house, house.admin) as response:
            assert response.status == 403


async def test_a_stopping_server_ends_its_streams(tmp_path):
    async with staffed(tmp_path) as house, stream(house) as response:
        house.app[BOARD_NEWS].end()
        async with asyncio.timeout(5):
            assert b"changed" not in await response.content.read()
        async with stream(house) as refused:
            assert refused.status == 503


def test_no_more_than_so_many_watch_and_who_has_gone_makes_room():
    nudges = Listeners()
    news = BoardNews(nudges, at_most=1)
    with news.watching(), pytest.raises(Unavailable), news.watching():
        pass
    with news.watching():
        nudges.send(TOPIC)


async def test_news_between_two_looks_is_not_lost():
    news = BoardNews(Listeners())
    with news.watching() as watcher:
        news.changed()
        assert await watcher.changed(within_s=0.01)
        assert not await watcher.changed(within_s=0.01)
        news.end()
        assert not await watcher.changed(within_s=60)
        assert watcher.over
