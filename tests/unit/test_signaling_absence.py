"""Who is away, for how long their place is theirs, and the way back for whoever gave it up."""

from __future__ import annotations

import pytest

from signaling.events import Due, Opened, Participant, RestoredParticipant
from signaling.facts import Admitted, Joined, Left
from signaling.limits import Limits
from signaling.protocol import Ack, Admit, Bye, Join, Leave, Lobby, Prepare, Refused, Remove, Welcome
from signaling.results import NOTHING
from signaling.room import Room
from signaling.stages import KEPT_MS, LOOKED_MS, OFFLINE_MS, REJOIN_MS
from signaling.vocabulary import ByeReason, RefusalCode, Stage
from signaling.waiting import Summon
from tests.support.rooms import AGENT, CUSTOMER, GUEST, HOST, OTHER_AGENT, Play, in_stage
from tests.support.signaling import Desk, kinds

SECOND = Participant("guest.2", "Guest 2", GUEST.grants)
THIRD = Participant("guest.3", "Guest 3", GUEST.grants)
THIRD_AGENT = Participant("staff.3", "Agent 3", HOST)
FOURTH_AGENT = Participant("staff.4", "Agent 4", HOST)
OFFLINE_S, LOOKED_S = OFFLINE_MS / 1000, LOOKED_MS / 1000


@pytest.fixture
def desk():
    return Desk(Limits(idle_timeout_s=24 * 3600))  # nobody here pings, as browsers do


def left(desk: Desk) -> list[tuple[str, str]]:
    """Who has left so far, and how."""
    return [(one.participant, one.how) for one in desk.facts.facts if isinstance(one, Left)]


async def turned_away(desk: Desk, who: Participant) -> ByeReason | None:
    """Why somebody who comes is turned away; None if they are let in."""
    sitter = await desk.sit(who)
    last = sitter.got()[-1]
    assert isinstance(last, Bye | Welcome)
    return last.reason if isinstance(last, Bye) else None


# --- guests -----------------------------------------------------------------------------------------


async def test_a_guest_who_waits_gives_their_place_up_ten_minutes_after_they_went(desk):
    guest, _, customer = [await desk.sit(one) for one in (GUEST, SECOND, CUSTOMER)]
    for one in (guest, customer):
        one.went()
    await desk.wait(OFFLINE_S - 5)
    assert left(desk) == []
    assert await turned_away(desk, THIRD) is ByeReason.ROOM_FULL
    await desk.wait(10)
    assert left(desk) == [("guest", "expired")]
    assert await turned_away(desk, THIRD) is None


async def test_a_guest_who_is_there_or_comes_back_in_time_keeps_it(desk):
    guest = await desk.sit(GUEST)
    await desk.wait(2 * OFFLINE_S)
    guest.went()
    await desk.wait(OFFLINE_S - 5)
    again = await desk.sit(GUEST)
    await desk.wait(2 * OFFLINE_S)
    assert left(desk) == []
    assert again.connection.ended is None


def test_their_link_leads_back_while_there_is_room_however_late():
    play = Play(AGENT, GUEST)
    assert play.does(Due("absent", "guest", 1)).fact == Left("guest", "expired")
    play.waits(REJOIN_MS / 1000 * 20)
    back = play.arrives(GUEST, "laptop")
    assert isinstance(back.fact, Joined)
    assert back.fact.stage is Stage.WAITING


def test_and_does_not_when_others_have_taken_the_places():
    play = Play(AGENT, GUEST)
    play.does(Due("absent", "guest", 1))
    for one in (SECOND, THIRD):
        assert isinstance(play.arrives(one).fact, Joined)
    play.waits(REJOIN_MS / 1000 * 2)
    [(_, bye)] = play.arrives(GUEST).deliveries
    assert bye.reason is ByeReason.ROOM_FULL


@pytest.mark.parametrize(("goes", "reason"), [("removes", ByeReason.REMOVED), ("leaves", ByeReason.TOO_LATE)])
def test_nobody_comes_back_by_it_who_was_removed_or_left_long_ago(goes, reason):
    play = Play(AGENT, GUEST)
    play.says(AGENT, Remove("guest")) if goes == "removes" else play.says(GUEST, Leave())
    play.waits(REJOIN_MS / 1000 + 1)
    assert play.arrives(GUEST).deliveries[-1][1].reason is reason


def test_a_room_that_is_formed_anew_lets_them_back_as_well():
    play = Play()
    play.room, play.entries = Room(), []
    gone = RestoredParticipant(GUEST, Stage.LEFT, "expired")
    kept = RestoredParticipant(CUSTOMER, Stage.LEFT, "expired")
    play.does(Opened("epoch-0002", 1, (gone, kept)))
    play.waits(REJOIN_MS / 1000 + 1)
    assert isinstance(play.arrives(GUEST).fact, Joined)
    assert play.arrives(CUSTOMER).deliveries[-1][1].reason is ByeReason.TOO_LATE


