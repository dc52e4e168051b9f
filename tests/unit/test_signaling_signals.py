"""What is said in a room: who may signal and chat, who sees whom, what is told again."""

from __future__ import annotations

import pytest

from signaling.protocol import (
    Ack,
    Answer,
    AnswerFrom,
    Candidate,
    CandidateFrom,
    Chat,
    ChatFrom,
    Leave,
    Media,
    Offer,
    OfferFrom,
)
from signaling.shapes import Resume
from signaling.vocabulary import MediaChoice, Stage
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

# --- signals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", BY_THE_LOBBY)
def test_only_those_called_in_negotiate(stage):
    play = in_stage(stage)
    offered = play.says(AGENT, Offer("customer", 1, "v=0"))
    if stage in (Stage.PREPARING, Stage.ADMITTED, Stage.HELD):
        assert offered.deliveries == (("customer@phone", OfferFrom(play.room.seq, "staff.1", 1, "v=0")),)
        answered = play.says(CUSTOMER, Answer("staff.1", 1, "v=0", ref="r"))
        assert answered.deliveries == (("staff.1@phone", AnswerFrom(play.room.seq, "customer", 1, "v=0")),)
        assert answered.replies == (("customer@phone", Ack("r", play.room.seq)),)
    else:
        assert refusals(offered) == ["not_here"]
    if stage is Stage.WAITING:
        assert refusals(play.says(CUSTOMER, Offer("staff.1", 1, "v=0"))) == ["not_admitted"]


def test_who_may_not_publish_neither_offers_nor_is_offered():
    play = Play(AGENT, LISTENER)
    play.brings(LISTENER, Stage.ADMITTED)
    assert refusals(play.says(LISTENER, Offer("staff.1", 1, "v=0"))) == ["not_granted"]
    assert refusals(play.says(AGENT, Offer("listener", 1, "v=0"))) == ["not_here"]


@pytest.mark.parametrize("to", ["nobody", "staff.1"])
def test_an_offer_to_nobody_or_oneself_is_refused(to):
    assert refusals(in_stage(Stage.WAITING).says(AGENT, Offer(to, 1, "v=0"))) == ["no_such_participant"]


def test_a_pairs_generation_only_rises_and_only_by_an_offer():
    play = in_stage(Stage.ADMITTED)
    assert refusals(play.says(AGENT, Candidate("customer", 2, "candidate:1"))) == ["stale_pc"]
    assert refusals(play.says(AGENT, Offer("customer", 2, "v=0"))) == []
    assert refusals(play.says(CUSTOMER, Answer("staff.1", 3, "v=0"))) == ["stale_pc"]
    assert refusals(play.says(CUSTOMER, Answer("staff.1", 1, "v=0"))) == ["stale_pc"]
    assert refusals(play.says(CUSTOMER, Offer("staff.1", 1, "v=0"))) == ["stale_pc"]
    assert refusals(play.says(CUSTOMER, Candidate("staff.1", 2, "candidate:1"))) == []
    [agent] = [one for one in play.room.view("customer", ()).participants if one.id == "staff.1"]
    assert agent.pc == 2


def test_a_participant_in_preparation_negotiates_with_hosts_only():
    play = Play(AGENT, CUSTOMER, GUEST)
    play.brings(CUSTOMER, Stage.ADMITTED)
    play.brings(GUEST, Stage.PREPARING)
    assert refusals(play.says(CUSTOMER, Offer("guest", 1, "v=0"))) == ["no_such_participant"]
    assert refusals(play.says(GUEST, Offer("customer", 1, "v=0"))) == ["no_such_participant"]
    assert refusals(play.says(GUEST, Offer("staff.1", 1, "v=0"))) == []


def test_media_choices_are_state_and_told_when_they_change():
    play = in_stage(Stage.WAITING)
    assert play.says(CUSTOMER, Media(MediaChoice.ON, MediaChoice.OFF)).changed
    assert not play.says(CUSTOMER, Media(MediaChoice.ON, MediaChoice.OFF)).changed
    assert refusals(Play(LISTENER).says(LISTENER, Media(MediaChoice.ON, MediaChoice.ON))) == ["not_granted"]


# --- chat -------------------------------------------------------------------------------------------


def test_a_line_reaches_everybody_in_the_call_and_nobody_else():
    play = Play(AGENT, CUSTOMER, GUEST)
    play.brings(CUSTOMER, Stage.HELD)
    told = play.says(AGENT, Chat("line-0001", "hi", ref="r"))
    assert [who for who, message in told.deliveries if isinstance(message, ChatFrom)] == [
        "staff.1@phone",
        "customer@phone",
    ]
    assert refusals(play.says(GUEST, Chat("line-0002", "me too"))) == ["not_admitted"]


