"""Officials whose page is merely open: they see who waits, and take a place only when they begin."""

from __future__ import annotations

import pytest

from signaling.events import Entry, Opened, Participant, RestoredParticipant
from signaling.facts import Admitted, Ended, Joined, Left, Messaged, Prepared, Summoned
from signaling.limits import Limits
from signaling.protocol import (
    Ack,
    Admit,
    Answer,
    Bye,
    Candidate,
    Chat,
    ChatFrom,
    End,
    Hold,
    Join,
    Leave,
    Lobby,
    Lock,
    Offer,
    OfferFrom,
    Pin,
    Prepare,
    Refused,
    Remove,
    Seat,
    State,
    Welcome,
)
from signaling.room import Room
from signaling.stages import IN_CALL, STEPS
from signaling.vocabulary import ByeReason, RefusalCode, Stage
from signaling.waiting import Summon, Tell
from tests.support.rooms import AGENT, CUSTOMER, GUEST, HOST, OTHER_AGENT, Play, in_stage, refusals
from tests.support.signaling import Desk

SECOND = Participant("guest.2", "Guest 2", GUEST.grants)
THIRD = Participant("guest.3", "Guest 3", GUEST.grants)
THIRD_AGENT = Participant("staff.3", "Agent 3", HOST)
WAITS = [Stage.WAITING, Stage.PREPARING]
BEGINNINGS = [Prepare("customer"), Admit("customer"), Join()]


def stages(play: Play) -> dict[str, Stage]:
    return {one.participant.id: one.stage for one in play.room.present()}


def watched(stage: Stage) -> Play:
    """A call that one official has, with the customer in a stage, and another one who watches."""
    play = in_stage(stage)
    play.arrives(OTHER_AGENT)
    return play


def full() -> Play:
    """A call of four, and an official who watches it."""
    play = in_stage(Stage.ADMITTED)
    for one in (GUEST, SECOND):
        play.arrives(one)
    play.brings(GUEST, Stage.ADMITTED)
    play.arrives(OTHER_AGENT)
    return play


# --- places -----------------------------------------------------------------------------------------


def test_pages_that_are_merely_open_leave_the_places_to_the_four_who_meet():
    play = Play(AGENT, OTHER_AGENT, THIRD_AGENT)
    for one in (GUEST, SECOND, CUSTOMER):
        assert play.arrives(one).arrived is not None
    [(_, bye)] = play.arrives(THIRD).deliveries
    assert bye.reason is ByeReason.ROOM_FULL
    for one in (CUSTOMER, GUEST, SECOND):
        play.says(OTHER_AGENT, Admit(one.id))
    assert stages(play) == {
        "staff.1": Stage.WATCHING,
        "staff.2": Stage.ADMITTED,
        "staff.3": Stage.WATCHING,
        "customer": Stage.ADMITTED,
        "guest": Stage.ADMITTED,
        "guest.2": Stage.ADMITTED,
    }


@pytest.mark.parametrize("message", [Join(ref="r"), Admit("guest.2", ref="r"), Prepare("guest.2", ref="r")])
def test_a_fifth_gets_in_by_no_command_and_goes_on_watching(message):
    play = full()
    before = play.room.snapshot()
    result = play.says(OTHER_AGENT, message)
    assert result.deliveries == (("staff.2@phone", Refused(RefusalCode.ROOM_FULL, "r")),)
    assert (result.fact, result.changed) == (None, False)
    assert play.room.snapshot() == before
    play.says(GUEST, Leave())
    assert play.says(OTHER_AGENT, message).fact is not None
    assert play.stage(OTHER_AGENT) is Stage.ADMITTED


def test_a_guest_whose_place_nobody_took_is_not_kept_out_by_whoever_watches():
    play = Play(AGENT, OTHER_AGENT, GUEST)
    assert play.arrives(SECOND).arrived is not None
    play.says(AGENT, Admit("guest"))
    assert stages(play)["staff.2"] is Stage.WATCHING


# --- beginning --------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", BEGINNINGS)
def test_who_begins_is_in_the_call_in_the_same_entry(message):
    play = Play(AGENT, CUSTOMER)
    result = play.says(AGENT, message)
    assert play.stage(AGENT) is Stage.ADMITTED
    assert result.changed
    assert result.fact in {
        Prepared("customer", "staff.1"),
        Admitted("customer", "staff.1"),
        Joined("staff.1", tuple(sorted(HOST)), Stage.ADMITTED, "staff.1's phone"),
    }
    if not isinstance(message, Join):  # the offer was made ahead: it is right behind, before any answer
        offered = play.says(AGENT, Offer("customer", 1, "v=0"))
        assert offered.deliveries == (("customer@phone", OfferFrom(play.room.seq, "staff.1", 1, "v=0")),)


