"""Access that is taken away closes what is open, wherever it was taken; nobody else is disturbed."""

from __future__ import annotations

import pytest

from signaling.protocol import Admit, Bye, Hello, Leave
from signaling.vocabulary import ByeAction, ByeReason
from tests.support.access import CHEAP, PASSWORD, an_agent, booked_link, enter, open_house
from tests.support.signaling import FakeTransport, Sitter
from vap_meet.__main__ import main
from vap_meet.domain.errors import BadCredentials, NotFound
from vap_meet.services.revoking import Revoking
from vap_meet.services.staffing import Staffing

REVOKED = Bye(ByeAction.STOP, ByeReason.REVOKED)


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


async def sits(house, seat) -> Sitter:
    """Take a place over a connection that keeps what it is told."""
    transport = FakeTransport()
    connection = house.hub.connect(transport, room=seat.room, participant=seat.participant, seat=seat.seat)
    sitter = Sitter(connection, transport, house.hub)
    await sitter.send(Hello())
    return sitter


async def a_call(house):
    """An admitted customer and the agent, signed in once more elsewhere; gives both and the cookies."""
    link = await booked_link(house)
    entry = await enter(house, link)
    await an_agent(house)
    here, member = await house.staffing.sign_in("agent", PASSWORD, address="192.0.2.1")
    elsewhere, _ = await house.staffing.sign_in("agent", PASSWORD, address="192.0.2.2")
    customer = await sits(house, await house.joining.seat_for_visit(entry.visit_id, entry.browser))
    agent = await sits(house, await house.joining.seat_for_staff(member, "a-1"))
    await agent.send(Admit("customer"))
    customer.got()
    agent.got()
    return customer, agent, here, elsewhere


@pytest.mark.usefixtures("each_database")
async def test_signing_out_ends_the_place_of_that_sign_in_alone(house):
    customer, agent, here, elsewhere = await a_call(house)
    revoking = Revoking(db=house.db, hub=house.hub)
    await house.staffing.sign_out(elsewhere)
    await revoking.run_once()
    await house.hub.settle()
    assert agent.got() == []
    await house.staffing.sign_out(here)
    await revoking.run_once()
    await house.hub.settle()
    assert agent.got() == [REVOKED]
    assert customer.connection.ended is None
    timeline = await house.sessions.timeline("a-1")
    assert (timeline[-1].type, timeline[-1].detail) == ("left", "revoked")


@pytest.mark.usefixtures("each_database")
async def test_closing_an_account_ends_its_sign_ins_and_its_calls(house):
    customer, agent, here, _ = await a_call(house)
    await house.staffing.remove(" AGENT ")
    await Revoking(db=house.db, hub=house.hub).run_once()
    await house.hub.settle()
    assert agent.got() == [REVOKED]
    assert customer.connection.ended is None
    assert await house.staffing.who(here) is None
    with pytest.raises(BadCredentials):
        await house.staffing.sign_in("agent", PASSWORD, address="192.0.2.1")
    with pytest.raises(NotFound):
        await house.staffing.remove("agent")
    [entry] = await house.audited("staff.removed")
    assert b"agent" not in bytes(entry["public"])


async def test_a_sign_in_that_ran_out_in_the_middle_of_a_call_does_not_end_it(house):
    _, agent, here, _ = await a_call(house)
    house.clock.turn(hours=13)
    assert await house.staffing.who(here) is None
    await Revoking(db=house.db, hub=house.hub).run_once()
    await house.hub.settle()
    assert agent.connection.ended is None


async def test_whoever_signs_in_again_has_the_place_again(house):
    _, _, here, _ = await a_call(house)
    await house.staffing.sign_out(here)
    await Revoking(db=house.db, hub=house.hub).run_once()
    await house.hub.settle()
    _, member = await house.staffing.sign_in("agent", PASSWORD, address="192.0.2.1")
    back = await sits(house, await house.joining.seat_for_staff(member, "a-1"))
    assert back.got()[0].self == f"staff.{member.id}"


async def test_without_staff_nothing_is_asked_of_the_database(house):
    entry = await enter(house, await booked_link(house))
    customer = await sits(house, await house.joining.seat_for_visit(entry.visit_id, entry.browser))
    await house.db.close()
    await Revoking(db=house.db, hub=house.hub).run_once()
    await customer.send(Leave())


async def test_signing_out_wakes_whoever_looks_after_the_places(house):
    told = []
    staffing = Staffing(
        db=house.db, clock=house.clock, hasher=CHEAP, access_ended=lambda: told.append("ended")
    )
    await an_agent(house)
    cookie, _ = await staffing.sign_in("agent", PASSWORD, address="192.0.2.1")
    await staffing.sign_out(cookie)
    await staffing.remove("agent")
    assert told == ["ended", "ended"]


def test_the_commands_take_accounts_and_keys_away(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VAP_DATABASE", str(tmp_path / "vap-meet.sqlite"))
    monkeypatch.setenv("VAP_SECRET_DIR", str(tmp_path / "secrets"))
    assert main(["migrate"]) == 0
    assert main(["api-key", "add", "Booking system"]) == 0
    capsys.readouterr()
    assert main(["api-key", "list"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    key_id, state, _, used, name = line.split(maxsplit=4)
    assert (state, used, name) == ("valid", "unused", "Booking system  (everything)")
    assert main(["api-key", "revoke", key_id]) == 0
    assert main(["api-key", "add", "Kiosk", "--scope", "services:read", "--scope", "bookings:write"]) == 0
    assert main(["api-key", "add", "Kiosk", "--scope", "everything"]) == 1
    assert "Not known: everything." in capsys.readouterr().err
    assert main(["api-key", "list"]) == 0
    listed = capsys.readouterr().out
    assert "revoked" in listed
    assert "Kiosk  (bookings:write services:read)" in listed
    assert main(["api-key", "revoke", key_id]) == 1
    assert main(["staff", "remove", "nobody"]) == 1
    assert "There is no open account of this name." in capsys.readouterr().err
