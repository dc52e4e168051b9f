"""Booking for a caller, as an agent does it on the pages, and what is written down of it."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.booker import a_booker
from tests.support.slots import TEN
from tests.support.staff import words_of
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.reference import read_reference
from vap_meet.store import schema
from vap_meet.store.schema_self_booking import booking_detail
from vap_meet.web.appkeys import BOOKING, DB, STAFFING

pytestmark = pytest.mark.usefixtures("each_database")

PASSWORD = "a long enough password"
CALLER = {"name": "متعامل 7", "phone": "00971 (0)50-765 4321", "mode": "sound", "terms": "1"}


@pytest.fixture
async def agent(tmp_path):
    """An agent who is signed in, at the telephone."""
    async with a_booker(tmp_path, demo=True) as booker:
        staffing = booker.app[STAFFING]
        await staffing.add("agent", PASSWORD, "agent", name_ar="موظف", name_en="Agent")
        await booker.post("/staff/sign-in", username="agent", password=PASSWORD)
        yield booker


async def book(agent, **changes):
    """Book the first time for a caller; ends on the caller's appointment."""
    times = await agent.get("/agent/booking/times?service=test-service")
    form = await agent.get(times.links("/agent/booking/details?")[0])
    return await agent.post("/agent/booking/details", **{**form.hidden(), **CALLER, **changes})


async def the_appointment(agent):
    async with agent.app[DB].read() as tx:
        [appointment_id] = (await tx.execute(select(schema.appointment.c.id))).scalars()
    return await agent.app[BOOKING].get(appointment_id)


async def audited(agent, action):
    """Return the public parts of the entries of an action."""
    async with agent.app[DB].read() as tx:
        query = select(schema.audit_entry).where(schema.audit_entry.c.action == action)
        return [json.loads(row.public)["public"] for row in (await tx.execute(query)).all()]


async def test_a_service_is_found_a_time_chosen_and_the_caller_gets_the_reference_and_a_message(agent):
    found = await agent.get("/agent/booking?q=test+service")
    assert found.links("/agent/booking/times?service=test-service")
    booked = await book(agent)
    appointment = await the_appointment(agent)
    assert booked.path == f"/agent/callers/{appointment.id}?booked=1"
    assert appointment.reference in booked.text
    assert (appointment.customer.phone, appointment.starts_at) == ("+971507654321", TEN)
    assert "+971507654321" not in booked.text
    assert "321" in booked.text
    async with agent.app[DB].read() as tx:
        kinds = [json.loads(row.payload).get("kind") for row in await tx.execute(select(schema.outbox))]
    assert "confirmation" in kinds


async def test_who_read_the_notice_out_is_written_down_with_the_booking(agent):
    await book(agent)
    [consent], [booked] = await audited(agent, "consent.heard"), await audited(agent, "appointment.booked")
    assert consent == {"by": booked["by"], "version": "1"}
    assert consent["by"].startswith("staff:")
    async with agent.app[DB].read() as tx:
        detail = (await tx.execute(select(booking_detail))).one()
    assert (detail.terms_version, detail.phone_proved_at) == (None, None)


@pytest.mark.parametrize(("field", "value"), [("terms", ""), ("phone", "12"), ("name", " "), ("mode", "x")])
async def test_without_consent_or_with_a_fault_nothing_is_booked_and_nothing_is_lost(agent, field, value):
    page = await book(agent, question="هل يكفي؟", **{field: value})
    assert page.status == 422
    assert "field__error" in page.text
    assert "هل يكفي؟" in page.text
    async with agent.app[DB].read() as tx:
        assert (await tx.execute(select(schema.appointment))).all() == []


async def test_a_time_that_is_gone_meanwhile_is_replaced_without_typing_again(agent):
    times = await agent.get("/agent/booking/times?service=test-service")
    form = await agent.get(times.links("/agent/booking/details?")[0])
    await book(agent)
    gone = await agent.post("/agent/booking/details", **{**form.hidden(), **CALLER, "name": "متعامل 8"})
    assert gone.status == 409
    other = re.search(r'name="start" value="([^"]+)"', gone.text)[1]
    booked = await agent.post("/agent/booking/details", **gone.hidden(), start=other)
    assert booked.path.endswith("?booked=1")


