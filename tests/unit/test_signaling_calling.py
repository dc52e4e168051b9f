"""Between waiting and the call: every cell of summon, minute and tell, and what time does to them."""

from __future__ import annotations

import pytest

from signaling.events import Entry, Opened, RestoredParticipant
from signaling.facts import Admitted, Joined, Left, Messaged, SentToLobby, Summoned
from signaling.limits import Limits
from signaling.protocol import Ack, Admit, ChatFrom, Hello, Leave, Lobby, Prepare, Refused, Remove, Welcome
from signaling.results import NOTHING
from signaling.room import Room
from signaling.shapes import ChatLine
from signaling.vocabulary import Grant, RefusalCode, Stage
from signaling.waiting import Minute, Summon, Tell
from tests.support.rooms import (
    AGENT,
    BY_THE_LOBBY,
    CUSTOMER,
    GUEST,
    LISTENER,
    OTHER_AGENT,
    Play,
    in_stage,
    refusals,
)
from tests.support.signaling import Desk

SUMMONED_MS, MINUTE_MS, PREPARING_MS = 180_000, 60_000, 30_000
AGENT_AT, CUSTOMER_AT = "staff.1@phone", "customer@phone"
LINE = "line-0001"


def summoned() -> Play:
    play = in_stage(Stage.WAITING)
    play.says(AGENT, Summon("customer"))
    return play


def shown(play: Play, viewer=AGENT, of="customer") -> tuple[int, int]:
    """Until when a participant is summoned and has asked to wait, in ms from now, as `viewer` is told."""
    [one] = [one for one in play.room.view(viewer.id, ()).participants if one.id == of]
    return tuple(max(0, until - play.now) for until in (one.summoned_until, one.minute_until))


# --- summon -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", BY_THE_LOBBY)
def test_only_who_waits_is_summoned_and_the_stage_stays(stage):
    play = in_stage(stage)
    before = play.room.snapshot()
    result = play.says(AGENT, Summon("customer", ref="r"))
    if stage is not Stage.WAITING:
        assert refusals(result) == ["not_here" if stage is Stage.LEFT else "wrong_stage"]
        assert play.room.snapshot() == before
        return
    assert play.stage(CUSTOMER) is Stage.WAITING
    assert result.fact == Summoned("customer", "staff.1")
    assert result.replies == ((AGENT_AT, Ack("r", play.room.seq)),)
    assert result.changed
    assert [one.at - play.now for one in result.dues] == [SUMMONED_MS]
    assert shown(play) == shown(play, CUSTOMER) == (SUMMONED_MS, 0)


def test_a_summons_is_not_repeated_while_it_holds():
    play = summoned()
    assert refusals(play.says(AGENT, Summon("customer"))) == ["wrong_stage"]


def test_at_its_end_they_are_in_line_again_and_the_record_says_so():
    play = in_stage(Stage.WAITING)
    [end] = play.says(AGENT, Summon("customer")).dues
    play.waits(180)
    result = play.does(end.due)
    assert result.fact == SentToLobby("customer")
    assert result.changed
    assert play.stage(CUSTOMER) is Stage.WAITING
    assert shown(play) == (0, 0)
    assert play.does(end.due) is NOTHING
    assert play.says(AGENT, Summon("customer")).fact == Summoned("customer", "staff.1")


@pytest.mark.parametrize("step", [Prepare("customer"), Admit("customer"), Remove("customer"), Leave()])
def test_whatever_happens_to_them_ends_it(step):
    play = in_stage(Stage.WAITING)
    [end] = play.says(AGENT, Summon("customer")).dues
    play.says(CUSTOMER if isinstance(step, Leave) else AGENT, step)
    assert play.room.occupant("customer").summoned_until == 0
    assert play.does(end.due) is NOTHING


def test_coming_back_keeps_it():
    play = summoned()
    play.waits(60)
    play.arrives(CUSTOMER, "phone", "again")
    assert shown(play, CUSTOMER) == (SUMMONED_MS - 60_000, 0)
    play.arrives(CUSTOMER, "laptop")
    assert shown(play) == (SUMMONED_MS - 60_000, 0)


def test_others_are_not_told():
    play = summoned()
    play.arrives(GUEST)
    play.brings(GUEST, Stage.ADMITTED)
    play.says(AGENT, Admit("customer"))
    assert shown(play, GUEST) == (0, 0)


@pytest.mark.parametrize("message", [Summon("guest"), Tell("guest", LINE, "soon")])
@pytest.mark.parametrize("who", [CUSTOMER, LISTENER])
def test_nobody_summons_or_tells_without_the_grant(who, message):
    play = Play(AGENT, CUSTOMER, LISTENER, GUEST)
    before = play.room.snapshot()
    assert refusals(play.says(who, message)) == ["not_granted"]
    assert play.room.snapshot() == before


