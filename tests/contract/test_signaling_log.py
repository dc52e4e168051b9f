"""What every room log promises. Another implementation is another parameter of `log`."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from signaling.events import Arrive, Command, EndRoom, Entry, Event, Opened, Position
from signaling.log import FORGET_MS, LogUnavailable, MemoryLog, NoSuchLog
from signaling.protocol import Candidate, Prepare
from signaling.redis_log import RedisLog
from signaling.room import Room
from tests.support import redis
from tests.support.redis import FaultyLine, new_prefix, running, server
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import FakeClock, FaultyLog


@pytest.fixture
def clock():
    return FakeClock()


class Insisting:
    """A user of a faulty log: whatever is asked of it fails the first time, and is asked again."""

    def __init__(self, faulty: FaultyLog) -> None:
        self._faulty = faulty

    async def open(self, room, opened):
        return await self._twice(lambda: self._faulty.open(room, opened))

    async def append(self, room, event):
        return await self._twice(lambda: self._faulty.append(room, event))

    async def compact(self, room, snapshot):
        await self._twice(lambda: self._faulty.compact(room, snapshot))

    async def subscribe(self, room, after, on_entry):
        return await self._twice(lambda: self._faulty.subscribe(room, after, on_entry))

    async def _twice(self, ask):
        self._faulty.failing = True
        with pytest.raises(LogUnavailable):
            await ask()
        self._faulty.failing = False
        return await ask()


FAULTS = {"redis that tells nothing": "x", "redis that tells badly": ".2>x"}


@pytest.fixture(params=["memory", "behind one that fails at first", "redis", "redis 6.2", *FAULTS])
async def log(request, clock, monkeypatch):
    if "redis" not in request.param:
        made = MemoryLog(clock_ms=clock)
        yield made if request.param == "memory" else Insisting(FaultyLog(made))
        await made.close()
        return
    if request.param.endswith(redis.OLDEST):
        monkeypatch.setattr(redis, "release", redis.OLDEST)
    plan = FAULTS.get(request.param, ".")
    async with running(FaultyLine(server().url, prefix=new_prefix(), plan=plan)) as line:
        made = RedisLog(line)
        yield made
        await made.close()


@pytest.fixture
async def memory_log(clock):
    made = MemoryLog(clock_ms=clock)
    yield made
    await made.close()


class Reader:
    """A subscriber that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Entry]] = []

    def __call__(self, epoch: str, entry: Entry) -> None:
        self.told.append((epoch, entry))

    @property
    def seqs(self) -> list[int]:
        return [entry.seq for _, entry in self.told]


def opened(epoch="epoch-0001") -> Opened:
    return Opened(epoch, 1)


def arrive(who=CUSTOMER) -> Arrive:
    return Arrive(who, "seat", f"{who.id}.1")


async def test_opening_puts_the_opening_at_seq_0_and_only_once(log):
    assert await log.open("room", opened()) == Position("epoch-0001", 0)
    assert await log.open("room", opened("epoch-0002")) == Position("epoch-0001", 0)
    await log.append("room", EndRoom())
    assert await log.open("room", opened("epoch-0003")) == Position("epoch-0001", 1)


async def test_a_room_that_is_not_open_has_no_log(log):
    for call in (
        log.append("room", EndRoom()),
        log.subscribe("room", None, Reader()),
        log.compact("room", Entry(1, 0, Room().snapshot())),
    ):
        with pytest.raises(NoSuchLog):
            await call


async def test_positions_rise_by_one_in_each_room(log):
    await log.open("room", opened())
    await log.open("other", opened("epoch-0002"))
    positions = [await log.append("room", EndRoom()) for _ in range(3)]
    assert positions == [Position("epoch-0001", seq) for seq in (1, 2, 3)]
    assert await log.append("other", EndRoom()) == Position("epoch-0002", 1)


async def test_entries_carry_the_logs_own_time(memory_log, clock):
    log = memory_log
    reader = Reader()
    await log.open("room", opened())
    await log.subscribe("room", None, reader)
    clock.advance(5)
    await log.append("room", EndRoom())
    assert [entry.at for _, entry in reader.told] == [clock.now_ms - 5000, clock.now_ms]


async def test_every_reader_has_been_told_when_an_append_returns(log):
    readers = [Reader(), Reader()]
    await log.open("room", opened())
    for reader in readers:
        await log.subscribe("room", None, reader)
    await log.append("room", arrive())
    assert [reader.seqs for reader in readers] == [[0, 1], [0, 1]]
    assert readers[0].told == readers[1].told


