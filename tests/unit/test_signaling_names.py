"""What people are called on the wire: one name, or one in each language, of which a page shows its own."""

from __future__ import annotations

import json

import msgspec
import pytest

from signaling.codec import decode_server
from signaling.events import Arrive, Entry, Event, Participant
from signaling.room import Room
from signaling.vocabulary import Stage
from tests.support.rooms import CUSTOMER, HOST, Play
from tests.support.signaling import SERVER_FRAME, Desk

BOTH = {"ar": "موظف 1", "en": "Agent 1"}
OFFICIAL = Participant("staff.1", BOTH, HOST)


async def test_a_customer_is_told_the_officials_name_in_both_languages_and_their_own_as_it_is():
    desk = Desk()
    customer = await desk.sit(CUSTOMER)
    await desk.sit(OFFICIAL)
    state = customer.got()[-1]
    assert {one.id: one.name for one in state.room.participants} == {"customer": "متعامل 1", "staff.1": BOTH}


def test_names_survive_the_log_and_a_snapshot():
    event = Arrive(OFFICIAL, "laptop", "n.1")
    decoder = msgspec.json.Decoder(Event)
    assert decoder.decode(msgspec.json.encode(event)) == event
    play = Play(OFFICIAL, CUSTOMER)
    snapshot = decoder.decode(msgspec.json.encode(play.room.snapshot()))
    late = Room()
    late.apply(Entry(play.room.seq, play.now, snapshot))
    assert late.occupant("staff.1").participant.name == BOTH
    assert late.occupant("staff.1").stage is Stage.WATCHING
    assert late.occupant("customer").stage is Stage.WAITING


@pytest.mark.parametrize(
    "name", [{}, {"english": "Agent 1"}, {"en": 1}, {"en": "x" * 121}, ["Agent 1"], None]
)
def test_what_is_no_name_is_no_message(name):
    shown = {"id": "a", "stage": "held", "online": True, "host": True, "microphone": "on", "camera": "on"}
    frame = {"type": "state", "seq": 1, "room": {"ended": False, "participants": [{**shown, "name": BOTH}]}}
    SERVER_FRAME.validate(frame)
    assert decode_server(json.dumps(frame)).room.participants[0].name == BOTH
    frame["room"]["participants"][0]["name"] = name
    with pytest.raises(msgspec.ValidationError):
        decode_server(json.dumps(frame))
    assert not SERVER_FRAME.is_valid(frame)