@pytest.mark.parametrize(
    "message", [Admit("nobody"), Prepare("staff.1"), Hold("customer"), Admit("customer")]
)
def test_a_command_that_is_refused_begins_nothing(message):
    play = Play(AGENT, CUSTOMER)
    play.says(AGENT, Remove("customer"))
    before = play.room.snapshot()
    assert len(refusals(play.says(AGENT, message))) == 1
    assert play.room.snapshot() == before
    assert play.stage(AGENT) is Stage.WATCHING


def test_joining_again_is_acknowledged_and_no_fact():
    play = in_stage(Stage.ADMITTED)
    before = play.room.snapshot()
    result = play.says(AGENT, Join(ref="r"))
    assert result.replies == (("staff.1@phone", Ack("r", play.room.seq)),)
    assert (result.fact, result.changed, play.room.snapshot()) == (None, False, before)


@pytest.mark.parametrize("who", [CUSTOMER, GUEST])
@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.PREPARING])
def test_nobody_joins_who_has_to_be_admitted(who, stage):
    play = Play(AGENT, CUSTOMER, GUEST)
    play.brings(who, stage)
    before = play.room.snapshot()
    assert refusals(play.says(who, Join())) == ["not_granted"]
    assert play.room.snapshot() == before


def test_nor_whom_a_colleague_sent_out_of_it():
    play = watched(Stage.ADMITTED)
    play.says(OTHER_AGENT, Join())
    play.says(AGENT, Lobby("staff.2"))
    assert refusals(play.says(OTHER_AGENT, Join())) == ["wrong_stage"]
    assert play.stage(OTHER_AGENT) is Stage.WAITING


# --- what whoever watches may do --------------------------------------------------------------------


def test_they_see_who_waits_and_hear_what_they_told_them():
    play = Play(AGENT, OTHER_AGENT, CUSTOMER, GUEST)
    assert set(play.sees(AGENT)) == {"staff.1", "staff.2", "customer", "guest"}
    told = play.says(AGENT, Tell("customer", "line-0001", "We begin soon."))
    assert told.fact == Messaged("customer", "staff.1")
    hearing = [who for who, one in told.deliveries if isinstance(one, ChatFrom)]
    assert hearing == ["customer@phone", "staff.1@phone", "staff.2@phone"]
    assert play.says(AGENT, Summon("customer")).fact == Summoned("customer", "staff.1")
    assert play.says(AGENT, Remove("guest")).fact == Left("guest", "removed", "staff.1")
    assert play.stage(AGENT) is Stage.WATCHING


@pytest.mark.parametrize("stage", sorted(IN_CALL))
@pytest.mark.parametrize("command", sorted({command for _, command in STEPS}, key=str))
def test_they_have_nothing_to_say_about_whoever_is_in_the_call(stage, command):
    play = watched(stage)
    before = play.room.snapshot()
    assert refusals(play.says(OTHER_AGENT, command("customer"))) == ["not_admitted"]
    assert play.room.snapshot() == before


@pytest.mark.parametrize(
    "message",
    [
        Chat("line-0001", "hello"),
        End(),
        Lock(locked=True),
        Pin("customer", on=True),
        Seat("customer", allow=True),
        Summon("customer"),
        Tell("customer", "line-0001", "hello"),
        Offer("customer", 1, "v=0"),
        Answer("customer", 1, "v=0"),
        Candidate("customer", 1, "candidate:1"),
        Offer("staff.1", 1, "v=0"),
    ],
)
def test_nothing_that_they_send_reaches_a_running_call(message):
    play = watched(Stage.ADMITTED)
    play.arrives(CUSTOMER, "laptop")  # asks for the seat
    before = play.room.snapshot()
    result = play.says(OTHER_AGENT, message)
    assert refusals(result) == ["not_admitted"]
    assert [who for who, _ in result.deliveries] == ["staff.2@phone"]
    assert play.room.snapshot() == before


@pytest.mark.parametrize("sender", [AGENT, CUSTOMER])
@pytest.mark.parametrize("stage", [Stage.PREPARING, Stage.ADMITTED])
def test_nobody_is_connected_to_them(sender, stage):
    play = watched(stage)
    assert refusals(play.says(sender, Offer("staff.2", 1, "v=0"))) == ["not_here"]


