"""The room as policy: every cell of the stage table, coming back, seats, deadlines."""

from __future__ import annotations

import pytest

from signaling.events import Due, EndRoom, Opened, RestoredParticipant, Revoke
from signaling.facts import Admitted, Ended, Held, Joined, Left, Prepared, SentToLobby
from signaling.protocol import Ack, Admit, Bye, End, Hold, Leave, Lobby, Prepare, Remove
from signaling.results import NOTHING
from signaling.room import Room
from signaling.stages import STEPS
from signaling.vocabulary import ByeAction, ByeReason, Grant, Stage
from tests.support.rooms import AGENT, BY_THE_LOBBY, CUSTOMER, GUEST, HOST, LISTENER, Play, in_stage, refusals

STEPPING = (Prepare, Admit, Hold, Lobby, Remove)
FACT_OF = {
    Stage.PREPARING: Prepared("customer", "staff.1"),
    Stage.ADMITTED: Admitted("customer", "staff.1"),
    Stage.HELD: Held("customer", "staff.1"),
    Stage.WAITING: SentToLobby("customer", "staff.1"),
    Stage.LEFT: Left("customer", "removed", "staff.1"),
}
STOP = ByeAction.STOP


# --- stages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", BY_THE_LOBBY)
@pytest.mark.parametrize("command", STEPPING)
def test_a_cell_in_the_table_moves_and_any_other_is_refused_once(stage, command):
    play = in_stage(stage)
    before = play.room.snapshot()
    result = play.says(AGENT, command("customer", ref="r"))
    to = STEPS.get((stage, command))
    if to is None:
        assert refusals(result) == ["not_here" if stage is Stage.LEFT else "wrong_stage"]
        assert play.room.snapshot() == before
        assert result.fact is None
        assert not result.changed
    else:
        assert play.stage(CUSTOMER) is to
        assert result.fact == FACT_OF[to]
        assert result.replies == (("staff.1@phone", Ack("r", play.room.seq)),)
        assert result.changed


@pytest.mark.parametrize("command", STEPPING)
@pytest.mark.parametrize("who", [CUSTOMER, LISTENER])
def test_nobody_steps_others_without_the_grant(command, who):
    play = Play(AGENT, CUSTOMER, LISTENER, GUEST)
    play.brings(CUSTOMER, Stage.ADMITTED)
    before = play.room.snapshot()
    assert refusals(play.says(who, command("guest"))) == ["not_granted"]
    assert play.room.snapshot() == before


@pytest.mark.parametrize("command", STEPPING)
def test_nobody_steps_themselves(command):
    play = in_stage(Stage.WAITING)
    assert refusals(play.says(AGENT, command("staff.1"))) == ["wrong_stage"]
    assert play.stage(AGENT) is Stage.ADMITTED


def test_a_host_who_waits_cannot_admit():
    host = type(AGENT)("host", "Host 1", frozenset({Grant.ADMIT, Grant.END}))
    play = Play(host, CUSTOMER)
    assert refusals(play.says(host, Admit("customer"))) == ["not_admitted"]
    assert refusals(play.says(host, End())) == ["not_admitted"]


def test_a_stranger_cannot_be_admitted():
    assert refusals(Play(AGENT).says(AGENT, Admit("nobody"))) == ["no_such_participant"]


def test_who_skips_the_lobby_watches_and_others_wait():
    play = Play()
    assert play.arrives(AGENT).fact == Joined(
        "staff.1", tuple(sorted(HOST)), Stage.WATCHING, "staff.1's phone"
    )
    assert play.arrives(CUSTOMER).fact == Joined(
        "customer", (Grant.CHAT, Grant.PLACE, Grant.PUBLISH), Stage.WAITING, "customer's phone"
    )


def test_leaving_is_acknowledged_before_the_bye():
    play = in_stage(Stage.ADMITTED)
    result = play.says(CUSTOMER, Leave(ref="r"))
    told = Bye(STOP, ByeReason.LEFT)
    assert result.replies == (("customer@phone", Ack("r", play.room.seq)), ("customer@phone", told))
    assert result.fact == Left("customer", "left")
    assert result.deliveries == ()


def test_the_end_is_for_everybody_and_for_good():
    play = in_stage(Stage.ADMITTED)
    result = play.says(AGENT, End(ref="r"))
    over = Bye(STOP, ByeReason.ENDED)
    assert result.deliveries == (("customer@phone", over),)
    assert result.replies == (("staff.1@phone", Ack("r", play.room.seq)), ("staff.1@phone", over))
    assert result.fact == Ended("staff.1")
    assert play.room.ended
    assert play.arrives(AGENT).deliveries == (("staff.1@phone", over),)
    assert play.does(EndRoom()) is NOTHING


def test_the_record_ends_a_room_once():
    play = in_stage(Stage.ADMITTED)
    result = play.does(EndRoom())
    assert {who for who, _ in result.deliveries} == {"customer@phone", "staff.1@phone"}
    assert result.fact == Ended(None)
    assert play.does(EndRoom()) is NOTHING


