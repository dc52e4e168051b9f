"""Who has an appointment: seen by staff, changed by who may, until the customer is called in."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.booker import a_booker
from tests.support.slots import TEN, a_desk, race
from tests.support.staff import words_of
from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.availability import Need
from vap_meet.domain.errors import Forbidden, NotFound, WrongState
from vap_meet.domain.opening import Opening
from vap_meet.domain.slot_errors import SlotTaken
from vap_meet.services.assigning import Assigning
from vap_meet.store import appointments, schema, staff
from vap_meet.store.reservations import of_appointment
from vap_meet.web.appkeys import DB, HOURS, STAFFING


class Team:
    """A pool of two agents and somebody without an account, who all start at the same times."""

    def __init__(self, desk):
        self.desk, self.db = desk, desk.db
        self.changes = 0
        self.assigning = Assigning(db=desk.db, clock=desk.clock, changed=self._changed)
        self.people, self.units = {}, {}

    def _changed(self):
        self.changes += 1

    async def hire(self, name, role, *, pool="general"):
        member = StaffMember(id=f"id-{name}", username=name, role=StaffRole(role), name_ar=name, name_en=name)
        async with self.db.write() as tx:
            await staff.add(tx, member, password_hash="x", at=self.desk.clock())
        self.people[name] = member
        if pool:
            self.units[name] = await self.desk.hours.add_person(pool, staff_id=member.id, by="test")

    async def seen_by(self, name, appointment_id="a1"):
        appointment = await self.desk.booking.get(appointment_id)
        return await self.assigning.of(appointment, self.people[name])

    async def give(self, by, to=None, appointment_id="a1"):
        unit_id = None if to is None else self.units[to]
        await self.assigning.give(appointment_id, unit_id, by=self.people[by])

    async def has(self, appointment_id="a1"):
        return (await self.seen_by("boss", appointment_id)).official.name_en

    async def audited(self):
        async with self.db.read() as tx:
            query = schema.audit_entry.select().order_by(schema.audit_entry.c.id)
            rows = (await tx.execute(query)).all()
        return [json.loads(row.public)["public"] for row in rows if row.action == "appointment.reassigned"]


@pytest.fixture
async def team(tmp_path, each_database):
    async with a_desk(tmp_path) as desk:
        team = Team(desk)
        await desk.open(officials=0, interpreters=1)
        for name in ("one", "two"):
            await team.hire(name, "agent")
        await team.hire("boss", "admin", pool=None)
        await team.hire("stranger", "agent", pool=None)
        await desk.book("a1", need=Need.SIGN_LANGUAGE)
        yield team


def names(officials):
    return [one.name_en for one in officials]


async def test_staff_see_who_has_it_what_is_needed_and_that_it_may_change(team):
    seen = await team.seen_by("boss")
    assert seen.official.name_en == "one"
    assert (seen.need, seen.interpreter.pool_id) == (Need.SIGN_LANGUAGE, "interpreters")
    assert (seen.provisional, seen.may_give, names(seen.others)) == (True, True, ["two"])


async def test_any_agent_of_the_pool_takes_it_or_gives_it_away(team):
    assert (await team.seen_by("two")).may_take
    await team.give("two")
    assert await team.has() == "two"
    seen = await team.seen_by("two")
    assert (seen.is_mine, seen.may_take) == (True, False)
    await team.give("two", "one")
    assert await team.has() == "one"
    assert [entry["by"] for entry in await team.audited()] == ["staff:id-two"] * 2
    assert team.changes == 2


async def test_an_admin_gives_it_to_anybody_and_who_is_of_no_pool_to_nobody(team):
    await team.give("boss", "two")
    assert await team.has() == "two"
    for by, to in (("stranger", "one"), ("stranger", None), ("boss", None)):
        with pytest.raises(Forbidden):
            await team.give(by, to)
    seen = await team.seen_by("stranger")
    assert (seen.may_give, seen.may_take) == (False, False)


async def test_nobody_is_given_two_appointments_at_once(team):
    await team.desk.hours.set_person(
        "general", team.units["two"], week=(Opening(0, 600, 660),), active=True, by="test"
    )
    await team.desk.book("a2", TEN.replace(minute=5))
    assert await team.has("a2") == "two"
    assert (await team.seen_by("boss")).others == ()
    with pytest.raises(SlotTaken):
        await team.give("boss", "two")
    assert await team.has() == "one"
    assert team.changes == 0


async def test_of_two_who_take_it_at_once_the_last_has_it_and_nobody_both(team):
    won, refused = await race([team.give("one"), team.give("two")])
    assert (won, refused) == (2, [])
    assert await team.has() in {"one", "two"}
    async with team.db.read() as tx:
        assert len(await of_appointment(tx, "a1")) == 2  # an official and an interpreter


async def test_an_interpreter_or_a_nobody_cant_be_given_it(team):
    interpreter = (await team.seen_by("boss")).interpreter
    for unit_id in (interpreter.unit_id, 10**6):
        with pytest.raises(NotFound):
            await team.assigning.give("a1", unit_id, by=team.people["boss"])


async def test_once_the_customer_was_called_in_it_changes_no_more(team):
    async with team.db.write() as tx:
        at = team.desk.clock()
        await appointments.set_state(tx, "a1", AppointmentState.IN_SESSION, at=at)
    seen = await team.seen_by("one")
    assert (seen.provisional, seen.may_give, seen.others) == (False, False, ())
    for by in ("boss", "two"):
        with pytest.raises((WrongState, Forbidden)):
            await team.give(by, "two")


# --- pages ------------------------------------------------------------------------------------------

PASSWORD = "a long enough password"


@pytest.fixture
async def house(tmp_path):
    """A booked appointment that needs an interpreter, an agent of the pool, and an admin."""
    async with a_booker(tmp_path, officials=1, interpreters=1, demo=True) as booker:
        for role in ("agent", "admin"):
            await booker.app[STAFFING].add(role, PASSWORD, role, name_ar="موظف", name_en=f"The {role}")
        await booker.book(need="sign_language")
        async with booker.app[DB].read() as tx:
            booker.one = (await tx.execute(schema.appointment.select())).one().id
            account = await staff.account(tx, "agent")
        week = tuple(Opening(day, 600, 720) for day in range(5))
        unit = await booker.app[HOURS].add_person("general", staff_id=account.member.id, by="test")
        await booker.app[HOURS].set_person("general", unit, week=week, active=True, by="test")
        yield booker


async def signed_in(house, role):
    await house.post("/staff/sign-in", username=role, password=PASSWORD)
    return f"/{role}/appointments/{house.one}"


async def test_an_agent_takes_an_appointment_on_its_page(house):
    path = await signed_in(house, "agent")
    page = await house.get(path)
    assert "Official 1" in words_of(page.text)
    assert "Sign-language interpreter" in words_of(page.text)
    assert 'data-testid="take"' in page.text
    taken = await house.post(f"{path}/assignment")
    assert (taken.status, taken.path) == (200, path)
    assert "The agent (you)" in words_of(taken.text)
    assert 'data-testid="take"' not in taken.text


async def test_an_admin_gives_an_appointment_away_on_its_page(house):
    path = await signed_in(house, "admin")
    page = await house.get(path)
    [(unit, name)] = re.findall(r'<option value="(\d+)">\s*(?:<bdi>)?([^<]+)', page.text)
    assert name.strip() == "The agent"
    given = await house.post(f"{path}/assignment", unit=unit)
    assert "The agent" in words_of(given.text).partition("Session")[0]
    log = words_of(given.text).partition("Audit log")[2]
    assert re.search(r"From\W+Official 1\W+To\W+The agent", log), log[:2000]
    for wrong in ("", "x", "9" * 30, "0"):
        refused = await house.post(f"{path}/assignment", unit=wrong)
        assert "Only somebody of the same team" in refused.text


async def test_only_staff_give_appointments_away(house):
    assert (await house.post(f"/agent/appointments/{house.one}/assignment", unit="1")).status in {401, 403}
    path = await signed_in(house, "agent")
    assert (await house.post(path.replace("/agent/", "/admin/") + "/assignment", unit="1")).status == 403
