"""Many who ask at once share a look, and nobody gets one that began before they asked."""

from __future__ import annotations

import asyncio

import pytest

from vap_meet.services.shared_looks import SharedLook


class Record:
    """Something to look at, slowly: each look takes what is there when it begins, and ends when told."""

    def __init__(self) -> None:
        self.value = "first"
        self.looks = 0
        self._begun: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def look(self) -> str:
        value, end = self.value, asyncio.get_running_loop().create_future()
        self.looks += 1
        self._begun.put_nowait(end)
        await end
        return value

    async def begun(self) -> asyncio.Future[None]:
        """Return the end of the next look, once it has begun."""
        async with asyncio.timeout(5):
            return await self._begun.get()


@pytest.fixture
def record():
    return Record()


@pytest.fixture
def shared(record):
    return SharedLook(record.look)


async def test_all_who_ask_during_a_look_share_the_next_one(record, shared):
    one = asyncio.create_task(shared())
    first = await record.begun()
    record.value = "second"
    others = [asyncio.create_task(shared()) for _ in range(50)]
    await asyncio.sleep(0)
    first.set_result(None)
    (await record.begun()).set_result(None)
    assert await one == "first"
    assert set(await asyncio.gather(*others)) == {"second"}, "what they ask for happened before they asked"
    assert record.looks == 2


async def test_who_asks_later_gets_a_look_of_their_own(record, shared):
    for value in ("first", "second"):
        record.value = value
        asked = asyncio.create_task(shared())
        (await record.begun()).set_result(None)
        assert await asked == value


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_look_that_fails_or_is_given_up_is_nobody_elses(record, shared, cancelled):
    one = asyncio.create_task(shared())
    end = await record.begun()
    other = asyncio.create_task(shared())
    await asyncio.sleep(0)
    if cancelled:
        one.cancel()
    else:
        end.set_exception(OSError("the disk"))
    with pytest.raises(asyncio.CancelledError if cancelled else OSError, match=None if cancelled else "disk"):
        await one
    (await record.begun()).set_result(None)
    assert await other == "first"
