"""Who else joins, over the whole application: doors, sockets, forged claims, and the fifth person."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from signaling.protocol import (
    Ack,
    Admit,
    Bye,
    Chat,
    Hello,
    Join,
    Lock,
    Offer,
    Pin,
    Prepare,
    Refused,
    Remove,
    State,
    Welcome,
)
from signaling.vocabulary import SUBPROTOCOL, ByeReason, RefusalCode, Stage
from tests.support.record import NOON, a_booking
from tests.support.server import app_in_process
from tests.support.signaling import Client
from vap_meet.web import appkeys as key

pytestmark = pytest.mark.usefixtures("each_database")

PASSWORD = "correct horse battery"
A_1 = "appointment=a-1"


@dataclass
class Town:
    """The application from outside: people are browsers with cookies of their own."""

    app: aiohttp.web.Application
    base: str
    open: list[aiohttp.ClientSession] = field(default_factory=list)

    def person(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            self.base, headers={"Origin": self.base}, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self.open.append(session)
        return session

    async def customer(self) -> tuple[aiohttp.ClientSession, str]:
        link = await self.app[key.JOINING].issue_link("a-1", by="test")
        return await self.enters(link.url)

    async def enters(self, url: str) -> tuple[aiohttp.ClientSession, str]:
        """Enter by any link; return the browser and the path of its visit."""
        person = self.person()
        path = url.removeprefix(self.base)
        async with person.post(path, data={"notice": "1"}, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return person, answer.headers["Location"]

    async def agent(self, name: str = "agent") -> aiohttp.ClientSession:
        await self.app[key.STAFFING].add(name, PASSWORD, "agent", name_ar="موظف", name_en=name.title())
        person = self.person()
        form = {"username": name, "password": PASSWORD}
        async with person.post("/staff/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        return person

    @asynccontextmanager
    async def seat(self, person, query):
        async with person.ws_connect(f"/signal?{query}", protocols=[SUBPROTOCOL]) as ws:
            yield Client(ws)

    async def invite(self, customer, path, name="Companion 1") -> str:
        async with customer.post(f"{path}guests", json={"name": name}) as answer:
            assert answer.status == 201, await answer.text()
            return (await answer.json())["url"]

    async def reads_that_the_place_is_closed(self, guest, visit_path, url):
        link = url.removeprefix(self.base)
        for way in (guest.get(visit_path), guest.get(link), self.person().post(link, data={"notice": "1"})):
            async with way as answer:
                assert (answer.status, "stop-guest_closed" in await answer.text()) == (410, True)


@pytest.fixture
async def town(tmp_path):
    async with app_in_process(tmp_path, clock=lambda: NOON) as (app, base):
        await app[key.BOOKING].put("a-1", a_booking(), by="test", if_match=None)
        town = Town(app, base)
        yield town
        await asyncio.gather(*(session.close() for session in town.open))


def visit_of(path):
    return path.split("/")[2]


async def hello(client):
    """Say hello; return the welcome or the bye."""
    await client.send(Hello())
    while not isinstance(message := await client.receive(), Welcome | Bye):
        pass
    return message


async def test_the_fifth_is_turned_away_by_name_and_those_in_talk_on(town):
    customer, path = await town.customer()
    links = [await town.invite(customer, path, f"Companion {number}") for number in (1, 2, 3)]
    guests = [await town.enters(link) for link in links]
    agent = await town.agent()
    async with (
        town.seat(customer, f"visit={visit_of(path)}") as one,
        town.seat(agent, "appointment=a-1") as two,
        town.seat(guests[0][0], f"visit={visit_of(guests[0][1])}") as three,
        town.seat(guests[1][0], f"visit={visit_of(guests[1][1])}") as four,
        town.seat(guests[2][0], f"visit={visit_of(guests[2][1])}") as five,
    ):
        for client in (one, two, three, four):
            assert isinstance(await hello(client), Welcome)
        assert (await hello(five)).reason is ByeReason.ROOM_FULL
        newest = [message for message in await two.sync() if isinstance(message, State)][-1]
        assert len(newest.room.participants) == 4


async def test_nobody_is_somebody_else_whatever_a_frame_or_an_address_says(town):
    customer, path = await town.customer()
    guest, guest_path = await town.enters(await town.invite(customer, path))
    agent = await town.agent()
    stranger = town.person()
    # Another browser's visit: the cookie does not prove it.
    for thief, theirs in ((guest, path), (stranger, guest_path), (customer, guest_path)):
        async with town.seat(thief, f"visit={visit_of(theirs)}") as socket:
            assert (await socket.bye()).reason is ByeReason.NO_ACCESS
    async with (
        town.seat(customer, f"visit={visit_of(path)}") as one,
        town.seat(agent, "appointment=a-1") as two,
        town.seat(guest, f"visit={visit_of(guest_path)}") as three,
    ):
        me = (await hello(three)).self
        assert me.startswith("guest.")
        await hello(one)
        await hello(two)
        await two.request(Admit("customer"))
        await two.request(Admit(me))
        await three.sync()
        # Fields that claim another sender are no fields of ours: the server says who it was.
        await three.ws.send_str(
            '{"type":"chat","id":"line-0001","text":"hello","sender":"customer","by":"customer"}'
        )
        told = [message for message in await one.sync() if message.__class__.__name__ == "ChatFrom"]
        assert [line.line.sender for line in told] == [me]
        # A guest neither lets in, locks, pins nor removes.
        for message in (Admit("customer"), Lock(locked=True), Pin(me, on=True)):
            refused = await three.request(message)
            assert isinstance(refused, Refused)
            assert refused.code is RefusalCode.NOT_GRANTED
        assert isinstance(await three.request(Offer("customer", 1, "v=0")), Ack)
        assert isinstance(await three.request(Chat("line-0002", "still me")), Ack)


@pytest.mark.parametrize(
    ("method", "door"),
    [
        ("GET", "answer"),
        ("GET", "guests.json"),
        ("POST", "guests"),
        ("GET", "request.json"),
        ("POST", "seat-code"),
        ("GET", "call-back"),
    ],
)
async def test_a_guest_finds_none_of_the_customers_doors(town, method, door):
    customer, path = await town.customer()
    guest, guest_path = await town.enters(await town.invite(customer, path))
    async with guest.request(method, f"{guest_path}{door}", json={} if method == "POST" else None) as answer:
        assert answer.status in (404, 405), await answer.text()


@pytest.mark.parametrize("door", ["booked", "move", "cancel", "earlier"])
async def test_a_guests_link_changes_nothing_of_the_appointment(town, door):
    customer, path = await town.customer()
    url = await town.invite(customer, path)
    code = url.removeprefix(town.base)
    reference = (await town.app[key.BOOKING].get("a-1")).reference
    async with town.person().get(f"{code}/{door}") as answer:
        assert answer.status == 404
        assert reference not in await answer.text()
    async with town.person().get(code) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert reference not in page
    assert "Companion 1" in page


async def test_a_withdrawn_guest_hears_it_and_finds_a_kind_page(town):
    customer, path = await town.customer()
    url = await town.invite(customer, path)
    guest, guest_path = await town.enters(url)
    async with town.seat(guest, f"visit={visit_of(guest_path)}") as socket:
        assert isinstance(await hello(socket), Welcome)
        async with customer.get(f"{path}guests.json") as answer:
            [listed] = (await answer.json())["guests"]
        assert listed["url"] == url
        async with customer.delete(f"{path}guests/{listed['id']}") as answer:
            assert answer.status == 204
        async with asyncio.timeout(10):
            assert (await socket.bye()).reason is ByeReason.REVOKED
    await town.reads_that_the_place_is_closed(guest, guest_path, url)


async def test_a_removed_guest_reads_it_at_once_wherever_they_come_back_to(town):
    customer, path = await town.customer()
    url, other = [await town.invite(customer, path, f"Companion {number}") for number in (1, 2)]
    guest, guest_path = await town.enters(url)
    async with (
        town.seat(await town.agent(), A_1) as official,
        town.seat(guest, f"visit={visit_of(guest_path)}") as socket,
    ):
        await hello(official)
        me = (await hello(socket)).self
        assert isinstance(await official.request(Remove(me)), Ack)
        assert (await socket.bye()).reason is ByeReason.REMOVED
    await town.reads_that_the_place_is_closed(guest, guest_path, url)
    async with town.person().get(other.removeprefix(town.base)) as answer:
        assert answer.status == 200  # whoever else was invited is still welcome


@pytest.mark.parametrize(
    ("body", "status"),
    [({"name": ""}, 422), ({"name": 5}, 422), ({}, 422), ({"name": "x", "part": "interpreter"}, 422)],
)
async def test_a_companion_without_a_name_or_with_another_part_is_refused(town, body, status):
    customer, path = await town.customer()
    async with customer.post(f"{path}guests", json=body) as answer:
        assert answer.status == status
        assert (await answer.json(content_type=None))["code"] == "invalid_request"


async def test_an_agent_invites_asks_and_takes_back(town):
    agent, _ = await town.agent(), await town.agent("other")
    base = "/agent/appointments/a-1"
    body = {"name": "Interpreter 1", "part": "interpreter", "contact": "interpreter@example.org"}
    async with agent.post(f"{base}/guests", json=body) as answer:
        assert answer.status == 201
        made = await answer.json()
    async with agent.get(f"{base}/guests.json") as answer:
        listed = await answer.json()
    assert listed["guests"] == [made]
    [colleague] = listed["colleagues"]
    assert (colleague["asked"], made["part"]) == (None, "interpreter")
    asks = f"{base}/colleagues/{colleague['id']}"
    async with agent.put(asks, json={"part": "supervisor"}) as answer:
        assert answer.status == 204
    other = town.open[1]
    async with other.get("/agent/board.json") as answer:
        [asked] = (await answer.json())["asked"]
    assert (asked["url"], asked["declineUrl"]) == (base, asks)
    async with other.delete(asks) as answer:
        assert answer.status == 204
    async with other.get("/agent/board.json") as answer:
        assert (await answer.json())["asked"] == []
    async with agent.delete(f"{base}/guests/{made['id']}") as answer:
        assert answer.status == 204


async def test_only_agents_invite_on_the_agents_doors(town):
    customer, _ = await town.customer()
    async with customer.get(
        "/agent/appointments/a-1/guests.json", headers={"Accept": "application/json"}
    ) as answer:
        assert answer.status == 401


# --- officials who only look ------------------------------------------------------------------------


async def call_of(person) -> tuple[bool, bool]:
    """Whether an agent's page of the appointment is told that they have the call, or are asked to join it."""
    async with person.get("/agent/appointments/a-1") as answer:
        html = await answer.text()
        assert answer.status == 200, html
    [data] = re.findall(r'<script type="application/json" id="page-data">(.*?)</script>', html, re.DOTALL)
    call = json.loads(data)["call"]
    return call["held"], call["asked"]


