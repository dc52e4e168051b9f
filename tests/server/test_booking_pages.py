"""Booking as a customer does it, on the pages, without a script."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.support.booker import PERSON, a_booker
from tests.support.staff import words_of
from vap_meet.store import schema
from vap_meet.store.schema_self_booking import booking_detail, phone_code
from vap_meet.web.appkeys import BOOKING, DB, EARLIER, OUTCOMES

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def booker(tmp_path):
    async with a_booker(tmp_path) as booker:
        yield booker


async def the_appointment(booker):
    async with booker.app[DB].read() as tx:
        ids = (await tx.execute(select(schema.appointment.c.id))).scalars().all()
    assert len(ids) == 1
    return await booker.app[BOOKING].get(ids[0])


async def how_many(booker):
    async with booker.app[DB].read() as tx:
        return len((await tx.execute(select(schema.appointment.c.id))).all())


# --- the way through --------------------------------------------------------------------------------


async def test_from_a_service_to_a_booked_appointment(booker):
    service = await booker.get("/services/test-service")
    [book] = service.links("/book?")
    times = await booker.get(book)
    assert "10:00" in times.text
    form = await booker.get(times.links("/book/details?")[0])
    code = await booker.post("/book/details", **{**form.hidden(), **PERSON, "question": "هل يكفي؟"})
    assert "+971501234567" in code.text
    booked = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
    appointment = await the_appointment(booker)
    assert re.fullmatch(r"/j/[a-z2-7]{26}/booked", booked.path)
    assert appointment.reference in booked.text
    assert (appointment.customer.phone, appointment.mode) == ("+971501234567", "sound")
    assert (appointment.question, appointment.customer.language) == ("هل يكفي؟", "en")
    async with booker.app[DB].read() as tx:
        detail = (await tx.execute(select(booking_detail))).one()
    assert (detail.terms_version, detail.phone_proved_at) == ("1", booker.clock())
    link = await booker.get(booked.path.removesuffix("/booked"))
    assert link.status == 200


async def test_sending_the_form_twice_books_once(booker):
    code = await booker.details()
    form = {**code.hidden(), "code": booker.digits(code)}
    first = await booker.post("/book/confirm", **form)
    assert (await booker.post("/book/confirm", **form)).path == first.path
    assert await how_many(booker) == 1


async def test_without_codes_the_form_books_at_once(tmp_path):
    async with a_booker(tmp_path, phone_code=False) as booker:
        assert (await booker.details()).path.endswith("/booked")
        form = (await booker.get("/book?service=test-service")).links("/book/details?")
        page = await booker.get(form[0])
        assert (await booker.post("/book/confirm", **{**page.hidden(), **PERSON})).path.endswith("/booked")


async def test_a_time_that_is_gone_is_replaced_without_typing_again(tmp_path):
    async with a_booker(tmp_path) as booker:
        late = await booker.details(name="متعامل 2")
        await booker.book()
        gone = await booker.post("/book/confirm", **late.hidden(), code=booker.digits(late))
        assert gone.status == 409
        assert "This time has just been taken" in gone.text
        other = re.search(r'name="start" value="([^"]+)"', gone.text)[1]
        booked = await booker.post("/book/confirm", **gone.hidden(), start=other)
        assert booked.path.endswith("/booked")
        assert await how_many(booker) == 2


async def test_an_interpreter_is_asked_for_before_the_time_is_chosen(tmp_path):
    async with a_booker(tmp_path, officials=2, interpreters=1) as booker:
        times = await booker.get("/book?service=test-service")
        [asked] = times.links("need=sign_language")
        with_one = await booker.get(asked)
        form = await booker.get(with_one.links("/book/details?")[0])
        code = await booker.post("/book/details", **{**form.hidden(), **PERSON})
        booked = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
        assert booked.path.endswith("/booked")
        async with booker.app[DB].read() as tx:
            assert (await tx.execute(select(booking_detail.c.need))).scalar_one() == "sign_language"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("phone", "12"),
        ("email", "nobody"),
        ("question", "x" * 2001),
        ("request_number", "x" * 65),
        ("mode", "letters"),
        ("terms", ""),
    ],
)
async def test_a_faulty_field_is_marked_and_nothing_is_lost(booker, field, value):
    page = await booker.details(**{"question": "هل يكفي المخطط؟", field: value})
    assert page.status == 422
    assert "field__error" in page.text
    if field != "question":
        assert "هل يكفي المخطط؟" in page.text
    async with booker.app[DB].read() as tx:
        assert (await tx.execute(select(phone_code))).all() == []


@pytest.mark.parametrize(
    "path",
    ["/book", "/book?service=none", "/book/details", "/book/details?service=test-service", "/book/confirm"],
)
async def test_a_way_that_begins_in_the_middle_begins_anew(booker, path):
    page = await booker.get(path)
    assert page.status == 200
    assert page.path in {"/services", "/book?service=test-service"}


async def test_a_service_says_when_its_first_free_time_is(booker):
    for first in ("tomorrow, 10:00 am", "tomorrow, 10:20 am"):
        page = await booker.get("/services/test-service")
        assert f"First free time: {first} Dubai time" in words_of(page.text)
        await booker.book()


async def test_a_service_without_hours_says_that_it_cant_be_booked(tmp_path):
    async with a_booker(tmp_path, officials=0) as booker:
        assert "first-free" not in (await booker.get("/services/test-service")).text
        page = await booker.get("/book?service=test-service")
        assert (page.status, "stop-unbookable" in page.text) == (404, True)


# --- codes ------------------------------------------------------------------------------------------


async def test_a_wrong_code_books_nothing_and_five_are_the_last(booker):
    code = await booker.details()
    right = booker.digits(code)
    wrong = str((int(right) + 1) % 10**6).zfill(6)
    for _ in range(5):
        page = await booker.post("/book/confirm", **code.hidden(), code=wrong)
        assert (page.status, "The code is not right" in page.text) == (422, True)
    spent = await booker.post("/book/confirm", **code.hidden(), code=right)
    assert "has expired" in spent.text
    assert await how_many(booker) == 0
    again = await booker.post("/book/details", **spent.hidden())
    booked = await booker.post("/book/confirm", **again.hidden(), code=booker.digits(again))
    assert booked.path.endswith("/booked")


async def test_a_code_is_good_for_its_phone_and_its_booking_and_its_time_only(booker):
    code = await booker.details()
    digits, hidden = booker.digits(code), code.hidden()
    for changes in (
        {"phone": "0501234568"},
        {"id": "00000000-0000-4000-8000-000000000000"},
        {"code_id": "x"},
    ):
        page = await booker.post("/book/confirm", **{**hidden, **changes}, code=digits)
        assert (page.status, "has expired" in page.text) == (422, True)
    booker.clock.turn(minutes=11)
    page = await booker.post("/book/confirm", **hidden, code=digits)
    assert "has expired" in page.text
    assert await how_many(booker) == 0


async def test_a_code_may_be_typed_in_arabic_digits_with_spaces(booker):
    code = await booker.details()
    typed = " ".join(booker.digits(code)).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert (await booker.post("/book/confirm", **code.hidden(), code=typed)).path.endswith("/booked")


async def test_codes_asked_for_a_hundred_times_are_sent_a_few_times(booker):
    code = await booker.details()
    statuses = [(await booker.post("/book/details", **code.hidden())).status for _ in range(99)]
    assert statuses == [200] * 4 + [429] * 95
    async with booker.app[DB].read() as tx:
        assert len((await tx.execute(select(phone_code))).all()) == 5
    booker.clock.turn(hours=1, seconds=1)
    assert (await booker.post("/book/details", **code.hidden())).status == 200


async def test_neither_the_record_nor_the_outbox_holds_a_code(booker):
    code = await booker.details()
    digits = booker.digits(code)
    async with booker.app[DB].read() as tx:
        stored = str((await tx.execute(select(phone_code))).all())
        promised = (await tx.execute(select(schema.outbox.c.kind, schema.outbox.c.payload))).all()
    assert [row.kind for row in promised] == ["message.phone_code"]
    assert digits not in stored + str(promised)


# --- moving, cancelling, the calendar ---------------------------------------------------------------


async def calendar_of(booker, base):
    page = await booker.get(f"{base}/calendar.ics")
    assert page.status == 200
    calendar = Calendar.from_ical(page.text)
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


async def test_the_calendar_file_follows_the_appointment_through_book_move_and_cancel(booker):
    booked = await booker.book(email="customer1@example.org")
    base = booked.path.removesuffix("/booked")
    before = await the_appointment(booker)
    method, event = await calendar_of(booker, base)
    assert (method, event["SEQUENCE"], str(event["STATUS"])) == ("REQUEST", 0, "CONFIRMED")
    assert event.decoded("dtstart") == before.starts_at
    assert event.decoded("dtend") == before.ends_at
    assert str(event["ATTENDEE"]) == "mailto:customer1@example.org"
    assert str(event["LOCATION"]).endswith(base)
    uid = str(event["UID"])

    times = await booker.get(f"{base}/move")
    asked = await booker.get(times.links("/move?start=")[0])
    moved = await booker.post(f"{base}/move", **asked.hidden())
    assert moved.path.endswith("/booked?moved=1")
    after = await the_appointment(booker)
    assert after.starts_at == before.starts_at + timedelta(minutes=20)
    old = await booker.get(base)
    assert "stop-moved" in old.text
    assert (await booker.get(f"{base}/calendar.ics")).status == 404
    base = moved.path.removesuffix("/booked?moved=1")
    method, event = await calendar_of(booker, base)
    assert (method, event["SEQUENCE"], str(event["UID"])) == ("REQUEST", 1, uid)
    assert event.decoded("dtstart") == after.starts_at

    asked = await booker.get(f"{base}/cancel")
    assert after.reference in asked.text
    gone = await booker.post(f"{base}/cancel", reason="لا أستطيع الحضور")
    assert "stop-cancelled" in gone.text
    assert gone.links("/book?") == ["/book?service=test-service"]
    assert gone.links("/mine") == ["/mine"]
    assert (await the_appointment(booker)).cancel_reason == "لا أستطيع الحضور"
    method, event = await calendar_of(booker, base)
    assert (method, event["SEQUENCE"], str(event["UID"])) == ("CANCEL", 2, uid)
    assert str(event["STATUS"]) == "CANCELLED"
    assert "LOCATION" not in event


async def test_after_the_cut_off_nothing_changes_from_the_link(booker):
    base = (await booker.book()).path.removesuffix("/booked")
    booker.clock.now = (await the_appointment(booker)).starts_at - timedelta(minutes=59)
    link = await booker.get(base)
    assert link.links("/move") + link.links("/cancel") == []
    for page in (
        await booker.get(f"{base}/move"),
        await booker.get(f"{base}/cancel"),
        await booker.post(f"{base}/move", start="2026-09-28T06:40Z"),
        await booker.post(f"{base}/cancel"),
    ):
        assert (page.status, "stop-too_late" in page.text) == (409, True)
    assert (await the_appointment(booker)).revision == 1


async def test_an_appointment_that_is_over_leads_to_its_answers_and_to_another(booker):
    base = (await booker.book()).path.removesuffix("/booked")
    booker.clock.turn(days=20)
    over = await booker.get(base)
    assert "stop-over" in over.text
    assert over.links("/book?") == ["/book?service=test-service"]
    assert over.links("/mine") == ["/mine"]


async def test_the_links_page_leads_to_changing_and_cancelling(booker):
    base = (await booker.book()).path.removesuffix("/booked")
    link = await booker.get(base)
    assert link.links(f"{base}/move")
    assert link.links(f"{base}/cancel")


async def test_moving_to_a_time_that_is_gone_keeps_the_old_one(booker):
    base = (await booker.book()).path.removesuffix("/booked")
    await booker.book(name="متعامل 2")
    page = await booker.post(f"{base}/move", start="2026-09-28T06:20Z")
    assert (page.status, "just been taken" in page.text) == (409, True)
    assert (await booker.post(f"{base}/move", start="never")).path == f"{base}/move"


async def test_a_link_that_is_not_known_changes_nothing(booker):
    base = "/j/aaaaaaaaaaaaaaaaaaaaaaaaaa"
    for path in ("booked", "move", "cancel", "calendar.ics"):
        assert (await booker.get(f"{base}/{path}")).status == 404


# --- my appointments --------------------------------------------------------------------------------


async def my_appointments(booker, phone="+971 50 123 4567"):
    code = await booker.post("/mine", phone=phone)
    form = {**code.hidden(), "code": booker.digits(code)}
    return await booker.post("/mine/list", **form), form


async def test_whoever_proves_the_phone_sees_appointments_links_and_answers(booker):
    from tests.support.access import RESOLVED  # noqa: PLC0415

    await booker.book()
    appointment = await the_appointment(booker)
    page, form = await my_appointments(booker)
    assert appointment.reference in page.text
    assert page.links("/j/")
    async with booker.app[DB].write() as tx:
        await tx.execute(schema.appointment.update().values(state="in_session"))
    await booker.app[OUTCOMES].put(appointment.id, RESOLVED, author="staff:1", if_version=None)
    replayed = await booker.post("/mine/list", **form)
    assert (replayed.status, "has expired" in replayed.text) == (422, True)
    page, _ = await my_appointments(booker)
    assert "own-answer" in page.text
    assert RESOLVED.answer in page.text


async def test_a_phone_without_appointments_is_told_so_only_after_its_code(booker):
    page, _ = await my_appointments(booker, "0551234567")
    assert "There are no appointments" in page.text
    assert (await booker.post("/mine", phone="abc")).status == 422
    assert (await booker.get("/mine/list")).path == "/mine"


# --- earlier times ----------------------------------------------------------------------------------


async def offered(booker):
    """Book two times and give the earlier one back; ends on the page that offers it, with its link."""
    first = await booker.book()
    times = await booker.get("/book?service=test-service")
    form = await booker.get(times.links("/book/details?")[-1])
    code = await booker.post("/book/details", **{**form.hidden(), **PERSON, "earlier": "1"})
    second = await booker.post("/book/confirm", **code.hidden(), code=booker.digits(code))
    await booker.post(first.path.replace("/booked", "/cancel"), reason="")
    assert await booker.app[EARLIER].run_once() == 1
    return await booker.get(second.path.replace("/booked", "/earlier"))


async def test_an_earlier_time_shows_both_times_and_is_taken_by_one_button(tmp_path):
    async with a_booker(tmp_path, demo=True) as booker:
        page = await offered(booker)
        assert "10:00" in page.text
        assert "11:40" in page.text
        assert page.text.count('id="take-earlier"') == 1
        taken = await booker.post(page.path, offer=page.hidden()["offer"])
        assert taken.path.endswith("/booked?moved=1")
        assert "10:00" in taken.text
        assert (
            await booker.post(page.path, offer=page.hidden()["offer"])
        ).status == 200  # the old link says so


async def test_who_is_too_late_for_an_earlier_time_keeps_their_own(tmp_path):
    async with a_booker(tmp_path, demo=True) as booker:
        page = await offered(booker)
        booker.clock.turn(minutes=16)
        late = await booker.post(page.path, offer=page.hidden()["offer"])
        assert late.status == 409
        assert "stays as you booked it" in late.text
        assert "11:40" in late.text
        for wrong in ({}, {"offer": "x"}, {"offer": "\0"}):
            assert (await booker.post(page.path, **wrong)).status == 409
        assert (await booker.get(page.path)).status == 200
