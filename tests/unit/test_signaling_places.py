"""Four people in a room: for whom there is a place, whom a lock keeps out, whom everybody sees large."""

from __future__ import annotations

import pytest

from signaling.events import Entry, Opened, Participant, RestoredParticipant
from signaling.facts import Joined, Locked, Unlocked
from signaling.protocol import Ack, Bye, Hold, Join, Leave, Lobby, Lock, Pin, Remove
from signaling.room import Room
from signaling.views import room_view
from signaling.vocabulary import ByeAction, ByeReason, Grant, Stage
from tests.support.rooms import AGENT, CUSTOMER, GUEST, HOST, OTHER_AGENT, Play, in_stage, refusals
from tests.support.signaling import Desk, kinds

ROOM_FULL = Bye(ByeAction.STOP, ByeReason.ROOM_FULL)
LOCKED = Bye(ByeAction.STOP, ByeReason.LOCKED)
SECOND = Participant("guest.2", "Guest 2", GUEST.grants)
THIRD = Participant("guest.3", "Guest 3", GUEST.grants)
THIRD_AGENT = Participant("staff.3", "Agent 3", HOST)
FOURTH_AGENT = Participant("staff.4", "Agent 4", HOST)


def in_call(*people: Participant) -> Play:
    """A room of these people; the first one, a host, takes part in the call."""
    play = Play(*people)
    assert play.says(people[0], Join()).fact is not None
    return play


def told(play: Play, who: Participant) -> object:
    """What somebody who arrives is told: a bye, or None for those who come in."""
    result = play.arrives(who)
    return result.deliveries[-1][1] if result.deliveries else None


# --- places -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.ADMITTED, Stage.HELD])
def test_a_third_guest_is_turned_away_and_nothing_changes(stage):
    play = in_stage(stage)
    assert [told(play, GUEST), told(play, SECOND)] == [None, None]
    before = play.room.snapshot()
    result = play.arrives(THIRD)
    assert result.deliveries == (("guest.3@phone", ROOM_FULL),)
    assert result.fact is None
    assert play.room.snapshot() == before
    assert len(play.room.present()) == 4


def test_guests_leave_a_place_for_the_host_and_everybody_one_for_whom_it_is_kept():
    play = Play(GUEST, SECOND)
    assert told(play, THIRD) == ROOM_FULL
    for one in (AGENT, OTHER_AGENT):
        assert told(play, one) is None
    assert play.says(AGENT, Join()).fact is not None
    assert refusals(play.says(OTHER_AGENT, Join())) == ["room_full"]
    assert told(play, CUSTOMER) is None
    hosts = Play(AGENT, OTHER_AGENT, THIRD_AGENT, FOURTH_AGENT)
    for one in (AGENT, OTHER_AGENT, THIRD_AGENT):
        assert hosts.says(one, Join()).fact is not None
    assert refusals(hosts.says(FOURTH_AGENT, Join())) == ["room_full"]
    assert told(hosts, GUEST) == ROOM_FULL
    assert told(hosts, CUSTOMER) is None


def test_a_place_is_free_again_when_somebody_left():
    play = Play(AGENT, CUSTOMER, GUEST, SECOND)
    play.says(SECOND, Leave())
    assert told(play, THIRD) is None
    assert told(play, SECOND) == ROOM_FULL
    play.says(AGENT, Remove("guest.3"))
    assert isinstance(play.arrives(SECOND).fact, Joined)


def test_whoever_is_in_comes_back_to_a_full_room():
    play = Play(AGENT, CUSTOMER, GUEST, SECOND)
    for one in (AGENT, CUSTOMER, GUEST, SECOND):
        assert play.arrives(one, "phone", f"{one.id} again").arrived == f"{one.id} again"


# --- the lock ---------------------------------------------------------------------------------------


def test_a_locked_room_lets_nobody_new_in_but_hosts_and_whom_a_place_is_kept_for():
    play = in_call(AGENT, GUEST)
    result = play.says(AGENT, Lock(locked=True, ref="r"))
    assert result.fact == Locked("staff.1")
    assert result.replies == (("staff.1@phone", Ack("r", play.room.seq)),)
    assert result.changed
    assert play.room.view("staff.1", ()).locked
    assert told(play, SECOND) == LOCKED
    assert told(play, OTHER_AGENT) is None
    assert told(play, CUSTOMER) is None
    assert play.arrives(GUEST, "phone", "again").arrived == "again"


def test_who_was_in_a_locked_room_may_come_back_and_who_was_removed_may_not():
    play = in_call(AGENT, GUEST, SECOND)
    play.says(AGENT, Lock(locked=True))
    play.says(GUEST, Leave())
    play.says(AGENT, Remove("guest.2"))
    assert told(play, GUEST) is None
    assert told(play, SECOND).reason is ByeReason.REMOVED


def test_locking_again_is_acknowledged_and_no_fact_and_unlocking_lets_people_in():
    play = in_call(AGENT)
    assert play.says(AGENT, Lock(locked=False)).fact is None
    play.says(AGENT, Lock(locked=True))
    again = play.says(AGENT, Lock(locked=True, ref="r"))
    assert (again.fact, again.changed, len(again.replies)) == (None, False, 1)
    assert play.says(AGENT, Lock(locked=False)).fact == Unlocked("staff.1")
    assert told(play, GUEST) is None


