"""A participant's one seat: who takes it at once, who has to ask, who may answer, and what is kept."""

from __future__ import annotations

import pytest

from signaling.events import Due, EndRoom, Entry, Opened, RestoredParticipant, Revoke
from signaling.facts import DeviceChanged, Left
from signaling.protocol import (
    Ack,
    Bye,
    Chat,
    Hello,
    Leave,
    Lobby,
    Media,
    Offer,
    Refused,
    Remove,
    Seat,
    StandBy,
)
from signaling.results import NOTHING
from signaling.room import Room
from signaling.shapes import Resume
from signaling.vocabulary import ByeAction, ByeReason, MediaChoice, RefusalCode, Stage
from tests.support.rooms import (
    AGENT,
    BY_THE_LOBBY,
    CUSTOMER,
    EPOCH,
    GUEST,
    LISTENER,
    OTHER_AGENT,
    Play,
    in_stage,
    refusals,
)
from tests.support.signaling import Desk, call, kinds

STOP = ByeAction.STOP
MOVED, IN_USE = Bye(STOP, ByeReason.MOVED_DEVICE), Bye(STOP, ByeReason.IN_USE)
PHONE, LAPTOP, TABLET = "customer@phone", "customer@laptop", "customer@tablet"
HERE = [Stage.WAITING, Stage.PREPARING, Stage.ADMITTED, Stage.HELD]
CALLED = HERE[1:]


def asked(stage: Stage = Stage.ADMITTED) -> Play:
    """A customer in a stage whose laptop has asked for the seat."""
    play = in_stage(stage)
    play.arrives(CUSTOMER, "laptop")
    return play


def asks(play: Play, viewer, of="customer") -> bool:
    """Whether `viewer` is told that another device asks."""
    [one] = [one for one in play.room.view(viewer.id, ()).participants if one.id == of]
    return one.device_asks


# --- taking the seat --------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", HERE)
def test_the_same_seat_always_takes_over_its_old_socket(stage):
    play = in_stage(stage)
    result = play.arrives(CUSTOMER, "phone", "reloaded")
    assert result.deliveries == ((PHONE, MOVED),)
    assert result.arrived == "reloaded"
    assert not result.moved
    assert result.fact is None
    assert play.stage(CUSTOMER) is stage


def test_a_second_device_supersedes_the_first_while_waiting():
    play = in_stage(Stage.WAITING)
    result = play.arrives(CUSTOMER, "laptop")
    assert result.deliveries == ((PHONE, MOVED),)
    assert result.fact == DeviceChanged("customer", seat="customer's laptop")
    assert result.moved
    assert play.stage(CUSTOMER) is Stage.WAITING
    assert play.says(CUSTOMER, Leave(), connection=PHONE) is NOTHING


def test_a_signed_in_host_moves_devices_at_any_time():
    play = Play(AGENT)
    assert play.arrives(AGENT, "laptop").fact == DeviceChanged("staff.1", seat="staff.1's laptop")


# --- asking for it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", CALLED)
def test_a_second_device_stands_by_in_the_call_and_takes_nothing(stage):
    play = in_stage(stage)
    result = play.arrives(CUSTOMER, "laptop")
    assert result.deliveries == ((LAPTOP, StandBy(play.room.seq, 60_000)),)
    assert result.arrived is None
    assert result.fact is None
    assert [one.at - play.now for one in result.dues] == [60_000]
    assert play.stage(CUSTOMER) is stage
    assert asks(play, CUSTOMER)
    assert asks(play, AGENT)


def test_only_the_participant_and_the_hosts_are_told_of_the_question():
    play = asked()
    play.arrives(GUEST)
    play.brings(GUEST, Stage.ADMITTED)
    assert not asks(play, GUEST)


def test_the_first_device_goes_on_while_it_is_asked():
    play = asked()
    assert refusals(play.says(CUSTOMER, Offer("staff.1", 1, "v=0"), connection=PHONE)) == []
    assert asks(play, CUSTOMER)