# --- coming back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after_s", "comes_in"), [(1, True), (600, True), (601, False)])
def test_who_left_may_come_back_within_the_rejoin_time(after_s, comes_in):
    play = in_stage(Stage.LEFT)
    play.waits(after_s)
    result = play.arrives(CUSTOMER)
    if comes_in:
        assert play.stage(CUSTOMER) is Stage.WAITING
        assert result.fact == Joined(
            "customer", (Grant.CHAT, Grant.PLACE, Grant.PUBLISH), Stage.WAITING, "customer's phone"
        )
    else:
        assert play.stage(CUSTOMER) is Stage.LEFT
        # Nothing before it, which a page would take for a server that is not ready yet, and try for ever.
        assert [message for _, message in result.deliveries] == [Bye(STOP, ByeReason.TOO_LATE)]


def test_who_skips_the_lobby_comes_back_at_any_time():
    play = Play(AGENT)
    play.says(AGENT, Leave())
    play.waits(3600)
    play.arrives(AGENT)
    assert play.stage(AGENT) is Stage.WATCHING


def test_who_was_removed_stays_out():
    play = in_stage(Stage.ADMITTED)
    assert play.says(AGENT, Remove("customer")).deliveries == (
        ("customer@phone", Bye(STOP, ByeReason.REMOVED)),
    )
    assert play.arrives(CUSTOMER).deliveries == (("customer@phone", Bye(STOP, ByeReason.REMOVED)),)


def test_a_revoked_participant_comes_back_with_a_new_access():
    play = in_stage(Stage.ADMITTED)
    result = play.does(Revoke("customer"))
    assert result.deliveries == (("customer@phone", Bye(STOP, ByeReason.REVOKED)),)
    assert result.fact == Left("customer", "revoked")
    assert play.does(Revoke("customer")) is NOTHING
    assert play.does(Revoke("nobody")) is NOTHING
    play.waits(86_400)
    play.arrives(CUSTOMER)
    assert play.stage(CUSTOMER) is Stage.WAITING


# --- deadlines --------------------------------------------------------------------------------------


def test_a_prepared_participant_who_is_not_admitted_waits_again():
    play = in_stage(Stage.WAITING)
    [deadline] = play.says(AGENT, Prepare("customer")).dues
    assert deadline.at == play.now + 30_000
    assert play.does(deadline.due).fact == SentToLobby("customer")
    assert play.stage(CUSTOMER) is Stage.WAITING
    assert play.does(deadline.due) is NOTHING


def test_a_deadline_of_an_earlier_preparation_is_stale():
    play = in_stage(Stage.WAITING)
    [first] = play.says(AGENT, Prepare("customer")).dues
    play.says(AGENT, Lobby("customer"))
    play.says(AGENT, Prepare("customer"))
    assert play.does(first.due) is NOTHING
    assert play.stage(CUSTOMER) is Stage.PREPARING


@pytest.mark.parametrize(
    ("stage", "minutes"),
    [(Stage.WAITING, 240), (Stage.PREPARING, 10), (Stage.ADMITTED, 10), (Stage.HELD, 10)],
)
def test_who_stays_offline_has_left_and_a_place_in_line_is_kept_for_long(stage, minutes):
    play = in_stage(stage)
    within_ms, due = play.room.absence("customer")
    assert within_ms == minutes * 60_000
    assert play.does(due).fact == Left("customer", "expired")
    assert play.room.absence("customer") is None


@pytest.mark.parametrize(
    ("stage", "kind"), [(Stage.WAITING, "offline"), (Stage.ADMITTED, "absent"), (Stage.HELD, "absent")]
)
def test_an_absence_of_another_stage_puts_nobody_out(stage, kind):
    play = in_stage(stage)
    assert play.does(Due(kind, "customer", play.room.occupant("customer").arrivals)) is NOTHING
    assert play.stage(CUSTOMER) is stage


def test_who_came_back_in_time_has_not():
    play = in_stage(Stage.ADMITTED)
    _, due = play.room.absence("customer")
    play.arrives(CUSTOMER, "phone", "back")
    assert play.does(due) is NOTHING
    assert play.stage(CUSTOMER) is Stage.ADMITTED
    assert play.does(Due("unheard of", "customer", 1)) is NOTHING
    assert play.does(Due("offline", "nobody", 1)) is NOTHING


# --- the log ----------------------------------------------------------------------------------------


def test_an_admitted_pair_stays_admitted_when_its_log_is_opened_anew():
    room = Room()
    restored = (
        RestoredParticipant(AGENT, Stage.ADMITTED),
        RestoredParticipant(CUSTOMER, Stage.ADMITTED),
        RestoredParticipant(GUEST, Stage.LEFT, "removed"),
        RestoredParticipant(LISTENER, Stage.LEFT),
    )
    play = Play()
    play.room, play.entries = room, []
    play.does(Opened("epoch-0002", 1, restored))
    result = play.arrives(CUSTOMER)
    assert result.fact is None
    assert play.stage(CUSTOMER) is Stage.ADMITTED
    assert play.arrives(GUEST).deliveries[0][1].reason is ByeReason.REMOVED
    assert play.arrives(LISTENER).arrived is not None


def test_an_entry_seen_twice_or_out_of_order_changes_nothing():
    play = in_stage(Stage.ADMITTED)
    before = play.room.snapshot()
    for entry in play.entries:
        assert play.room.apply(entry) is NOTHING
    assert play.room.snapshot() == before
    assert Room().apply(play.entries[1]) is NOTHING
