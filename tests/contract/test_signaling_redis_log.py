"""What the log on Redis promises beyond the contract: what several processes, and Redis itself, do to it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from signaling.events import EndRoom, Entry, Opened, Position
from signaling.log import FORGET_MS, LogUnavailable, NoSuchLog
from signaling.redis_line import RedisLine
from signaling.redis_log import RedisLog
from signaling.room import Room
from tests.support.nodes import until
from tests.support.redis import a_line, forget_everything, new_prefix, new_server, running, server

pytestmark = pytest.mark.usefixtures("each_redis")

OPENED = Opened("epoch-0001", 1)


@pytest.fixture
def prefix():
    return new_prefix()


@pytest.fixture
async def logs(prefix):
    """Two processes' logs."""
    async with a_line(prefix) as one, a_line(prefix) as other:
        yield RedisLog(one), RedisLog(other)


class Reader:
    def __init__(self):
        self.entries = []
        self.lost = 0

    def __call__(self, epoch, entry):
        self.entries.append(entry)

    def loses(self):
        self.lost += 1

    @property
    def seqs(self):
        return [one.seq for one in self.entries]


async def follow(log):
    reader = Reader()
    await log.subscribe("room", None, reader, reader.loses)
    return reader


def stream(prefix, room="room"):
    return f"{prefix}:log:{{{room}}}"


async def test_two_processes_are_told_the_same_in_the_same_order(logs):
    await logs[0].open("room", OPENED)
    readers = [await follow(log) for log in logs]
    await asyncio.gather(*(logs[n % 2].append("room", EndRoom()) for n in range(60)))
    await until(lambda: [one.seqs[-1] for one in readers] == [60, 60])
    assert readers[0].seqs == list(range(61))
    assert readers[0].entries == readers[1].entries
    times = [one.at for one in readers[0].entries]
    assert times == sorted(times)


async def test_an_append_tells_what_others_appended_in_between(logs, prefix):
    mine = await follow_alone(logs, prefix)
    await logs[1].append("room", EndRoom())
    await logs[1].append("room", EndRoom())
    assert await logs[0].append("room", EndRoom()) == Position("epoch-0001", 3)
    assert mine.seqs == [0, 1, 2, 3]


async def follow_alone(logs, prefix):
    """Follow the first log without being told anything by Redis."""
    await logs[0].open("room", OPENED)
    reader = await follow(logs[0])
    logs[0]._line._listening.clear()
    return reader


async def test_a_log_of_another_epoch_ends_the_subscriptions(logs, prefix):
    await logs[0].open("room", OPENED)
    reader = await follow(logs[0])
    forget_everything(prefix)
    await logs[1].open("room", Opened("epoch-0002", 1))
    await until(lambda: reader.lost)
    assert (await logs[0].append("room", EndRoom())).epoch == "epoch-0002"
    assert (reader.seqs, reader.lost) == ([0], 1)


async def test_an_append_to_a_log_that_is_gone_or_another_is_refused(logs, prefix):
    reader = await follow_alone(logs, prefix)
    forget_everything(prefix)
    with pytest.raises(NoSuchLog):
        await logs[0].append("room", EndRoom())
    assert reader.lost == 1

    reader = await follow_alone(logs, prefix)
    forget_everything(prefix)
    await logs[1].open("room", Opened("epoch-0002", 1))
    with pytest.raises(NoSuchLog):
        await logs[0].append("room", EndRoom())
    assert reader.lost == 1


@pytest.mark.parametrize("appended_since", [0, 2, 3])
async def test_a_redis_that_came_back_with_an_older_state_is_not_believed(logs, prefix, appended_since):
    await logs[0].open("room", OPENED)
    readers = [await follow(log) for log in logs]
    await logs[0].append("room", EndRoom())
    older = server().ask("DUMP", stream(prefix))
    await logs[0].append("room", EndRoom())
    await logs[0].append("room", EndRoom())
    await until(lambda: readers[1].seqs[-1] == 3)
    server().ask("RESTORE", stream(prefix), 0, older, "REPLACE")
    async with a_line(prefix) as line:
        stranger = RedisLog(line)  # has never known better
        with suppress(NoSuchLog):  # it may be found out while this is going on
            for _ in range(appended_since):
                await stranger.append("room", EndRoom())
        if not any(one.lost for one in readers):
            with pytest.raises(NoSuchLog):
                await logs[0].append("room", EndRoom())
        await until(lambda: readers[0].lost and readers[1].lost)
        await until(lambda: not server().ask("EXISTS", stream(prefix)))
        with pytest.raises(NoSuchLog):
            await stranger.append("room", EndRoom())


async def test_a_process_that_missed_more_than_the_log_still_has_gives_the_room_up(logs, prefix):
    reader = await follow_alone(logs, prefix)
    room = Room()
    await logs[1].subscribe("room", None, lambda _, entry: room.apply(entry))
    for _ in range(3):
        await logs[1].append("room", EndRoom())
    await logs[1].compact("room", Entry(room.seq, 0, room.snapshot()))
    await logs[0]._repair_all()
    assert (reader.seqs, reader.lost) == ([0], 1)
    assert (await follow(logs[0])).seqs == [3]


