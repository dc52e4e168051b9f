"""A connection with fakes around it: seats, limits, and what time does."""

from __future__ import annotations

import msgspec
import pytest

from signaling.codec import encode
from signaling.facts import DeviceChanged, Joined, Left, Prepared, SentToLobby
from signaling.limits import Limits
from signaling.protocol import (
    Admit,
    Bye,
    Candidate,
    CandidateFrom,
    Chat,
    Hello,
    Leave,
    Lobby,
    Media,
    Offer,
    Ping,
    Pong,
    Prepare,
    Refused,
    StandBy,
    State,
    Welcome,
)
from signaling.shapes import Resume
from signaling.vocabulary import ByeAction, ByeReason, MediaChoice, RefusalCode, Shows, Stage, Trouble
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import Desk, call, kinds

STOP, RESUME = ByeAction.STOP, ByeAction.RESUME


@pytest.fixture
def desk():
    return Desk()


# --- time -------------------------------------------------------------------------------------------


async def test_a_prepared_customer_waits_again_after_half_a_minute(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Prepare("customer"))
    await desk.wait(29)
    assert desk.facts.facts[-1] == Prepared("customer", "staff.1")
    await desk.wait(2)
    assert desk.facts.facts[-1] == SentToLobby("customer")
    assert customer.got()[-1].room.participants[0].stage is Stage.WAITING


async def test_who_is_gone_for_ten_minutes_has_left_and_who_returns_has_not(desk):
    customer, agent = await call(desk)
    customer.went()
    assert [one.online for one in agent.got()[-1].room.participants] == [False, True]
    for _ in range(20):
        await desk.wait(29)
        await agent.send(Ping())
    back = await desk.sit(CUSTOMER)
    for _ in range(2):
        await desk.wait(29)
        await agent.send(Ping())
        await back.send(Ping())
    assert not any(isinstance(fact, Left) for fact in desk.facts.facts)
    back.went()
    for _ in range(21):
        await desk.wait(29)
        await agent.send(Ping())
    assert desk.facts.facts[-1] == Left("customer", "expired")


async def test_a_room_without_anybody_is_no_longer_followed(desk):
    customer = await desk.sit(CUSTOMER)
    await customer.send(Leave())
    customer.went()
    await desk.wait(130)
    assert desk.hub._rooms == {}
    await desk.hub.open_room("room")
    assert desk.facts.facts == [
        Joined("customer", tuple(sorted(CUSTOMER.grants)), Stage.WAITING, "seat of customer"),
        Left("customer", "left"),
    ]


# --- seats ------------------------------------------------------------------------------------------


async def test_a_second_device_takes_the_seat_and_the_first_is_told(desk):
    phone = await desk.sit(CUSTOMER, seat="phone")
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    assert phone.got()[-1] == Bye(STOP, ByeReason.MOVED_DEVICE)
    phone.went()
    assert kinds(laptop.got()) == [Welcome]
    assert desk.hub.online("room") == {"customer"}
    assert desk.facts.facts[-1] == DeviceChanged("customer", seat="laptop")
    await phone.send(Chat("line-0001", "still me?"))
    assert phone.got() == []


async def test_a_refused_second_device_does_not_disturb_the_first(desk):
    customer, _ = await call(desk)
    forwarded = await desk.sit(CUSTOMER, seat="somebody else's phone")
    assert kinds(forwarded.got()) == [StandBy]
    await forwarded.send(Leave())
    assert forwarded.got() == [Bye(STOP, ByeReason.LEFT)]
    forwarded.went()
    assert kinds(customer.got()) == [State, State]  # that a device asks, and that it no longer does
    assert desk.hub.online("room") == {"customer", "staff.1"}


async def test_a_reload_resumes_and_hears_what_it_missed(desk):
    customer, agent = await call(desk)
    await agent.send(Offer("customer", 1, "v=0"))
    seq = customer.got()[-1].seq
    customer.went()
    await agent.send(Candidate("customer", 1, "candidate:1"), Chat("line-0001", "there?"))
    back = await desk.sit(CUSTOMER, hello=False)
    epoch = desk.hub._rooms["room"].room.epoch
    await back.send(Hello(resume=Resume(epoch, seq)))
    welcome, candidate = back.got()
    assert welcome.resumed
    assert [line.text for line in welcome.chat] == ["there?"]
    assert isinstance(candidate, CandidateFrom)


# --- limits -----------------------------------------------------------------------------------------


async def test_too_fast_is_refused_and_far_too_fast_is_the_end():
    desk = Desk(Limits(burst_tokens=10, tokens_per_s=1, misbehaved_after_refusals=20))
    customer = await desk.sit(CUSTOMER)
    customer.got()
    for _ in range(40):
        await customer.send(Ping("p"))
    got = customer.got()
    assert kinds(got[:9]) == [Pong] * 9
    assert got[9:-1] == [Refused(RefusalCode.RATE_LIMITED, "p")] * 20
    assert got[-1] == Bye(STOP, ByeReason.MISBEHAVED)