@pytest.mark.parametrize("kind", [Summon, lambda who: Tell(who, LINE, "soon")])
def test_a_host_outside_the_call_and_a_stranger_get_nowhere(kind):
    host = type(AGENT)("host", "Host 1", frozenset({Grant.ADMIT}))
    play = Play(host, CUSTOMER, AGENT)
    assert refusals(play.says(host, kind("customer"))) == ["not_admitted"]
    assert refusals(play.says(AGENT, kind("nobody"))) == ["no_such_participant"]


# --- minute -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", BY_THE_LOBBY)
def test_only_who_is_called_may_ask_for_a_minute(stage):
    play = in_stage(stage)
    before = play.room.snapshot()
    result = play.says(CUSTOMER, Minute(wanted=True, ref="r"))
    if stage is Stage.PREPARING:
        assert result.replies == ((CUSTOMER_AT, Ack("r", play.room.seq)),)
        assert result.changed
        assert result.fact is None
        assert [one.at - play.now for one in result.dues] == [MINUTE_MS + PREPARING_MS]
        assert shown(play) == shown(play, CUSTOMER) == (0, MINUTE_MS)
    elif stage is Stage.LEFT:
        assert result is NOTHING  # they have had their bye
    else:
        assert refusals(result) == ["wrong_stage"]
        assert play.room.snapshot() == before


def test_the_call_is_held_over_the_minute_and_the_old_deadline_is_stale():
    play = in_stage(Stage.WAITING)
    [first] = play.says(AGENT, Prepare("customer")).dues
    [later] = play.says(CUSTOMER, Minute(wanted=True)).dues
    play.waits(30)
    assert play.does(first.due) is NOTHING
    assert refusals(play.says(AGENT, Admit("customer"))) == ["not_yet"]
    assert play.stage(CUSTOMER) is Stage.PREPARING
    play.waits(30)
    assert play.says(AGENT, Admit("customer")).fact == Admitted("customer", "staff.1")
    assert play.does(later.due) is NOTHING


def test_nobody_who_then_is_not_called_in_is_lost():
    play = in_stage(Stage.PREPARING)
    [end] = play.says(CUSTOMER, Minute(wanted=True)).dues
    play.waits(90)
    assert play.does(end.due).fact == SentToLobby("customer")
    assert play.stage(CUSTOMER) is Stage.WAITING
    assert shown(play) == (0, 0)


def test_a_minute_is_asked_for_once_a_call_and_may_end_sooner():
    play = in_stage(Stage.PREPARING)
    assert refusals(play.says(CUSTOMER, Minute(wanted=False))) == ["wrong_stage"]
    play.says(CUSTOMER, Minute(wanted=True))
    assert refusals(play.says(CUSTOMER, Minute(wanted=True))) == ["wrong_stage"]
    play.waits(10)
    assert play.says(CUSTOMER, Minute(wanted=False)).changed
    assert shown(play) == (0, 0)
    assert refusals(play.says(CUSTOMER, Minute(wanted=True))) == ["wrong_stage"]
    assert play.says(AGENT, Admit("customer")).fact is not None


def test_the_next_call_has_a_minute_of_its_own():
    play = in_stage(Stage.PREPARING)
    play.says(CUSTOMER, Minute(wanted=True))
    play.says(AGENT, Lobby("customer"))
    play.says(AGENT, Prepare("customer"))
    assert shown(play) == (0, 0)
    assert play.says(CUSTOMER, Minute(wanted=True)).changed


def test_a_summons_waits_for_the_minute_and_choosing_them_does_not_end_it():
    play = summoned()
    play.waits(170)
    [end] = play.says(CUSTOMER, Minute(wanted=True)).dues
    assert end.at - play.now == MINUTE_MS + PREPARING_MS
    assert shown(play) == (MINUTE_MS + PREPARING_MS, MINUTE_MS)
    [prepared] = play.says(AGENT, Prepare("customer")).dues
    assert prepared.at - play.now == MINUTE_MS + PREPARING_MS
    assert refusals(play.says(AGENT, Admit("customer"))) == ["not_yet"]
    early = summoned()
    assert early.says(CUSTOMER, Minute(wanted=True)).dues[0].at - early.now == SUMMONED_MS


# --- tell -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", BY_THE_LOBBY)
def test_a_line_is_for_who_waits_or_is_called(stage):
    play = in_stage(stage)
    before = play.room.snapshot()
    result = play.says(AGENT, Tell("customer", LINE, "soon", "few_minutes", ref="r"))
    if stage not in {Stage.WAITING, Stage.PREPARING}:
        assert refusals(result) == ["not_here" if stage is Stage.LEFT else "wrong_stage"]
        assert play.room.snapshot() == before
        return
    seq = play.room.seq
    line = ChatFrom(ChatLine(seq, play.now, "staff.1", LINE, "soon", "few_minutes"))
    assert result.deliveries == ((CUSTOMER_AT, line), (AGENT_AT, line))
    assert result.replies == ((AGENT_AT, Ack("r", seq)),)
    assert result.fact == Messaged("customer", "staff.1", "few_minutes")
    assert not result.changed