def test_a_line_said_twice_is_acknowledged_twice_and_told_once():
    play = in_stage(Stage.ADMITTED)
    first = play.says(CUSTOMER, Chat("line-0001", "hi", ref="a"))
    again = play.says(CUSTOMER, Chat("line-0001", "hi", ref="b"))
    assert again.deliveries == ()
    assert again.replies[0][1] == Ack("b", first.replies[0][1].seq)
    assert play.says(AGENT, Chat("line-0001", "hi")).deliveries != ()


def test_a_latecomer_does_not_read_what_was_said_before():
    play = Play(AGENT, CUSTOMER, GUEST)
    play.brings(CUSTOMER, Stage.ADMITTED)
    play.says(CUSTOMER, Chat("line-0001", "between us"))
    play.brings(GUEST, Stage.ADMITTED)
    play.says(CUSTOMER, Chat("line-0002", "welcome"))
    assert [line.text for line in play.room.catch_up("guest", None)[1]] == ["welcome"]
    assert [line.text for line in play.room.catch_up("customer", None)[1]] == ["between us", "welcome"]


# --- views ------------------------------------------------------------------------------------------


def test_whoever_waits_sees_only_themselves_and_the_hosts():
    play = Play(AGENT, CUSTOMER, GUEST)
    assert play.sees(CUSTOMER) == {"staff.1": Stage.WATCHING, "customer": Stage.WAITING}
    play.brings(CUSTOMER, Stage.PREPARING)
    assert "customer" not in play.sees(GUEST)
    assert set(play.sees(AGENT)) == {"staff.1", "customer", "guest"}
    assert play.room.view("nobody", ()).participants == ()


def test_those_in_the_call_see_each_other_and_not_who_waits():
    play = Play(AGENT, CUSTOMER, GUEST, LISTENER)
    play.brings(CUSTOMER, Stage.ADMITTED)
    play.brings(LISTENER, Stage.HELD)
    assert set(play.sees(CUSTOMER)) == {"staff.1", "customer", "listener"}
    assert set(play.sees(LISTENER)) == {"staff.1", "customer", "listener"}


def test_everybody_sees_that_a_host_has_left():
    play = Play(AGENT, OTHER_AGENT, CUSTOMER)
    play.says(OTHER_AGENT, Leave())
    assert play.sees(CUSTOMER)["staff.2"] is Stage.LEFT


# --- coming back to a connection --------------------------------------------------------------------


def test_a_replay_holds_what_is_addressed_to_one_and_of_the_current_generation():
    play = Play(AGENT, CUSTOMER, GUEST)
    play.brings(CUSTOMER, Stage.ADMITTED)
    play.brings(GUEST, Stage.ADMITTED)
    at = Resume(EPOCH, play.room.seq)
    play.says(AGENT, Offer("customer", 1, "old"))
    play.says(AGENT, Offer("guest", 1, "for the guest"))
    play.says(CUSTOMER, Offer("staff.1", 2, "newer"))
    play.says(AGENT, Answer("customer", 2, "current"))
    play.says(AGENT, Candidate("customer", 2, "candidate:1"))
    resumed, _, missed = play.room.catch_up("customer", at)
    assert resumed
    assert [type(one) for one in missed] == [AnswerFrom, CandidateFrom]


@pytest.mark.parametrize("resume", [None, Resume("another-epoch", 3), Resume(EPOCH, 1000)])
def test_an_unknown_position_gets_the_state_and_no_signals(resume):
    play = in_stage(Stage.ADMITTED)
    play.says(AGENT, Offer("customer", 1, "v=0"))
    assert play.room.catch_up("customer", resume) == (False, (), [])


def test_who_is_too_far_behind_the_trimmed_signals_starts_anew():
    play = in_stage(Stage.ADMITTED)
    play.says(AGENT, Offer("customer", 1, "v=0"))
    at = Resume(EPOCH, play.room.seq)
    for index in range(200):
        play.says(AGENT, Candidate("customer", 1, f"candidate:{index}"))
    assert play.room.catch_up("customer", at)[0] is False
    late = Resume(EPOCH, play.room.seq - 5)
    assert len(play.room.catch_up("customer", late)[2]) == 5


def test_signals_kept_are_bounded_in_number_and_size():
    play = in_stage(Stage.ADMITTED)
    for pc in range(1, 20):
        play.says(AGENT, Offer("customer", pc, "x" * 48_000))
        for index in range(10):
            play.says(CUSTOMER, Candidate("staff.1", pc, "y" * 2_000))
            play.says(AGENT, Chat(f"line-{pc:04}-{index}", "z" * 2_000))
    kept = play.room.snapshot().kept
    assert len(kept) <= 128
    assert sum(one.size for one in kept) <= 256 * 1024
    assert play.room.wants_snapshot()