async def test_a_page_is_told_whether_the_call_is_theirs_elsewhere_and_whether_they_were_asked(town):
    customer, path = await town.customer()
    host, looker, asked = [await town.agent(name) for name in ("agent", "looker", "asked")]
    _, colleague = await town.app[key.STAFFING].sign_in("asked", PASSWORD, address="192.0.2.1")
    async with town.seat(customer, f"visit={visit_of(path)}") as they, town.seat(host, A_1) as me:
        await they.hello()
        await me.hello()
        assert await call_of(host) == (False, False), "nobody is in a call yet"
        assert isinstance(await me.request(Admit("customer")), Ack)
        assert await call_of(looker) == (False, False)
        assert await call_of(host) == (True, False)
        ask = f"/agent/appointments/a-1/colleagues/{colleague.id}"
        async with host.put(ask, json={"part": "colleague"}) as answer:
            assert answer.status == 204
        assert await call_of(asked) == (False, True), "whoever was asked has come to join"
        assert await call_of(looker) == (False, False)


async def test_who_only_looks_and_who_began_are_where_they_were_when_the_room_forms_anew(town):
    customer, path = await town.customer()
    host, looker = [await town.agent(name) for name in ("agent", "looker")]
    async with (
        town.seat(customer, f"visit={visit_of(path)}") as they,
        town.seat(host, A_1) as me,
        town.seat(looker, A_1) as other,
    ):
        await they.hello()
        await me.hello()
        looking = (await other.hello()).self
        sessions = town.app[key.SESSIONS]
        assert isinstance(await me.request(Prepare("customer")), Ack)
        assert isinstance(await me.request(Admit("customer")), Ack)
        before = await sessions.restored("a-1")
        assert {one.participant.id: one.stage for one in before.people}[looking] is Stage.WATCHING
        assert isinstance(await other.request(Join()), Ack)
        after = await sessions.restored("a-1")
        assert {one.stage for one in after.people} == {Stage.ADMITTED}


