"""The hub with fakes around it: who is told what, when a fact is acknowledged, what time does."""

from __future__ import annotations

import msgspec
import pytest

from signaling.codec import encode
from signaling.events import (
    Admitted,
    DeviceChanged,
    Ended,
    Joined,
    Left,
    Prepared,
    RestoredParticipant,
    SentToLobby,
)
from signaling.limits import Limits
from signaling.log import LogUnavailable, NoSuchLog
from signaling.protocol import (
    Ack,
    Admit,
    Bye,
    ByeAction,
    ByeReason,
    Candidate,
    CandidateFrom,
    Chat,
    ChatFrom,
    End,
    Hello,
    Hold,
    Leave,
    Lobby,
    Media,
    MediaChoice,
    Offer,
    OfferFrom,
    Ping,
    Pong,
    Prepare,
    RefusalCode,
    Refused,
    Resume,
    Stage,
    State,
    Welcome,
)
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import Desk, FakeTransport

STOP, RESUME = ByeAction.STOP, ByeAction.RESUME


@pytest.fixture
def desk():
    return Desk()


def kinds(messages) -> list[type]:
    return [type(one) for one in messages]


async def call(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Admit("customer"))
    customer.got()
    agent.got()
    return customer, agent


# --- hello ------------------------------------------------------------------------------------------


async def test_hello_is_answered_by_the_whole_state_and_told_to_the_others(desk):
    customer = await desk.sit(CUSTOMER, hello=False)
    await customer.send(Hello(ref="h"))
    [welcome] = customer.got()
    assert isinstance(welcome, Welcome)
    assert (welcome.self, welcome.ref, welcome.seq, welcome.resumed) == ("customer", "h", 1, False)
    assert welcome.server_time == desk.clock.now_ms
    agent = await desk.sit(AGENT)
    [state] = customer.got()
    assert [(one.id, one.online, one.host) for one in state.room.participants] == [
        ("customer", True, False),
        ("staff.1", True, True),
    ]
    assert kinds(agent.got()) == [Welcome]


async def test_without_hello_only_ping_is_answered(desk):
    customer = await desk.sit(CUSTOMER, hello=False)
    await customer.send(Ping("p"), Leave(ref="l"), Hello(), Hello(ref="again"))
    pong, early, _, again = customer.got()
    assert pong == Pong("p")
    assert early == Refused(RefusalCode.HELLO_FIRST, "l")
    assert again == Refused(RefusalCode.HELLO_AGAIN, "again")


async def test_a_client_that_never_says_hello_is_let_go(desk):
    silent = await desk.sit(CUSTOMER, hello=False)
    await desk.wait(11)
    assert silent.got() == [Bye(RESUME, ByeReason.IDLE)]
    assert not silent.transport.aborted
    await desk.wait(6)
    assert silent.transport.aborted