@pytest.mark.parametrize("message", [Lock(locked=True), Pin("guest", on=True)])
@pytest.mark.parametrize("who", [CUSTOMER, GUEST])
def test_nobody_locks_or_pins_without_the_grant(who, message):
    play = in_stage(Stage.ADMITTED)
    play.arrives(GUEST)
    play.brings(GUEST, Stage.ADMITTED)
    before = play.room.snapshot()
    assert refusals(play.says(who, message)) == ["not_granted"]
    assert play.room.snapshot() == before


@pytest.mark.parametrize("message", [Lock(locked=True), Pin("customer", on=True)])
def test_a_host_outside_the_call_neither_locks_nor_pins(message):
    waits = Participant("staff.1", "Agent 1", HOST - {Grant.SKIP_LOBBY})
    play = Play(waits, CUSTOMER)
    assert refusals(play.says(waits, message)) == ["not_admitted"]


def test_a_room_opened_anew_is_as_locked_as_it_was():
    play = Play()
    play.room, play.entries = Room(), []
    restored = (RestoredParticipant(AGENT, Stage.ADMITTED), RestoredParticipant(GUEST, Stage.ADMITTED))
    play.does(Opened("epoch-0002", 1, restored, locked=True))
    assert told(play, SECOND) == LOCKED
    assert play.arrives(GUEST).arrived is not None
    assert play.stage(GUEST) is Stage.ADMITTED


# --- whom everybody sees large ----------------------------------------------------------------------


def with_interpreter() -> Play:
    play = in_stage(Stage.ADMITTED)
    play.arrives(GUEST)
    play.brings(GUEST, Stage.ADMITTED)
    return play


def pinned(play: Play, viewer: Participant = CUSTOMER) -> object:
    """Whom somebody is told to see large, as it is on the wire."""
    view = room_view(viewer.id, play.room, online=())
    return view.pinned if isinstance(view.pinned, str) else None


def test_everybody_is_told_who_is_pinned_and_in_which_part():
    play = with_interpreter()
    result = play.says(AGENT, Pin("guest", on=True, ref="r"))
    assert (result.changed, result.fact, len(result.replies)) == (True, None, 1)
    for viewer in (AGENT, CUSTOMER, GUEST):
        assert pinned(play, viewer) == "guest"
    parts = {one.id: one.part for one in play.room.view("customer", ()).participants}
    assert parts == {"staff.1": "", "customer": "", "guest": "interpreter"}


def test_pinning_another_unpins_the_first_and_unpinning_one_who_is_not_pinned_changes_nothing():
    play = with_interpreter()
    play.says(AGENT, Pin("guest", on=True))
    assert play.says(AGENT, Pin("customer", on=False)).changed is False
    assert pinned(play) == "guest"
    play.says(AGENT, Pin("customer", on=True))
    assert pinned(play) == "customer"
    play.says(AGENT, Pin("customer", on=False))
    assert pinned(play) is None


@pytest.mark.parametrize("goes", [Lobby("guest"), Remove("guest")])
def test_who_goes_out_of_sight_is_pinned_no_more(goes):
    play = with_interpreter()
    play.says(AGENT, Pin("guest", on=True))
    play.says(AGENT, goes)
    assert pinned(play) is None


def test_only_somebody_in_the_call_is_pinned():
    play = in_stage(Stage.ADMITTED)
    play.arrives(GUEST)
    assert refusals(play.says(AGENT, Pin("guest", on=True))) == ["not_here"]
    assert refusals(play.says(AGENT, Pin("nobody", on=True))) == ["no_such_participant"]


def test_a_stranger_to_the_call_is_not_told_who_is_pinned():
    play = with_interpreter()
    play.says(AGENT, Pin("guest", on=True))
    play.arrives(SECOND)
    assert pinned(play, SECOND) is None
    play.says(AGENT, Hold("customer"))
    assert pinned(play) == "guest"


def test_a_snapshot_keeps_lock_and_pin():
    play = with_interpreter()
    play.says(AGENT, Pin("guest", on=True))
    play.says(AGENT, Lock(locked=True))
    late = Room()
    late.apply(Entry(play.room.seq, play.now, play.room.snapshot()))
    assert late.snapshot() == play.room.snapshot()
    assert (late.locked, late.pinned) == (True, "guest")


# --- over the hub -----------------------------------------------------------------------------------


async def test_the_fifth_is_told_why_and_the_others_hear_nothing_of_it():
    desk = Desk()
    people = [await desk.sit(one) for one in (AGENT, CUSTOMER, GUEST, SECOND)]
    for one in people:
        one.got()
    fifth = await desk.sit(THIRD)
    assert [one for one in fifth.got() if isinstance(one, Bye)] == [ROOM_FULL]
    assert fifth.connection.ended is ByeReason.ROOM_FULL
    assert [kinds(one.got()) for one in people] == [[], [], [], []]