@pytest.mark.parametrize(
    "message", [Chat("line-0001", "hi"), Media(MediaChoice.ON, MediaChoice.ON), Seat("customer", allow=True)]
)
def test_a_device_that_stands_by_may_only_go_again(message):
    play = asked()
    before = play.room.snapshot()
    assert refusals(play.says(CUSTOMER, message, connection=LAPTOP)) == ["not_admitted"]
    assert play.room.snapshot() == before
    left = play.says(CUSTOMER, Leave(ref="r"), connection=LAPTOP)
    assert left.replies == ((LAPTOP, Ack("r", play.room.seq)), (LAPTOP, Bye(STOP, ByeReason.LEFT)))
    assert left.fact is None
    assert play.stage(CUSTOMER) is Stage.ADMITTED
    assert not asks(play, AGENT)


def test_of_two_devices_that_race_for_a_seat_the_first_one_asks():
    play = asked()
    assert play.arrives(CUSTOMER, "tablet").deliveries == ((TABLET, IN_USE),)
    result = play.says(CUSTOMER, Seat("customer", allow=True), connection=PHONE)
    assert result.arrived == LAPTOP


def test_a_device_that_asks_again_has_no_more_time_than_before():
    play = in_stage(Stage.ADMITTED)
    [first] = play.arrives(CUSTOMER, "laptop").dues
    play.waits(40)
    result = play.arrives(CUSTOMER, "laptop", "reloaded")
    assert result.deliveries == ((LAPTOP, MOVED), ("reloaded", StandBy(play.room.seq, 20_000)))
    [second] = result.dues
    assert second.at == first.at
    assert play.does(first.due) is NOTHING
    assert play.does(second.due).deliveries == (("reloaded", IN_USE),)


# --- answering --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", CALLED)
def test_the_first_device_lets_the_call_go_on_at_the_other(stage):
    play = asked(stage)
    play.says(CUSTOMER, Media(MediaChoice.ON, MediaChoice.ON), connection=PHONE)
    result = play.says(CUSTOMER, Seat("customer", allow=True, ref="r"), connection=PHONE)
    assert result.deliveries == ()
    assert result.replies == ((PHONE, Ack("r", play.room.seq)), (PHONE, MOVED))
    assert result.fact == DeviceChanged("customer", "customer", "customer's laptop")
    assert (result.arrived, result.moved) == (LAPTOP, True)
    assert play.stage(CUSTOMER) is stage
    occupant = play.room.occupant("customer")
    assert (occupant.camera, occupant.microphone) == (MediaChoice.NONE, MediaChoice.NONE)
    assert not asks(play, AGENT)
    assert play.says(CUSTOMER, Leave(), connection=PHONE) is NOTHING


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_refusing_leaves_the_seat_where_it_is(who):
    play = asked()
    result = play.says(who, Seat("customer", allow=False, ref="r"))
    assert result.deliveries == ((LAPTOP, IN_USE),)
    assert [message for _, message in result.replies] == [Ack("r", play.room.seq)]
    assert result.fact is None
    assert not asks(play, CUSTOMER)
    assert play.room.occupant("customer").connection == PHONE


def test_a_host_lets_the_call_move_when_the_first_device_is_silent():
    play = asked()
    result = play.says(AGENT, Seat("customer", allow=True, ref="r"))
    assert result.deliveries == ((PHONE, MOVED),)
    assert result.replies == (("staff.1@phone", Ack("r", play.room.seq)),)
    assert result.fact == DeviceChanged("customer", "staff.1", "customer's laptop")
    assert result.arrived == LAPTOP


@pytest.mark.parametrize("who", [GUEST, LISTENER])
def test_nobody_answers_for_another_without_the_grant(who):
    play = Play(AGENT, CUSTOMER, who)
    play.brings(CUSTOMER, Stage.ADMITTED)
    play.brings(who, Stage.ADMITTED)
    play.arrives(CUSTOMER, "laptop")
    assert refusals(play.says(who, Seat("customer", allow=True))) == ["not_granted"]
    assert asks(play, CUSTOMER)


def test_a_host_who_is_not_in_the_call_answers_for_nobody():
    play = Play(AGENT, CUSTOMER, OTHER_AGENT)
    play.brings(CUSTOMER, Stage.ADMITTED)
    play.arrives(CUSTOMER, "laptop")
    play.says(AGENT, Lobby("staff.2"))
    assert refusals(play.says(OTHER_AGENT, Seat("customer", allow=True))) == ["not_admitted"]