async def test_a_client_that_falls_silent_is_let_go_and_one_that_pings_stays(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    for _ in range(8):
        await desk.wait(10)
        await agent.send(Ping())
    assert customer.got()[-1] == Bye(RESUME, ByeReason.IDLE)
    assert agent.connection.ended is None
    assert desk.hub.online("room") == {"staff.1"}


async def test_a_room_that_nobody_opened_takes_no_connection(desk):
    with pytest.raises(NoSuchLog):
        desk.hub.connect(FakeTransport(), room="room", participant=CUSTOMER, seat="s")


# --- facts ------------------------------------------------------------------------------------------


async def test_facts_are_stored_in_order_and_acknowledged_after_the_commit(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    agent.got()
    await agent.send(Prepare("customer", ref="p"))
    await agent.send(Admit("customer", ref="a"))
    assert kinds(agent.got()) == [State, Ack, State, Ack]
    assert kinds(desk.facts.facts) == [Joined, Joined, Prepared, Admitted]
    assert customer.got()[-1].room.participants[0].stage is Stage.ADMITTED


async def test_a_fact_that_cannot_be_stored_is_tried_again_and_holds_back_the_ack_and_the_pong(desk):
    customer, agent = await call(desk)
    desk.facts.failures = 2
    await agent.send(Hold("customer", ref="h"), Ping("p"))
    assert kinds(agent.got()) == [State]
    assert kinds(customer.got()) == [State]
    await desk.wait(2)
    assert agent.got() == [Ack("h", 4), Pong("p")]
    assert desk.facts.failures == 0


async def test_after_the_deadline_a_command_is_refused_and_its_fact_still_stored(desk):
    _, agent = await call(desk)
    desk.facts.failures = 1000
    await agent.send(Hold("customer", ref="h"), Admit("customer", ref="a"))
    agent.got()
    await desk.wait(7)
    assert agent.got() == [Refused(RefusalCode.UNAVAILABLE, ref) for ref in ("h", "a")]
    before = len(desk.facts.facts)
    desk.facts.failures = 0
    await desk.wait(6)
    assert len(desk.facts.facts) == before + 2
    assert agent.got() == []


async def test_with_too_many_facts_waiting_no_more_are_made_and_signals_go_on():
    desk = Desk(Limits(pending_facts=1))
    customer, agent = await call(desk)
    desk.facts.failures = 1000
    await agent.send(Hold("customer"), Admit("customer", ref="a"), Offer("customer", 1, "v=0"))
    assert Refused(RefusalCode.UNAVAILABLE, "a") in agent.got()
    assert OfferFrom in kinds(customer.got())


async def test_a_sink_that_breaks_is_tried_again(desk):
    class Broken(Exception):  # noqa: N818 - nobody's own error
        pass

    real = desk.facts.commit

    async def broken(*_):
        raise Broken

    desk.facts.commit = broken
    agent = await desk.sit(AGENT)
    assert desk.facts.facts == []
    desk.facts.commit = real
    await desk.wait(1)
    assert kinds(desk.facts.facts) == [Joined]
    assert agent.connection.ended is None


async def test_whoever_ends_the_room_has_the_ack_before_the_bye(desk):
    customer, agent = await call(desk)
    await agent.send(End(ref="e"))
    assert customer.got()[-1] == Bye(STOP, ByeReason.ENDED)
    assert [one for one in agent.got() if not isinstance(one, State)] == [
        Ack("e", 4),
        Bye(STOP, ByeReason.ENDED),
    ]


# --- the log fails ----------------------------------------------------------------------------------


async def test_a_failing_log_refuses_and_the_connection_lives(desk):
    customer, agent = await call(desk)
    desk.log.failing = True
    await customer.send(Chat("line-0001", "hi", ref="c"))
    assert customer.got() == [Refused(RefusalCode.UNAVAILABLE, "c")]
    late = await desk.sit(CUSTOMER, seat="seat of customer")
    assert late.got() == [Refused(RefusalCode.UNAVAILABLE)]
    with pytest.raises(LogUnavailable):
        await desk.hub.end_room("room")
    desk.log.failing = False
    await customer.send(Chat("line-0001", "hi"))
    assert kinds(agent.got()) == [ChatFrom]


async def test_a_lost_log_sends_everybody_to_form_the_room_anew(desk):
    customer, agent = await call(desk)
    await desk.log.close()
    await customer.send(Chat("line-0001", "hi"))
    for one in (customer, agent):
        assert one.got() == [Bye(RESUME, ByeReason.RESTARTING)]
        one.went()
    restored = (
        RestoredParticipant(CUSTOMER, Stage.ADMITTED),
        RestoredParticipant(AGENT, Stage.ADMITTED),
    )
    await desk.hub.open_room("room", restored=restored)
    back = await desk.sit(CUSTOMER)
    [welcome] = back.got()
    assert welcome.room.participants[0].stage is Stage.ADMITTED


async def test_a_deadline_that_the_log_refused_comes_again(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Prepare("customer"))
    desk.log.failing = True
    await desk.wait(32)
    desk.log.failing = False
    await desk.wait(6)
    assert desk.facts.facts[-1] == SentToLobby("customer")
    assert customer.connection.ended is None


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
        Joined("customer", tuple(sorted(CUSTOMER.grants)), Stage.WAITING),
        Left("customer", "left"),
    ]


# --- room commands ----------------------------------------------------------------------------------


async def test_room_commands_are_idempotent_and_never_create_a_log(desk):
    await desk.hub.end_room("room")
    await desk.hub.revoke("room", None)
    with pytest.raises(NoSuchLog):
        await desk.log.subscribe("room", None, lambda *_: None)
    customer, _ = await call(desk)
    for _ in range(2):
        await desk.hub.revoke("room", "customer")
    await desk.hub.settle()
    assert customer.got() == [Bye(STOP, ByeReason.REVOKED)]
    for _ in range(2):
        await desk.hub.end_room("room")
    await desk.hub.settle()
    assert desk.facts.facts[-2:] == [Left("customer", "revoked"), Ended(None)]


async def test_revoking_everybody_is_a_fact_for_each(desk):
    customer, agent = await call(desk)
    await desk.hub.revoke("room", None)
    await desk.hub.settle()
    assert desk.facts.facts[-2:] == [Left("customer", "revoked"), Left("staff.1", "revoked")]
    assert customer.got()[-1].reason is agent.got()[-1].reason is ByeReason.REVOKED


async def test_another_node_ends_the_room_for_everybody(desk):
    customer, _ = await call(desk)
    other = desk.another_hub()
    await other.end_room("room")
    await desk.hub.settle()
    await other.settle()
    assert customer.got()[-1] == Bye(STOP, ByeReason.ENDED)
    assert desk.facts.facts.count(Ended(None)) == 1


async def test_participants_of_two_nodes_talk_to_each_other(desk):
    other = desk.another_hub()
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT, hub=other)
    await agent.send(Admit("customer", ref="a"), Offer("customer", 1, "v=0"))
    await desk.hub.settle()
    assert OfferFrom in kinds(customer.got())
    assert Ack in kinds(agent.got())
    assert len(desk.facts.facts) == 3


async def test_a_draining_hub_spreads_the_return(desk):
    seats = [await desk.sit(CUSTOMER, room=f"room-{index}") for index in range(5)]
    await desk.hub.drain()
    afters = [one.got()[-1].retry_after_ms for one in seats]
    assert afters == [0, 1000, 2000, 3000, 4000]


# --- seats ------------------------------------------------------------------------------------------


async def test_a_second_device_takes_the_seat_and_the_first_is_told(desk):
    phone = await desk.sit(CUSTOMER, seat="phone")
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    assert phone.got()[-1] == Bye(STOP, ByeReason.MOVED_DEVICE)
    phone.went()
    assert kinds(laptop.got()) == [Welcome]
    assert desk.hub.online("room") == {"customer"}
    assert desk.facts.facts[-1] == DeviceChanged("customer")
    await phone.send(Chat("line-0001", "still me?"))
    assert phone.got() == []


async def test_a_refused_second_device_does_not_disturb_the_first(desk):
    customer, _ = await call(desk)
    forwarded = await desk.sit(CUSTOMER, seat="somebody else's phone")
    assert forwarded.got() == [Bye(STOP, ByeReason.IN_USE)]
    await forwarded.send(Leave())
    forwarded.went()
    assert customer.got() == []
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