async def test_who_is_let_in_while_away_has_the_time_of_the_call_from_then_on(desk):
    agent, _, guest = [await desk.sit(one) for one in (AGENT, CUSTOMER, GUEST)]
    guest.went()
    await desk.wait(OFFLINE_S - 60)
    await agent.send(Admit("guest"))
    await desk.wait(OFFLINE_S - 5)
    assert left(desk) == []
    await desk.wait(10)
    assert left(desk) == [("guest", "expired")]


async def test_the_customers_place_is_kept_for_hours(desk):
    customer = await desk.sit(CUSTOMER)
    customer.went()
    await desk.wait(KEPT_MS / 1000 - 5)
    assert left(desk) == []
    await desk.wait(10)
    assert left(desk) == [("customer", "expired")]


# --- hosts ------------------------------------------------------------------------------------------


async def test_an_official_who_has_only_looked_holds_no_place_when_they_have_gone(desk):
    await desk.sit(CUSTOMER)
    hosts = [await desk.sit(one) for one in (AGENT, OTHER_AGENT, THIRD_AGENT)]
    for one in hosts:
        await one.send(Join())
    fourth = await desk.sit(FOURTH_AGENT)
    await fourth.send(Join())
    assert fourth.got()[-1] == Refused(RefusalCode.ROOM_FULL)
    for one in hosts:
        one.went()
    await desk.wait(LOOKED_S + 1)
    assert sorted(left(desk)) == [(f"staff.{nth}", "expired") for nth in (1, 2, 3)]
    await fourth.send(Join(ref="r"))
    assert any(isinstance(one, Ack) for one in fourth.got())
    assert await turned_away(desk, AGENT) is None


async def test_whoever_watches_is_missed_by_nobody_not_even_in_a_running_call(desk):
    await desk.sit(CUSTOMER)
    agent, looker = await desk.sit(AGENT), await desk.sit(OTHER_AGENT)
    await agent.send(Admit("customer"))
    looker.went()
    await desk.wait(LOOKED_S + 1)
    assert left(desk) == [("staff.2", "expired")]


async def test_a_reload_is_no_leaving_and_who_stays_stays(desk):
    agent = await desk.sit(AGENT)
    await desk.wait(3 * OFFLINE_S)
    agent.went()
    await desk.wait(LOOKED_S - 5)
    again = await desk.sit(AGENT)
    await desk.wait(3 * LOOKED_S)
    assert left(desk) == []
    assert again.connection.ended is None
    assert [kind for kind in kinds(desk.facts.facts) if kind is Joined] == [Joined]


@pytest.mark.parametrize("stage", [Stage.PREPARING, Stage.ADMITTED, Stage.HELD])
def test_a_host_is_missed_by_whoever_is_called_or_in_the_call(stage):
    play = in_stage(stage)
    before = play.room.snapshot()
    assert play.does(Due("looked", "staff.1", 1)) is NOTHING
    assert play.room.snapshot() == before
    assert play.room.absence("staff.1") == (OFFLINE_MS, Due("offline", "staff.1", 1))


def test_and_by_whoever_was_summoned():
    play = in_stage(Stage.WAITING)
    assert play.room.absence("staff.1") == (LOOKED_MS, Due("looked", "staff.1", 1))
    play.says(AGENT, Summon("customer"))
    assert play.room.absence("staff.1") == (OFFLINE_MS, Due("offline", "staff.1", 1))


@pytest.mark.parametrize("who", [CUSTOMER, GUEST])
@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.ADMITTED])
def test_nobody_but_a_host_only_looks(who, stage):
    play = Play(AGENT, CUSTOMER, GUEST)
    play.brings(who, stage)
    assert play.does(Due("looked", who.id, 1)) is NOTHING


async def test_a_host_who_is_away_stays_while_they_are_missed_and_no_longer(desk):
    customer, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Admit("customer"))
    agent.went()
    await desk.wait(OFFLINE_S / 2)
    await customer.send(Leave())
    assert left(desk) == [("customer", "left")]
    await desk.wait(LOOKED_S + 1)
    assert left(desk) == [("customer", "left"), ("staff.1", "expired")]


async def test_whom_another_host_gives_company_within_that_time_stays(desk):
    await desk.sit(CUSTOMER)
    away, agent = await desk.sit(OTHER_AGENT), await desk.sit(AGENT)
    await away.send(Join())
    away.went()
    await desk.wait(LOOKED_S - 5)
    await agent.send(Prepare("customer"), Admit("customer"))
    await desk.wait(OFFLINE_S - 10)
    assert left(desk) == []
    await desk.wait(20)
    assert left(desk) == [("staff.2", "expired")]


async def test_a_host_who_sends_the_last_one_to_the_lobby_and_goes_has_looked(desk):
    _, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    await agent.send(Admit("customer"), Lobby("customer"))
    agent.went()
    await desk.wait(LOOKED_S + 1)
    assert left(desk) == [("staff.1", "expired")]


async def test_a_host_who_has_looked_comes_back_and_calls_in(desk):
    _, agent = await desk.sit(CUSTOMER), await desk.sit(AGENT)
    agent.went()
    await desk.wait(LOOKED_S + 1)
    again = await desk.sit(AGENT)
    await again.send(Admit("customer"))
    assert again.connection.refusals == 0
    assert desk.facts.facts[-1] == Admitted("customer", "staff.1")