@pytest.mark.parametrize("stage", BY_THE_LOBBY)
@pytest.mark.parametrize("allow", [True, False])
def test_an_answer_to_no_question_changes_nothing(stage, allow):
    play = in_stage(stage)
    before = play.room.snapshot()
    assert refusals(play.says(AGENT, Seat("customer", allow=allow))) == ["nobody_asks"]
    assert refusals(play.says(AGENT, Seat("nobody", allow=allow))) == ["no_such_participant"]
    assert play.room.snapshot() == before


def test_two_answers_at_once_have_the_effect_of_the_first():
    play = asked()
    play.says(CUSTOMER, Seat("customer", allow=True), connection=PHONE)
    assert refusals(play.says(AGENT, Seat("customer", allow=False))) == ["nobody_asks"]
    assert play.room.occupant("customer").connection == LAPTOP


# --- time, and going --------------------------------------------------------------------------------


def test_a_question_without_an_answer_ends_after_a_minute():
    play = in_stage(Stage.ADMITTED)
    [deadline] = play.arrives(CUSTOMER, "laptop").dues
    result = play.does(deadline.due)
    assert result.deliveries == ((LAPTOP, IN_USE),)
    assert result.changed
    assert play.does(deadline.due) is NOTHING
    assert play.does(Due("seat", "customer", 0)) is NOTHING


def test_the_deadline_of_an_earlier_question_is_stale():
    play = in_stage(Stage.ADMITTED)
    [first] = play.arrives(CUSTOMER, "laptop").dues
    play.says(CUSTOMER, Seat("customer", allow=False), connection=PHONE)
    play.arrives(CUSTOMER, "tablet")
    assert play.does(first.due) is NOTHING
    assert asks(play, CUSTOMER)


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        (lambda play: play.says(CUSTOMER, Leave(), connection=PHONE), ByeReason.LEFT),
        (lambda play: play.says(AGENT, Remove("customer")), ByeReason.REMOVED),
        (lambda play: play.does(Revoke("customer")), ByeReason.REVOKED),
        (lambda play: play.does(EndRoom()), ByeReason.ENDED),
    ],
)
def test_whoever_is_gone_is_gone_on_every_device(does, reason):
    play = asked()
    result = does(play)
    told = dict((*result.deliveries, *result.replies))
    assert told[PHONE] == told[LAPTOP] == Bye(STOP, reason)
    assert play.stage(CUSTOMER) is Stage.LEFT
    assert not play.room.occupant("customer").newcomer


def test_back_in_the_waiting_room_the_question_stands_and_a_third_device_takes_the_seat():
    play = asked()
    play.says(AGENT, Lobby("customer"))
    assert asks(play, CUSTOMER)
    assert play.arrives(CUSTOMER, "tablet").deliveries == ((PHONE, MOVED), (LAPTOP, IN_USE))
    play = asked()
    play.says(AGENT, Lobby("customer"))
    again = play.arrives(CUSTOMER, "laptop", "reloaded")
    assert again.deliveries == ((PHONE, MOVED), (LAPTOP, MOVED))
    assert again.arrived == "reloaded"


def test_a_revoked_device_is_gone_and_another_one_of_the_same_person_is_not():
    play = in_stage(Stage.ADMITTED)
    assert play.does(Revoke("customer", "customer's laptop")) is NOTHING
    assert play.does(Revoke("customer", "customer's phone")).fact == Left("customer", "revoked")


# --- what is kept -----------------------------------------------------------------------------------


def test_signals_of_the_old_device_are_never_told_to_the_new_one_and_the_chat_is():
    play = in_stage(Stage.ADMITTED)
    play.says(AGENT, Offer("customer", 1, "v=0"))
    play.says(AGENT, Chat("line-0001", "hello"))
    seq = play.room.seq
    play.arrives(CUSTOMER, "laptop")
    play.says(CUSTOMER, Seat("customer", allow=True), connection=PHONE)
    _, lines, missed = play.room.catch_up("customer", Resume(EPOCH, seq - 2))
    assert [line.text for line in lines] == ["hello"]
    assert missed == []
    assert play.room.catch_up("customer", None)[1] == lines