# --- other devices ----------------------------------------------------------------------------------


async def test_the_link_to_another_device_takes_the_seat_in_the_call_without_asking(town):
    customer, path = await town.customer()
    agent = await town.agent()
    async with (
        town.seat(customer, f"visit={visit_of(path)}") as one,
        town.seat(agent, "appointment=a-1") as two,
    ):
        await hello(one)
        await hello(two)
        await two.request(Admit("customer"))
        async with customer.post(f"{path}hand-over", json={}) as answer:
            made = await answer.json()
        assert made["picture"]["d"].startswith("M4 4h1v1h-1z")
        async with town.person().get(made["url"].removeprefix(town.base)) as answer:
            assert answer.status == 200
        assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == (
            "no-store",
            "no-referrer",
        )
        phone, phone_path = await town.enters(made["url"])
        assert await one.sync() is not None  # until the phone comes, the call goes on where it was
        async with town.seat(phone, f"visit={visit_of(phone_path)}") as there:
            assert isinstance(await hello(there), Welcome)
            assert (await one.bye()).reason is ByeReason.MOVED_DEVICE
        async with town.person().get(made["url"].removeprefix(town.base)) as answer:
            assert answer.status == 410


async def test_no_stranger_makes_a_link_to_another_device(town):
    _, path = await town.customer()
    async with town.person().post(f"{path}hand-over", json={}) as answer:
        assert answer.status == 404