@pytest.mark.parametrize(
    "write",
    [
        lambda one: one.reference,
        lambda one: one.reference.lower().replace("-", " "),
        lambda one: one.reference.removeprefix("VM-"),
        lambda _: "0507654321",
        lambda _: "٠٥٠ ٧٦٥ ٤٣٢١",  # noqa: RUF001
        lambda _: "+971 50 765 4321",
    ],
)
async def test_an_appointment_is_found_by_reference_or_phone_in_any_habit_of_writing(agent, write):
    await book(agent)
    one = await the_appointment(agent)
    found = await agent.post("/agent/callers", number=write(one))
    assert found.path == f"/agent/callers/{one.id}"
    assert "متعامل 7" not in found.text
    read = words_of(found.text).replace(one.reference, "")
    assert "765" not in read, "nothing of the number but its end"
    assert "7654321" not in found.text


async def test_a_search_is_noted_before_anything_is_shown_and_a_vain_one_too(agent):
    await book(agent)
    assert (await agent.post("/agent/callers", number="0501111111")).status == 404
    await agent.post("/agent/callers", number="0507654321")
    await agent.post("/agent/callers", number="x\0")
    entries = await audited(agent, "caller.looked_up")
    assert [(entry["way"], entry["found"]) for entry in entries] == [("phone", 0), ("phone", 1), ("phone", 0)]
    assert "76543" not in str(entries)


async def test_several_of_a_phone_are_listed_without_contacts(agent):
    await book(agent)
    await book(agent)
    listed = await agent.post("/agent/callers", number="0507654321")
    async with agent.app[DB].read() as tx:
        entries = schema.audit_entry.select().where(schema.audit_entry.c.action == "caller.looked_up")
        assert len({row.appointment_id for row in await tx.execute(entries)} - {None}) == 2
    assert len(listed.links("/agent/callers/")) == 2
    assert "متعامل 7" not in listed.text


async def test_contacts_are_shown_for_a_reason_and_that_is_audited(agent):
    page = await book(agent)
    path = page.path.partition("?")[0]
    assert (await agent.post(f"{path}/reveal", reason="")).status == 422
    shown = await agent.post(f"{path}/reveal", reason="The caller asks which number we have")
    assert "+971507654321" in shown.text
    assert "متعامل 7" in shown.text
    [entry] = await audited(agent, "contact.revealed")
    assert entry["by"].startswith("staff:")


async def test_staff_move_and_cancel_even_after_the_customers_cut_off(agent):
    page = await book(agent)
    path = page.path.partition("?")[0]
    agent.clock.now = TEN - timedelta(minutes=5)
    await agent.post("/staff/sign-in", username="agent", password=PASSWORD)
    times = await agent.get(f"{path}/move")
    later = await agent.get(times.links("/move?start=")[0])
    moved = await agent.post(f"{path}/move", **later.hidden())
    assert moved.path == f"{path}?moved=1"
    one = await the_appointment(agent)
    assert (one.starts_at > TEN, one.schedule_version) == (True, 2)
    cancelled = await agent.post(f"{path}/cancel", reason="The caller asked")
    assert cancelled.path == f"{path}?cancelled=1"
    assert (await the_appointment(agent)).state is AppointmentState.CANCELLED
    for action in ("appointment.moved", "appointment.cancelled"):
        [entry] = await audited(agent, action)
        assert entry["by"].startswith("staff:")
    again = await agent.post(f"{path}/cancel", reason="")
    assert (again.status, "has changed meanwhile" in again.text) == (409, True)
    assert (await agent.get(f"{path}/move")).status == 409


async def test_a_time_that_cant_be_had_moves_nothing(agent):
    page = await book(agent)
    path = page.path.partition("?")[0]
    await book(agent)
    taken = await agent.post(f"{path}/move", start="2026-09-28T06:20Z")
    assert (taken.status, "just been taken" in taken.text) == (409, True)
    assert (await agent.post(f"{path}/move", start="x")).path == f"{path}/move"


@pytest.mark.parametrize("path", ["/agent/booking", "/agent/callers/a1", "/agent/booking/details"])
async def test_only_an_agent_gets_there(tmp_path, path):
    async with a_booker(tmp_path) as booker:
        assert "/staff/sign-in" in (await booker.get(path)).path
        await booker.app[STAFFING].add("admin", PASSWORD, "admin", name_ar="x", name_en="x")
        await booker.post("/staff/sign-in", username="admin", password=PASSWORD)
        assert (await booker.get(path)).status == 403


@pytest.mark.parametrize(
    "text", ["", "VM", "VM-7K3M-2Q9", "VM-7K3M-2Q90", "0507654321", "7K3M2Q9DXX", "\u0667" * 8]
)
def test_what_is_no_reference_is_read_as_none(text):
    assert read_reference(text) is None