def test_a_snapshot_keeps_the_question_and_its_deadline():
    play = asked()
    late = Room()
    play.waits(10)
    result = late.apply(Entry(play.room.seq, play.now, play.room.snapshot()))
    assert [(one.at - play.now, one.due.kind) for one in result.dues] == [(50_000, "seat")]
    assert late.snapshot() == play.room.snapshot()


def test_a_room_opened_anew_still_asks_before_another_device_takes_over():
    play = Play()
    play.room, play.entries = Room(), []
    known = RestoredParticipant(CUSTOMER, Stage.ADMITTED, seat="customer's phone")
    play.does(Opened("epoch-0002", 1, (RestoredParticipant(AGENT, Stage.ADMITTED), known)))
    assert isinstance(play.arrives(CUSTOMER, "laptop").deliveries[0][1], StandBy)
    assert play.arrives(CUSTOMER).arrived == PHONE
    assert play.arrives(AGENT, "any").arrived == "staff.1@any"


# --- over the hub -----------------------------------------------------------------------------------


async def test_the_call_goes_on_at_the_new_device_with_its_chat():
    desk = Desk()
    customer, agent = await call(desk)
    await agent.send(Chat("line-0001", "hello"))
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    assert kinds(laptop.got()) == [StandBy]
    customer.got()
    await customer.send(Seat("customer", allow=True, ref="s"))
    assert [one for one in customer.got() if one != MOVED][-1] == Ack("s", 6)
    assert customer.connection.ended is ByeReason.MOVED_DEVICE
    [welcome] = laptop.got()
    assert [line.text for line in welcome.chat] == ["hello"]
    assert not welcome.resumed
    assert welcome.room.participants[0].stage is Stage.ADMITTED
    customer.went()
    assert desk.hub.online("room") == {"customer", "staff.1"}


async def test_a_position_of_another_device_is_no_position():
    desk = Desk()
    customer, _ = await call(desk)
    position = Resume(customer.connection._hosted.room.epoch, 1)
    await customer.send(Leave())
    laptop = await desk.sit(CUSTOMER, seat="laptop", hello=False)
    await laptop.send(Hello(resume=position))
    [welcome] = laptop.got()
    assert not welcome.resumed


async def test_hello_says_what_the_devices_do_and_coming_back_keeps_it():
    desk = Desk()
    customer = await desk.sit(CUSTOMER, hello=False)
    on, off = MediaChoice.ON, MediaChoice.OFF
    await customer.send(Hello(microphone=on, camera=off))
    [welcome] = customer.got()
    assert (welcome.room.participants[0].microphone, welcome.room.participants[0].camera) == (on, off)
    again = await desk.sit(CUSTOMER)
    assert again.got()[0].room.participants[0].microphone is on
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    assert laptop.got()[0].room.participants[0].microphone is MediaChoice.NONE


async def test_who_may_not_publish_has_no_devices_whatever_hello_says():
    desk = Desk()
    listener = await desk.sit(LISTENER, hello=False)
    await listener.send(Hello(microphone=MediaChoice.ON, camera=MediaChoice.ON))
    assert listener.got()[0].room.participants[0].camera is MediaChoice.NONE


async def test_a_device_that_goes_away_takes_its_question_with_it():
    desk = Desk()
    customer, _ = await call(desk)
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    assert customer.got()[-1].room.participants[0].device_asks
    laptop.went()
    await desk.hub.settle()
    assert not customer.got()[-1].room.participants[0].device_asks


async def test_a_device_waits_a_minute_for_its_answer_and_no_longer():
    desk = Desk()
    await call(desk)
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    laptop.got()
    await laptop.send(Chat("line-0001", "hi", ref="c"))
    assert laptop.got() == [Refused(RefusalCode.NOT_ADMITTED, "c")]
    await desk.wait(59)
    assert laptop.got() == []
    await desk.wait(3)
    assert laptop.got() == [IN_USE]