async def test_appends_at_the_same_time_are_told_in_one_order(log):
    readers = [Reader(), Reader()]
    await log.open("room", opened())
    for reader in readers:
        await log.subscribe("room", None, reader)
    await asyncio.gather(*(log.append("room", arrive()) for _ in range(50)))
    assert readers[0].seqs == list(range(51))
    assert readers[0].told == readers[1].told


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (None, [0, 1, 2, 3, 4]),
        (Position("epoch-0001", 1), [2, 3, 4]),
        (Position("epoch-0001", 3), [4]),
        (Position("another-epoch", 2), [0, 1, 2, 3, 4]),
    ],
)
async def test_a_subscription_begins_behind_a_known_position(log, after, told):
    await log.open("room", opened())
    for _ in range(3):
        await log.append("room", EndRoom())
    reader = Reader()
    await log.subscribe("room", after, reader)
    await log.append("room", EndRoom())
    assert reader.seqs == told


async def test_a_closed_subscription_is_told_nothing_more(log):
    reader, other = Reader(), Reader()
    await log.open("room", opened())
    subscription = await log.subscribe("room", None, reader)
    await log.subscribe("room", None, other)
    subscription.close()
    subscription.close()
    await log.append("room", EndRoom())
    assert reader.seqs == [0]
    assert other.seqs == [0, 1]


async def test_a_snapshot_stands_for_all_before_it(log):
    room = Room()
    await log.open("room", opened())
    await log.subscribe("room", None, lambda _, entry: room.apply(entry))
    for who in (CUSTOMER, AGENT):
        await log.append("room", arrive(who))
    await log.compact("room", Entry(room.seq, 0, room.snapshot()))
    await log.append("room", Command("staff.1", "staff.1.1", Prepare("customer")))
    for after in (None, Position("epoch-0001", 0)):
        reader, late = Reader(), Room()
        await log.subscribe("room", after, reader)
        assert reader.seqs == [2, 3]
        for _, entry in reader.told:
            late.apply(entry)
        assert late.snapshot() == room.snapshot()


async def test_a_snapshot_that_does_not_fit_changes_nothing(log):
    room = Room()
    await log.open("room", opened())
    await log.subscribe("room", None, lambda _, entry: room.apply(entry))
    await log.append("room", arrive())
    stranger = msgspec.structs.replace(room.snapshot(), epoch="another-epoch")
    await log.compact("room", Entry(1, 0, stranger))
    await log.compact("room", Entry(7, 0, room.snapshot()))
    await log.compact("room", Entry(1, 0, EndRoom()))
    reader = Reader()
    await log.subscribe("room", None, reader)
    assert reader.seqs == [0, 1]


async def test_an_older_snapshot_does_not_replace_a_newer_one(log):
    room = Room()
    await log.open("room", opened())
    await log.subscribe("room", None, lambda _, entry: room.apply(entry))
    await log.append("room", arrive())
    early = Entry(room.seq, 0, room.snapshot())
    await log.append("room", arrive(AGENT))
    await log.compact("room", Entry(room.seq, 0, room.snapshot()))
    await log.compact("room", early)
    reader = Reader()
    await log.subscribe("room", None, reader)
    assert reader.seqs == [2]


async def test_a_log_that_nobody_follows_is_forgotten_and_opened_under_another_epoch(memory_log, clock):
    log = memory_log
    await log.open("room", opened())
    await log.open("followed", opened())
    await log.subscribe("followed", None, Reader())
    clock.advance(FORGET_MS / 1000 + 1)
    assert await log.open("room", opened("epoch-0002")) == Position("epoch-0002", 0)
    assert await log.open("followed", opened("epoch-0002")) == Position("epoch-0001", 0)


async def test_a_log_that_fails_has_appended_nothing(clock):
    log = FaultyLog(MemoryLog(clock_ms=clock))
    reader = Reader()
    await log.open("room", opened())
    await log.subscribe("room", None, reader)
    log.failing = True
    for call in (log.append("room", EndRoom()), log.open("other", opened())):
        with pytest.raises(LogUnavailable):
            await call
    log.failing = False
    assert await log.append("room", EndRoom()) == Position("epoch-0001", 1)
    assert reader.seqs == [0, 1]


@pytest.mark.parametrize(
    "event",
    [
        opened(),
        arrive(),
        Command("customer", "c", Candidate("staff.1", 1, "candidate:1", sdp_mid="0")),
        Command("staff.1", "c", Prepare("customer", ref="r")),
        EndRoom(),
        Room().snapshot(),
    ],
)
def test_every_event_survives_its_json(event):
    entry = Entry(3, 4, event)
    assert msgspec.json.decode(msgspec.json.encode(entry), type=Entry) == entry


def test_a_hello_is_no_command():
    event = {"type": "command", "by": "a", "connection": "c", "message": {"type": "hello"}}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(event, Event)