async def test_tokens_come_back_with_time():
    desk = Desk(Limits(burst_tokens=5, tokens_per_s=2))
    customer = await desk.sit(CUSTOMER)
    for _ in range(6):
        await customer.send(Ping())
    customer.got()
    await desk.wait(1)
    await customer.send(Ping(), Ping(), Ping())
    assert kinds(customer.got()) == [Pong, Pong, Refused]


async def test_a_large_frame_is_taken_once_enough_tokens_have_come_back():
    desk = Desk(Limits(burst_tokens=20, tokens_per_s=4))
    customer = await desk.sit(CUSTOMER)
    large = b'{"type":"ping","ref":"large","pad":"' + b"x" * 60_000 + b'"}'
    await customer.send(large)
    customer.got()
    for _ in range(3):
        await customer.send(large)
        assert customer.got() == [Refused(RefusalCode.RATE_LIMITED, "large")]
        await desk.wait(1)
    await desk.wait(1)
    await customer.send(large)
    assert customer.got() == [Pong("large")]


async def test_faulty_frames_are_refused_by_name(desk):
    customer = await desk.sit(CUSTOMER)
    customer.got()
    await customer.send(b"{", b'{"type":"dance","ref":"d"}', b"x" * 70_000, Admit("customer", ref="a"))
    assert customer.got() == [
        Refused(RefusalCode.MALFORMED),
        Refused(RefusalCode.UNKNOWN_TYPE, "d"),
        Refused(RefusalCode.TOO_LARGE),
        Refused(RefusalCode.NOT_GRANTED, "a"),
    ]


async def test_a_paused_client_is_sent_the_rest_when_it_reads_again(desk):
    customer, agent = await call(desk)
    customer.transport.paused = True
    for index in range(20):
        await_free = encode(Candidate("customer", 1, f"candidate:{index}"))
        if index == 0:
            await agent.connection.receive(encode(Offer("customer", 1, "v=0")))
        await agent.connection.receive(await_free)
    assert len(customer.transport.frames) == 1
    while not customer.transport.waiting:
        await desk.turn()
    customer.transport.resume()
    await desk.hub.settle()
    assert [one.candidate for one in customer.got()[1:]] == [f"candidate:{n}" for n in range(20)]


async def test_a_client_that_does_not_read_is_cut_off_and_slows_nobody():
    desk = Desk(Limits(queue_bytes=100_000))
    customer, agent = await call(desk)
    customer.transport.paused = True
    for pc in range(1, 5):
        await agent.connection.receive(encode(Offer("customer", pc, "x" * 40_000)))
    assert customer.connection.ended is ByeReason.TOO_SLOW
    assert customer.got()[-1] == Bye(RESUME, ByeReason.TOO_SLOW)
    assert agent.connection.ended is None
    assert desk.hub.online("room") == {"staff.1"}
    customer.transport.resume()
    await desk.wait(6)
    assert customer.transport.aborted


async def test_what_the_picture_shows_and_what_holds_it_back_is_told_until_the_page_says_hello_anew(desk):
    customer, agent = await call(desk)

    def shown(reader):
        [one] = [one for one in reader.got()[-1].room.participants if one.id == "customer"]
        return one.shows, one.trouble, one.still

    await customer.send(Media(MediaChoice.ON, MediaChoice.ON, Shows.DOCUMENT, Trouble.NETWORK, still=True))
    assert shown(agent) == (Shows.DOCUMENT, Trouble.NETWORK, True)
    await customer.send(Media(MediaChoice.ON, MediaChoice.OFF))
    assert shown(agent) == (Shows.CAMERA, Trouble.NONE, False)
    await customer.send(Media(MediaChoice.ON, MediaChoice.ON, Shows.SCREEN, Trouble.DEVICE, still=True))
    [welcome, *_] = (await desk.sit(CUSTOMER)).got()
    [own] = [one for one in welcome.room.participants if one.id == "customer"]
    assert (own.camera, own.shows, own.trouble) == (MediaChoice.ON, Shows.CAMERA, Trouble.NONE)
    assert not own.still


async def test_media_choices_are_shown_to_the_other_side(desk):
    customer, agent = await call(desk)
    await customer.send(Media(MediaChoice.ON, MediaChoice.OFF))
    [shown] = [one for one in agent.got()[-1].room.participants if one.id == "customer"]
    assert (shown.microphone, shown.camera) == (MediaChoice.ON, MediaChoice.OFF)
    await agent.send(Lobby("customer"))
    assert customer.got()[-1].room.participants[0].stage is Stage.WAITING


async def test_a_long_call_stays_within_its_bounds(desk):
    customer, agent = await call(desk)
    for index in range(1000):
        await desk.wait(0.25)
        await agent.connection.receive(encode(Offer("customer", index + 1, "x" * 3_000)))
        await customer.connection.receive(encode(Candidate("staff.1", index + 1, "y")))
        customer.transport.frames.clear()
        agent.transport.frames.clear()
    held = desk.log.inner._logs["room"].entries
    assert len(held) <= 129
    assert sum(len(encode_entry(entry)) for entry in held) <= 512 * 1024


def encode_entry(entry) -> bytes:
    return msgspec.json.encode(entry)
