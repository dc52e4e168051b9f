"""A device that the application has proven to be a participant's: it has their seat without asking."""

from __future__ import annotations

import pytest

from signaling.events import EndRoom, HandOver
from signaling.facts import DeviceChanged
from signaling.protocol import Bye, StandBy
from signaling.results import NOTHING
from signaling.vocabulary import ByeAction, ByeReason, Stage
from tests.support.rooms import AGENT, CUSTOMER, Play, in_stage
from tests.support.signaling import Desk, call, kinds

MOVED, IN_USE = Bye(ByeAction.STOP, ByeReason.MOVED_DEVICE), Bye(ByeAction.STOP, ByeReason.IN_USE)
PHONE, LAPTOP, TABLET = "customer@phone", "customer@laptop", "customer@tablet"
CALLED = [Stage.PREPARING, Stage.ADMITTED, Stage.HELD]


def asked(stage: Stage = Stage.ADMITTED) -> Play:
    """A customer in a stage whose laptop has asked for the seat."""
    play = in_stage(stage)
    play.arrives(CUSTOMER, "laptop")
    return play


def asks(play: Play) -> bool:
    """Whether a host is told that another device of the customer asks."""
    return any(one.device_asks for one in play.room.view(AGENT.id, ()).participants)


@pytest.mark.parametrize("stage", CALLED)
def test_a_proven_device_has_the_seat_when_it_comes_and_the_old_one_until_then(stage):
    play = in_stage(stage)
    assert play.does(HandOver("customer", "customer's laptop")).deliveries == ()
    assert play.arrives(CUSTOMER).arrived == PHONE
    result = play.arrives(CUSTOMER, "laptop")
    assert result.deliveries == ((PHONE, MOVED),)
    assert (result.arrived, result.moved) == (LAPTOP, True)
    assert result.fact == DeviceChanged("customer", seat="customer's laptop")
    assert play.stage(CUSTOMER) is stage
    # It was for once: whoever had the seat before has to ask like every other device.
    assert isinstance(play.arrives(CUSTOMER).deliveries[-1][1], StandBy)


@pytest.mark.parametrize("stage", CALLED)
def test_a_proven_device_that_stands_by_has_the_seat_at_once(stage):
    play = asked(stage)
    result = play.does(HandOver("customer", "customer's laptop"))
    assert result.deliveries == ((PHONE, MOVED),)
    assert (result.arrived, result.moved, result.changed) == (LAPTOP, True, True)
    assert result.fact == DeviceChanged("customer", seat="customer's laptop")
    assert not asks(play)


def test_proving_one_device_moves_no_other_that_asks():
    play = asked()
    play.does(HandOver("customer", "customer's tablet"))
    assert asks(play)
    result = play.arrives(CUSTOMER, "tablet")
    assert result.deliveries == ((PHONE, MOVED), (LAPTOP, IN_USE))
    assert result.arrived == TABLET


@pytest.mark.parametrize("event", [HandOver("nobody", "any"), HandOver("customer", "customer's phone")])
def test_there_is_nothing_to_hand_over_to_a_stranger_or_to_the_same_device(event):
    play = in_stage(Stage.ADMITTED)
    before = play.room.snapshot()
    assert play.does(event) is NOTHING
    assert play.room.snapshot() == before


def test_nothing_is_handed_over_to_those_who_left_or_when_the_room_is_over():
    play = in_stage(Stage.LEFT)
    assert play.does(HandOver("customer", "customer's laptop")) is NOTHING
    over = in_stage(Stage.ADMITTED)
    over.does(EndRoom())
    assert over.does(HandOver("customer", "customer's laptop")) is NOTHING


async def test_the_hub_hands_over_and_a_room_without_a_log_has_nothing_to_hand_over():
    desk = Desk()
    await desk.hub.hand_over("elsewhere", "customer", "laptop")
    customer, _ = await call(desk)
    laptop = await desk.sit(CUSTOMER, seat="laptop")
    assert kinds(laptop.got()) == [StandBy]
    await desk.hub.hand_over("room", "customer", "laptop")
    assert customer.connection.ended is ByeReason.MOVED_DEVICE
    assert laptop.got()[0].self == "customer"