async def test_followed_logs_are_kept_and_others_forgotten_in_time(logs, prefix):
    await logs[0].open("room", OPENED)
    await follow(logs[0])
    assert FORGET_MS - 5000 < server().ask("PTTL", stream(prefix)) <= FORGET_MS
    server().ask("PEXPIRE", stream(prefix), 5000)
    await logs[0]._renew()
    assert server().ask("PTTL", stream(prefix)) > FORGET_MS - 5000


async def test_a_room_keeps_its_keys_in_one_slot_and_only_two(logs, prefix):
    room = Room()
    await logs[0].open("room", OPENED)
    await logs[0].subscribe("room", None, lambda _, entry: room.apply(entry))
    await logs[0].append("room", EndRoom())
    await logs[0].compact("room", Entry(room.seq, 0, room.snapshot()))
    keys = sorted(key.decode() for key in server().ask("KEYS", f"{prefix}:log:*"))
    assert keys == [stream(prefix), f"{stream(prefix)}:snapshot"]
    assert server().ask("XLEN", stream(prefix)) == 1


async def test_a_snapshot_that_was_evicted_is_a_log_that_is_lost(logs, prefix):
    room = Room()
    await logs[0].open("room", OPENED)
    await logs[0].subscribe("room", None, lambda _, entry: room.apply(entry))
    await logs[0].append("room", EndRoom())
    await logs[0].compact("room", Entry(room.seq, 0, room.snapshot()))
    server().ask("DEL", f"{stream(prefix)}:snapshot")
    with pytest.raises(NoSuchLog):
        await follow(logs[1])


async def test_an_event_of_a_later_release_is_not_guessed_at(logs, prefix):
    await logs[0].open("room", OPENED)
    reader = await follow(logs[0])
    at = reader.entries[0].at
    later = f'epoch-0001 1 {at} {at} {{"type":"teleport"}}'
    server().ask("XADD", stream(prefix), "2-0", "entry", later)
    server().ask("PUBLISH", stream(prefix), later)
    await until(lambda: reader.lost)
    with pytest.raises(LogUnavailable):
        await follow(logs[1])


async def test_without_redis_everything_is_unavailable_and_nothing_hangs(prefix):
    async with running(RedisLine("redis://127.0.0.1:1", prefix=prefix, deadline_s=0.3)) as line:
        log = RedisLog(line)
        for call in (
            log.open("room", OPENED),
            log.append("room", EndRoom()),
            log.subscribe("room", None, Reader()),
            line.evicts(),
        ):
            with pytest.raises(LogUnavailable):
                await asyncio.wait_for(call, 2)


async def test_a_redis_that_says_nothing_is_given_up_in_time(prefix):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    deaf = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = deaf.sockets[0].getsockname()[1]
    async with deaf, running(RedisLine(f"redis://127.0.0.1:{port}", prefix=prefix, deadline_s=0.2)) as line:
        with pytest.raises(LogUnavailable):
            await asyncio.wait_for(RedisLog(line).append("room", EndRoom()), 2)


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(prefix):
    slow = new_server()
    try:
        async with running(RedisLine(slow.url, prefix=prefix, deadline_s=0.5)) as line:
            log = RedisLog(line)
            await log.open("room", OPENED)
            slow.ask("CLIENT", "PAUSE", 700)
            with pytest.raises(LogUnavailable):
                await log.append("room", EndRoom())
            assert slow.ask("PING")  # once the pause is over
            with pytest.raises(NoSuchLog):
                await log.append("another room", EndRoom())
            assert (await log.append("room", EndRoom())).epoch == "epoch-0001"
    finally:
        slow.remove()


async def test_whoever_gives_up_waiting_takes_nobody_elses_answer(logs):
    await logs[0].open("room", OPENED)
    given_up = asyncio.create_task(logs[0].append("room", EndRoom()))
    kept = asyncio.create_task(logs[0].append("room", EndRoom()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await kept).epoch == "epoch-0001"
    assert (await logs[0].append("room", EndRoom())).seq == (await kept).seq + 1


async def test_whether_rooms_could_be_evicted_is_known():
    full = new_server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    try:
        async with a_line(new_prefix(), full) as line:
            assert await line.evicts()
            full.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
            assert not await line.evicts()
    finally:
        full.remove()


async def test_channels_that_nobody_listens_to_are_left_at_the_next_beat(logs, prefix):
    await logs[0].open("room", OPENED)
    subscription = await logs[0].subscribe("room", None, Reader())
    channel = stream(prefix)
    assert server().ask("PUBSUB", "NUMSUB", channel)[1] == 1
    subscription.close()
    await logs[0]._line._keep_hearing()
    await until(lambda: server().ask("PUBSUB", "NUMSUB", channel)[1] == 0)
    assert (await follow(logs[0])).seqs == [0]