@pytest.mark.parametrize("stage", WAITS)
def test_an_offer_before_the_beginning_is_refused(stage):
    play = watched(stage)
    assert refusals(play.says(OTHER_AGENT, Offer("customer", 1, "v=0"))) == ["not_admitted"]


def test_what_is_said_in_the_call_is_not_for_them():
    play = watched(Stage.ADMITTED)
    said = play.says(CUSTOMER, Chat("line-0001", "between us"))
    assert [who for who, _ in said.deliveries] == ["staff.1@phone", "customer@phone"]
    play.says(OTHER_AGENT, Join())
    assert play.room.catch_up("staff.2", None)[1] == ()


def test_they_call_a_prepared_customer_off_and_join_by_admitting_them():
    play = watched(Stage.PREPARING)
    play.says(OTHER_AGENT, Lobby("customer"))
    assert stages(play)["staff.2"] is Stage.WATCHING
    play.says(OTHER_AGENT, Admit("customer"))
    assert stages(play)["staff.2"] is Stage.ADMITTED


@pytest.mark.parametrize("gone", [True, False])
def test_they_end_a_room_that_nobody_is_in_a_call_in(gone):
    play = Play(AGENT, CUSTOMER)
    if gone:
        play.says(CUSTOMER, Leave())
    assert play.says(AGENT, End()).fact == Ended("staff.1")


# --- coming back, other devices, a room formed anew -------------------------------------------------


def test_another_device_or_a_reload_goes_on_watching_or_in_the_call():
    play = Play(AGENT, OTHER_AGENT, CUSTOMER)
    play.says(OTHER_AGENT, Prepare("customer"))
    for one, stage in ((AGENT, Stage.WATCHING), (OTHER_AGENT, Stage.ADMITTED)):
        for seat in ("phone", "laptop"):
            assert play.arrives(one, seat, f"{one.id} again on {seat}").arrived
            assert play.stage(one) is stage


async def test_a_lost_line_takes_nobody_into_the_call_who_watched_it():
    desk = Desk(Limits(idle_timeout_s=24 * 3600))  # nobody here pings, as browsers do
    customer, agent, looker = [await desk.sit(one) for one in (CUSTOMER, AGENT, OTHER_AGENT)]
    await agent.send(Admit("customer"))
    looker.went()
    for away_s in (5, 40, 3600):
        await desk.wait(away_s)
        again = await desk.sit(OTHER_AGENT)
        [welcome] = [one for one in again.got() if isinstance(one, Welcome)]
        assert {one.id: one.stage for one in welcome.room.participants}["staff.2"] is Stage.WATCHING
        again.went()
    last = [one for one in customer.got() if isinstance(one, State)][-1]
    assert [one.id for one in last.room.participants if one.stage is Stage.ADMITTED] == [
        "customer",
        "staff.1",
    ]


async def test_who_begins_over_the_wire_is_acknowledged_when_it_is_stored_and_needs_one_message():
    desk = Desk()
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    customer.got()
    agent.got()
    await agent.send(Admit("customer", ref="a"), Offer("customer", 1, "v=0", ref="o"))
    acked = [one.ref for one in agent.got() if isinstance(one, Ack)]
    assert sorted(acked) == ["a", "o"]
    assert [one.sdp for one in customer.got() if isinstance(one, OfferFrom)] == ["v=0"]
    assert [type(one) for one in desk.facts.facts] == [Joined, Joined, Admitted]


def test_a_room_formed_anew_and_a_snapshot_keep_who_watches():
    play = watched(Stage.ADMITTED)
    late = Room()
    late.apply(Entry(play.room.seq, play.now, play.room.snapshot()))
    assert late.snapshot() == play.room.snapshot()
    anew = Play()
    anew.room, anew.entries = Room(), []
    anew.does(Opened("epoch-0002", 1, (RestoredParticipant(OTHER_AGENT, Stage.WATCHING),)))
    assert anew.arrives(OTHER_AGENT).arrived
    assert anew.stage(OTHER_AGENT) is Stage.WATCHING


async def test_a_drained_process_sends_them_to_another_one_where_they_watch_on():
    desk = Desk()
    agent, looker = await desk.sit(AGENT), await desk.sit(OTHER_AGENT)
    await agent.send(Join())
    other = desk.another_hub()
    await desk.hub.drain()
    assert isinstance(looker.got()[-1], Bye)
    again = await desk.sit(OTHER_AGENT, hub=other)
    [welcome] = [one for one in again.got() if isinstance(one, Welcome)]
    stage = {one.id: one.stage for one in welcome.room.participants}
    assert stage == {"staff.1": Stage.ADMITTED, "staff.2": Stage.WATCHING}