def test_what_was_written_freely_is_no_part_of_the_record():
    play = in_stage(Stage.WAITING)
    assert play.says(AGENT, Tell("customer", LINE, "personal")).fact == Messaged("customer", "staff.1", None)


def test_it_is_told_again_to_a_page_that_is_loaded_anew_and_to_no_one_else():
    play = in_stage(Stage.WAITING)
    play.arrives(OTHER_AGENT)
    play.arrives(GUEST)
    play.says(AGENT, Tell("customer", LINE, "soon"))
    for who, told in ((CUSTOMER, 1), (OTHER_AGENT, 1), (GUEST, 0)):
        assert len(play.room.catch_up(who.id, None)[1]) == told


def test_a_repeat_is_told_once_and_a_flood_is_refused():
    play = in_stage(Stage.WAITING)
    first = play.says(AGENT, Tell("customer", LINE, "soon", ref="r"))
    seq = play.room.seq
    again = play.says(AGENT, Tell("customer", LINE, "soon", ref="r"))
    assert first.fact is not None
    assert (again.deliveries, again.fact, again.replies) == ((), None, ((AGENT_AT, Ack("r", seq)),))
    assert refusals(play.says(AGENT, Tell("customer", "line-0002", "soon"))) == ["rate_limited"]
    for n in range(3, 32):
        play.waits(2)
        assert play.says(AGENT, Tell("customer", f"line-{n:04}", "soon")).fact is not None
    play.waits(60)
    assert refusals(play.says(AGENT, Tell("customer", "line-9999", "soon"))) == ["rate_limited"]


# --- the log and the hub ----------------------------------------------------------------------------


def test_a_room_opened_anew_holds_the_summons_for_its_time_again():
    room = Room()
    restored = (RestoredParticipant(CUSTOMER, Stage.WAITING, summoned=True),)
    [end] = room.apply(Entry(0, 1_000, Opened("epoch-0002", 1, restored))).dues
    assert end.at == 1_000 + SUMMONED_MS
    assert room.apply(Entry(1, end.at, end.due)).fact == SentToLobby("customer")


def test_a_snapshot_keeps_its_deadline():
    play = summoned()
    late = Room()
    [end] = late.apply(Entry(play.room.seq, play.now, play.room.snapshot())).dues
    assert end.at - play.now == SUMMONED_MS


async def test_the_place_of_who_waits_is_kept_while_they_are_away_and_a_call_in_holds_three_minutes():
    desk = Desk(Limits(idle_timeout_s=24 * 3600))  # nobody here pings, as browsers do
    customer = await desk.sit(CUSTOMER)
    customer.went()
    await desk.wait(20 * 60)
    agent = await desk.sit(AGENT)
    await agent.send(Summon("customer", ref="r"))
    assert any(isinstance(one, Ack) for one in agent.got())
    await desk.wait(179)
    assert desk.facts.facts[-1] == Summoned("customer", "staff.1")
    await desk.wait(2)
    assert desk.facts.facts[-1] == SentToLobby("customer")
    again = await desk.sit(CUSTOMER)
    [welcome] = [one for one in again.got() if isinstance(one, Welcome)]
    assert welcome.room.participants[0].stage is Stage.WAITING
    assert not any(isinstance(one, Left) for one in desk.facts.facts)


async def test_who_was_admitted_while_away_has_ten_minutes_from_then():
    desk = Desk()
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    customer.went()
    await desk.wait(60)
    await agent.send(Admit("customer"))
    await desk.wait(599)
    assert desk.facts.facts[-1] == Admitted("customer", "staff.1")
    await desk.wait(3)
    assert desk.facts.facts[-1] == Left("customer", "expired")


async def test_the_hub_knows_who_waits_here():
    desk = Desk()
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    assert desk.hub.waiting() == (("room", customer.connection),)
    await agent.send(Prepare("customer"))
    assert desk.hub.waiting() == (("room", customer.connection),)
    await agent.send(Admit("customer"))
    assert desk.hub.waiting() == ()


async def test_a_stranger_s_words_do_not_reach_who_waits():
    desk = Desk()
    customer = await desk.sit(CUSTOMER)
    guest = await desk.sit(GUEST, hello=False)
    await guest.send(Tell("customer", LINE, "send money"))
    await guest.send(Hello(), Tell("customer", LINE, "send money"))
    assert [one.code for one in guest.got() if isinstance(one, Refused)] == [
        RefusalCode.HELLO_FIRST,
        RefusalCode.NOT_GRANTED,
    ]
    assert not any(isinstance(one, ChatFrom) for one in customer.got())
    assert [type(one) for one in desk.facts.facts] == [Joined, Joined]
