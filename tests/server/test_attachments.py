"""Files kept with an appointment: who may keep which, what is left of them, how they leave."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import pytest

from signaling.vocabulary import Stage
from tests.support.attaching import (
    ID,
    OTHER_ID,
    PATH,
    PDF,
    audit_of,
    code,
    described,
    house,
    in_call,
    joins,
    put,
    staff_id,
)
from tests.support.record import NOON, TurnedClock, a_booking, fresh_database
from tests.support.staff import PASSWORD
from vap_meet.domain.attachment import MAX_AN_APPOINTMENT, MAX_BYTES
from vap_meet.domain.errors import Forbidden, InvalidRequest, WrongState
from vap_meet.services.attachments import Attachments
from vap_meet.services.booking import Booking
from vap_meet.services.retention import Retention
from vap_meet.services.sessions import Sessions
from vap_meet.web.appkeys import ATTACHMENTS, SESSIONS, STAFFING

__all__ = ["house", "in_call"]

pytestmark = pytest.mark.usefixtures("each_database")

# --- Who may not, and what not ------------------------------------------------------------------------


async def test_nobody_attaches_without_being_signed_in(in_call):
    assert code(await put(in_call.stranger)) == (401, "not_signed_in")


async def test_another_site_attaches_nothing(in_call):
    assert code(await put(in_call.agent, origin="https://elsewhere.example")) == (403, "foreign_origin")


async def test_an_admin_has_no_call_to_attach_from(in_call):
    assert code(await put(in_call.admin)) == (403, "forbidden")


async def test_an_agent_who_was_not_in_the_call_attaches_nothing(house):
    assert code(await put(house.agent)) == (403, "forbidden")


async def test_a_call_of_one_appointment_is_none_of_another(in_call):
    await in_call.book("a2", starts_at=NOON + timedelta(hours=2))
    path = PATH.replace("a1", "a2")
    assert code(await put(in_call.agent, path=path)) == (403, "forbidden")
    assert code(await put(in_call.agent, path=PATH.replace("a1", "nothing"))) == (404, "not_found")


async def test_a_colleague_who_has_joined_may_too(in_call):
    staffing = in_call.app[STAFFING]
    await staffing.add("two", PASSWORD, "agent", name_ar="موظف 2", name_en="Agent 2")
    await in_call.stranger.sign_in("two")
    assert code(await put(in_call.stranger)) == (403, "forbidden")
    await joins(in_call.app[SESSIONS], await staff_id(in_call, "two"), seq=2)
    assert (await put(in_call.stranger))[0].status == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"PK\x03\x04 a word document",
        b"MZ\x90 a program of Windows",
    ],
)
async def test_what_is_not_of_a_kind_that_is_kept_is_refused_whatever_it_is_called(in_call, content):
    answer = await put(in_call.agent, content, **{"Content-Type": "application/pdf"})
    assert code(answer) == (415, "unsupported_media_type")
    assert await in_call.app[ATTACHMENTS].of("a1") == ()


async def test_a_file_over_the_limit_is_refused(in_call):
    too_much = PDF.ljust(MAX_BYTES + 1, b".")
    assert code(await put(in_call.agent, too_much)) == (413, "too_large")


async def test_a_file_of_unknown_length_is_not_read_beyond_the_limit(in_call):
    sent = 0

    async def pieces():
        nonlocal sent
        for _ in range(200):
            sent += 1 << 20
            yield PDF.ljust(1 << 20, b".")

    headers = described(PDF) | {"Origin": in_call.agent.base}
    try:
        answer = await in_call.agent.raw("PUT", PATH, pieces(), headers)
    except OSError:
        pass  # the server closed while we were still sending
    else:
        assert answer[0].status == 413
    assert sent < 100 << 20
    assert await in_call.app[ATTACHMENTS].of("a1") == ()


async def test_other_bytes_than_were_sent_are_refused(in_call):
    answer = await put(in_call.agent, PDF + b"!", **described(PDF))
    assert code(answer) == (422, "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"Content-Digest": None},
        {"Content-Digest": "md5=:AAAA:"},
        {"Content-Digest": f"sha-256=:{'A' * 42}==:"},
        {"X-File-Name": None},
        {"X-File-Name": "a" * 2_001},
        {"X-File-Sender": None},
        {"X-File-Sender": "some body"},
    ],
)
async def test_a_file_has_to_be_described(in_call, changes):
    assert code(await put(in_call.agent, **changes)) == (422, "invalid_request")


@pytest.mark.parametrize("name", ["..%2f..%2fetc", "short", ID.upper()])
async def test_an_id_is_a_uuid_and_nothing_else(in_call, name):
    answer = await put(in_call.agent, path=f"/agent/appointments/a1/attachments/{name}")
    assert answer[0].status in {404, 422}


async def test_an_official_does_not_fill_the_record_in_a_minute(in_call):
    statuses = [(await put(in_call.agent, b"no file"))[0].status for _ in range(41)]
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {415}


# --- What is kept -------------------------------------------------------------------------------------


async def test_a_file_is_kept_once_with_who_and_when_in_the_audit_log(in_call):
    name = "../خريطة\u202e المبنى.exe"
    for _ in range(2):
        response, text = await put(in_call.agent, **{"X-File-Name": quote(name, safe="")})
        assert response.status == 200
    assert json.loads(text) == {"id": ID, "name": "خريطة المبنى.exe.pdf"}
    (kept,) = await in_call.app[ATTACHMENTS].of("a1")
    me = await staff_id(in_call)
    assert (kept.size, kept.kind, kept.sent_by) == (len(PDF), "application/pdf", "customer")
    assert (kept.attached_by, kept.attached_at) == (f"staff.{me}", NOON)
    entries = [one for one in await audit_of(in_call) if one["action"] == "attachment.added"]
    assert [one["public"] for one in entries] == [
        {"by": f"staff:{me}", "attachment": ID, "kind": "application/pdf", "bytes": len(PDF)}
    ]


async def test_a_photo_is_kept_without_the_place_where_it_was_taken(in_call):
    place = b"Exif\0\0MM\0*\0\0\0\x08\0\0 25.2048N 55.2708E"
    shown = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xda\x00\x04\0\0 picture \xff\xd9"
    photo = b"\xff\xd8\xff\xe1" + (len(place) + 2).to_bytes(2) + place + shown
    for _ in range(2):  # the same again is the same, cleaned or not
        assert (await put(in_call.agent, photo, **{"X-File-Name": "photo.jpg"}))[0].status == 200
    _, kept = await in_call.app[ATTACHMENTS].hand_out("a1", ID, by="test")
    assert kept == b"\xff\xd8" + shown


async def test_a_picture_that_can_not_be_cleaned_is_not_kept(in_call):
    answer = await put(in_call.agent, b"\xff\xd8\xff\xe1\xff\xff the rest never came")
    assert code(answer) == (415, "unsupported_media_type")


async def test_an_id_is_not_used_twice(in_call):
    await put(in_call.agent)
    assert code(await put(in_call.agent, PDF + b" another")) == (422, "invalid_request")


# --- How they leave -----------------------------------------------------------------------------------


def is_download(response):
    headers = response.headers
    assert response.status == 200
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_an_agent_gets_it_as_a_download_and_nothing_else(in_call):
    await put(in_call.agent, **{"X-File-Name": quote('خطة";\r\nX: y.pdf', safe="")})
    response, text = await in_call.agent.get(PATH)
    is_download(response)
    assert (response.content_type, text.encode()) == ("application/pdf", PDF)
    assert "X" not in response.headers
    assert [one["action"] for one in await audit_of(in_call)][-1] == "attachment.handed_out"


async def test_nobody_gets_it_through_another_appointment_or_without_a_sign_in(in_call):
    await put(in_call.agent)
    await in_call.book("a2", starts_at=NOON + timedelta(hours=2))
    response, _ = await in_call.agent.get(PATH.replace("a1", "a2"))
    assert response.status == 404
    assert (await in_call.agent.get(PATH.replace(ID, OTHER_ID)))[0].status == 404
    assert (await in_call.stranger.get(PATH))[0].status == 303
    assert (await in_call.admin.get(PATH))[0].status == 403


async def test_an_admin_gets_it_for_a_reason(in_call):
    await put(in_call.agent, **{"X-File-Name": "private%20name.pdf"})
    _, page = await in_call.admin.get("/admin/appointments/a1")
    assert "private name" not in page
    path = f"/admin/appointments/a1/attachments/{ID}"
    assert f'formaction="{path}"' in page
    assert (await in_call.admin.post(path, {"reason": "why"}))[0].status == 422
    response, text = await in_call.admin.post(path, {"reason": "A complaint has to be answered"})
    is_download(response)
    assert text.encode() == PDF
    assert (await in_call.agent.post(path, {"reason": "A complaint has to be answered"}))[0].status == 403


async def test_the_agents_page_lists_what_is_kept(in_call):
    await put(in_call.agent)
    _, page = await in_call.agent.get("/agent/appointments/a1")
    assert f'href="{PATH}"' in page
    assert "plan.pdf" in page


@dataclass
class Kept:
    """The use case over two appointments whose calls an agent has joined."""

    attachments: Attachments
    clock: TurnedClock

    async def put(self, attachment_id=ID, content=PDF, appointment_id="a1", staff_id="7"):
        return await self.attachments.attach(
            appointment_id,
            attachment_id,
            content,
            name="plan.pdf",
            sha256=hashlib.sha256(content).digest(),
            sent_by="customer",
            staff_id=staff_id,
        )

    async def ids(self):
        return [one.id for one in await self.attachments.of("a1")]


# --- The use case -------------------------------------------------------------------------------------


class TestUseCase:
    @pytest.fixture
    async def db(self, tmp_path):
        async with fresh_database(tmp_path) as db:
            yield db

    @pytest.fixture
    async def kept(self, db):
        clock = TurnedClock()
        for appointment_id in ("a1", "a2"):
            await Booking(db=db, clock=clock).put(appointment_id, a_booking(), by="api:1", if_match=None)
            await joins(Sessions(db=db, clock=clock), "7", appointment_id)
        return Kept(Attachments(db=db, clock=clock), clock)

    async def test_twenty_megabytes_come_back_as_they_were(self, kept):
        content = PDF + bytes(range(256)) * (MAX_BYTES // 256 - 1)
        await kept.put(content=content)
        _, back = await kept.attachments.hand_out("a1", ID, by="staff:7")
        assert back == content

    async def test_an_appointment_keeps_so_many_and_no_more(self, kept):
        for number in range(MAX_AN_APPOINTMENT):
            await kept.put(f"{number:08d}")
        with pytest.raises(WrongState):
            await kept.put("one more")
        await kept.put("of another", appointment_id="a2")
        assert await kept.ids() == [f"{n:08d}" for n in range(MAX_AN_APPOINTMENT)]

    async def test_what_was_taken_back_leaves_its_place(self, kept):
        for number in range(MAX_AN_APPOINTMENT):
            await kept.put(f"{number:08d}")
        await kept.attachments.withdraw("a1", "00000000", staff_id="7")
        await kept.put("one more")
        with pytest.raises(InvalidRequest):
            await kept.put("00000000")

    async def test_whoever_only_looked_at_the_call_keeps_nothing(self, db, kept):
        sessions = Sessions(db=db, clock=kept.clock)
        await joins(sessions, "8", seq=2, stage=Stage.WATCHING)
        with pytest.raises(Forbidden):
            await kept.put(staff_id="8")
        await joins(sessions, "8", seq=3)
        assert (await kept.put(staff_id="8")).id == ID

    async def test_an_id_of_another_appointment_is_taken(self, kept):
        await kept.put()
        with pytest.raises(InvalidRequest):
            await kept.put(appointment_id="a2")

    async def test_it_goes_with_the_rest_of_the_personal_data_and_none_comes_after(self, db, kept):
        await kept.put()
        kept.clock.turn(days=740)
        await Retention(db=db, clock=kept.clock, keep_months=24, holder="one").run_once()
        assert await kept.ids() == []
        with pytest.raises(WrongState):
            await kept.put()
