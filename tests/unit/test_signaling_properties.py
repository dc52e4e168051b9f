"""What holds for every log, however strange: hypothesis writes them."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.events import Arrive, Command, Due, EndRoom, Entry, Event, HandOver, Opened, Revoke
from signaling.facts import (
    Admitted,
    DeviceChanged,
    Ended,
    Held,
    Left,
    Locked,
    Messaged,
    Prepared,
    Summoned,
    Unlocked,
)
from signaling.places import MAX_PRESENT
from signaling.protocol import (
    Admit,
    Answer,
    Candidate,
    Chat,
    ChatFrom,
    End,
    Hold,
    Join,
    Leave,
    Lobby,
    Lock,
    Media,
    Offer,
    Pin,
    Prepare,
    Remove,
    Seat,
)
from signaling.room import Room
from signaling.stages import IN_CALL, NEGOTIATING
from signaling.vocabulary import Grant, MediaChoice, Shows, Stage, Trouble
from signaling.waiting import Minute, Summon, Tell
from tests.support.rooms import AGENT, CUSTOMER, EPOCH, GUEST, LISTENER, OTHER_AGENT, START_MS

PEOPLE = (AGENT, CUSTOMER, GUEST, LISTENER, OTHER_AGENT)
DUES = ["preparing", "offline", "absent", "looked", "summoned", "seat", "other"]
names = st.sampled_from([one.id for one in PEOPLE] + ["nobody"])
refs = st.sampled_from([msgspec.UNSET, "r1", "r2"])
pcs = st.integers(0, 3)
text = st.text(min_size=1, max_size=5)
messages = st.one_of(
    *(st.builds(kind, names, refs) for kind in (Prepare, Admit, Hold, Lobby, Remove, Summon)),
    st.builds(Minute, st.booleans(), refs),
    st.builds(Tell, names, st.sampled_from(["line-0001", "line-0003"]), text, st.just("documents"), refs),
    st.builds(Seat, names, st.booleans(), refs),
    st.builds(Lock, st.booleans(), refs),
    st.builds(Pin, names, st.booleans(), refs),
    *(st.builds(kind, refs) for kind in (Join, Leave, End)),
    *(st.builds(kind, names, pcs, text) for kind in (Offer, Answer)),
    st.builds(Candidate, names, pcs, text),
    st.builds(Chat, st.sampled_from(["line-0001", "line-0002"]), text, refs),
    st.builds(Media, *map(st.sampled_from, (MediaChoice, MediaChoice, Shows, Trouble)), st.booleans(), refs),
)
connections = st.sampled_from(["c1", "c2"])
arrivals = st.builds(
    lambda who, seat: Arrive(who, seat, f"{who.id}-{seat}"), st.sampled_from(PEOPLE), connections
)
events = st.one_of(
    arrivals,
    arrivals,
    st.builds(lambda by, c, m: Command(by, f"{by}-{c}", m), names, connections, messages),
    st.builds(lambda by, c, m: Command(by, f"{by}-{c}", m), names, connections, messages),
    st.builds(Due, st.sampled_from(DUES), names, st.integers(0, 4)),
    st.builds(Revoke, names, st.sampled_from([None, "c1"])),
    st.builds(HandOver, names, connections),
    st.builds(EndRoom),
)
steps = st.lists(st.tuples(st.integers(0, 400_000), events), max_size=40)


def entries_of(happening: list[tuple[int, Event]]) -> list[Entry]:
    at, entries = START_MS, [Entry(0, START_MS, Opened(EPOCH, 1))]
    for seq, (pause_ms, event) in enumerate(happening, 1):
        at += pause_ms
        entries.append(Entry(seq, at, event))
    return entries


@given(steps)
def test_two_nodes_that_apply_the_same_entries_agree_and_never_raise(happening):
    one, other = Room(), Room()
    for entry in entries_of(happening):
        first = one.apply(entry)
        # The other node is given every entry as Redis would give it, and twice.
        second = other.apply(msgspec.json.decode(msgspec.json.encode(entry), type=Entry))
        assert first == second
        other.apply(entry)
        assert one.snapshot() == other.snapshot()


@given(steps, st.integers(0, 40))
def test_snapshot_and_tail_are_the_whole_log(happening, cut):
    entries = entries_of(happening)
    cut = min(cut, len(entries) - 1)
    whole, early, late = Room(), Room(), Room()
    for entry in entries[: cut + 1]:
        early.apply(entry)
    late.apply(Entry(cut, START_MS, early.snapshot()))
    for entry in entries:
        told = whole.apply(entry)
        if entry.seq > cut:
            assert late.apply(entry) == told
    assert whole.snapshot() == late.snapshot()
    for who in PEOPLE:
        assert whole.view(who.id, ()) == late.view(who.id, ())
        assert whole.catch_up(who.id, None) == late.catch_up(who.id, None)


NEEDED = dict.fromkeys((Prepared, Admitted, Held, Summoned, Messaged, Locked, Unlocked), Grant.ADMIT)


@settings(max_examples=300)
@given(steps)
def test_nobody_without_the_grant_ever_causes_the_effect(happening):
    grants = {one.id: one.grants for one in PEOPLE}
    room = Room()
    for entry in entries_of(happening):
        locked, pinned = room.locked, room.pinned
        result = room.apply(entry)
        fact = result.fact
        if room.locked != locked or (room.pinned and room.pinned != pinned):
            assert Grant.ADMIT in grants[entry.event.by]
        if type(fact) in NEEDED:
            assert NEEDED[type(fact)] in grants[fact.by]
        if isinstance(fact, Ended) and fact.by is not None:
            assert Grant.END in grants[fact.by]
        if isinstance(fact, DeviceChanged) and fact.by not in (None, fact.participant):
            assert Grant.ADMIT in grants[fact.by]
        if isinstance(fact, Left) and fact.by is not None:
            assert Grant.REMOVE in grants[fact.by]
        for _, message in result.deliveries:
            if isinstance(message, ChatFrom):
                assert Grant.CHAT in grants[message.line.sender]
            elif hasattr(message, "sdp") or hasattr(message, "candidate"):
                assert Grant.PUBLISH in grants[message.sender]


@settings(max_examples=300)
@given(steps)
def test_a_seat_in_a_call_moves_only_when_somebody_there_says_so(happening):
    room = Room()
    for entry in entries_of(happening):
        before = dict(room.occupants)
        result = room.apply(entry)
        for name, was in before.items():
            now = room.occupants[name]
            if was.stage in NEGOTIATING and now.stage in NEGOTIATING and was.seat != now.seat:
                assert isinstance(result.fact, DeviceChanged)
                proven = Grant.SKIP_LOBBY in was.participant.grants or now.seat == was.heir
                if not proven and not isinstance(entry.event, HandOver):
                    assert entry.event.connection != result.arrived
            assert now.newcomer is None or now.newcomer.seat != now.seat


@settings(max_examples=300)
@given(steps)
def test_nobody_is_admitted_in_the_minute_they_asked_for_and_a_summons_puts_nobody_out(happening):
    room = Room()
    for entry in entries_of(happening):
        before = dict(room.occupants)
        result = room.apply(entry)
        if isinstance(result.fact, Admitted):
            assert entry.at >= before[result.fact.participant].minute_until
        if isinstance(entry.event, Due) and entry.event.kind == "summoned" and result.fact is not None:
            was, now = before[entry.event.subject], room.occupants[entry.event.subject]
            assert (was.stage, now.stage, now.summoned_until) == (Stage.WAITING, Stage.WAITING, 0)
            assert (now.connection, now.seat) == (was.connection, was.seat)
        for one in room.occupants.values():
            assert not one.summoned_until or one.stage is Stage.WAITING


@given(steps)
def test_a_room_never_holds_more_than_it_takes_and_a_locked_one_no_stranger(happening):
    room = Room()
    for entry in entries_of(happening):
        locked, known = room.locked, set(room.occupants)
        room.apply(entry)
        assert sum(one.stage is not Stage.WATCHING for one in room.present()) <= MAX_PRESENT
        for name in set(room.occupants) - known:
            assert not locked or room.occupants[name].participant.grants & {Grant.ADMIT, Grant.PLACE}


@settings(max_examples=300)
@given(steps)
def test_whoever_watches_is_told_no_signal_and_calls_nobody_in_without_a_place(happening):
    room = Room()
    for entry in entries_of(happening):
        outside = {one.connection for one in room.present() if one.stage is Stage.WATCHING}
        result = room.apply(entry)
        assert not any(
            to in outside and (hasattr(message, "sdp") or hasattr(message, "candidate"))
            for to, message in result.deliveries
        )
        if isinstance(result.fact, Prepared | Admitted | Held):
            assert room.occupants[result.fact.by].stage in IN_CALL


@given(steps)
def test_what_a_participant_is_told_is_never_from_a_sender_that_did_not_send_it(happening):
    room = Room()
    for entry in entries_of(happening):
        for _, message in room.apply(entry).deliveries:
            sender = getattr(message, "sender", None) or getattr(
                getattr(message, "line", None), "sender", None
            )
            assert sender is None or sender == entry.event.by


@given(st.lists(st.tuples(st.integers(-1, 5), events), max_size=20))
def test_entries_in_any_order_never_raise(happening):
    room = Room()
    room.apply(Entry(0, START_MS, Opened(EPOCH, 1)))
    for seq, event in happening:
        before = room.seq
        room.apply(Entry(seq, START_MS, event))
        assert room.seq in (before, before + 1)