async def test_digits_to_the_phone_give_the_device_that_stands_by_its_seat(tmp_path):
    async with app_in_process(tmp_path, clock=lambda: NOON, demo=True) as (app, base):
        await app[key.BOOKING].put("a-1", a_booking(), by="test", if_match=None)
        town = Town(app, base)
        dead, dead_path = await town.customer()
        alive, path = await town.customer()
        agent = await town.agent("other")
        async with (
            town.seat(agent, "appointment=a-1") as two,
            town.seat(dead, f"visit={visit_of(dead_path)}") as one,
        ):
            await hello(one)
            await hello(two)
            await two.request(Admit("customer"))
            async with town.seat(alive, f"visit={visit_of(path)}") as there:
                await there.send(Hello())
                assert (await there.receive()).__class__.__name__ == "StandBy"
                async with alive.post(f"{path}seat-code", json={}) as answer:
                    sent = await answer.json()
                assert sent["phone"] == "001"
                digits = app[key.PHONE_CODES].digits(sent["id"])
                async with alive.post(f"{path}seat", json={"id": sent["id"], "digits": "000000x"}) as answer:
                    assert answer.status == 403
                async with alive.post(f"{path}seat", json={"id": sent["id"], "digits": digits}) as answer:
                    assert answer.status == 204
                while not isinstance(await there.receive(), Welcome):
                    pass
                assert (await one.bye()).reason is ByeReason.MOVED_DEVICE
        await asyncio.gather(*(session.close() for session in town.open))
