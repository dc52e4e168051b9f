"""The catalogue's pages, as administrators use them."""

from __future__ import annotations

import io
import re

import pytest
from aiohttp import FormData

from tests.support.catalogue import ids_in
from tests.support.staff import staffed, words_of
from vap_meet.domain import catalogue_csv
from vap_meet.web.appkeys import CATALOGUE, DEMAND

pytestmark = pytest.mark.usefixtures("each_database")

TELL_ME = "/services/refund-fees/tell-me"


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path) as house:
        await house.app[CATALOGUE].fill()
        yield house


async def test_only_administrators_see_the_catalogues_pages(house):
    for path in ("", "/new", "/unified-site-plan/edit", "/file", "/export.csv", "/searches", "/demand"):
        for browser, status in ((house.admin, 200), (house.agent, 403), (house.stranger, 303)):
            response, _ = await browser.get(f"/admin/services{path}")
            assert response.status == status, path


async def test_the_list_is_narrowed_by_words_area_and_phase(house):
    _, html = await house.admin.get("/admin/services", params={"q": "مجاري"})
    assert ids_in(html)[0] == "drainage-connection"
    _, html = await house.admin.get("/admin/services", params={"area": "veterinary", "phase": "later"})
    assert ids_in(html) == ["animal-treatment", "animal-adoption", "pet-shop-noc"]
    _, html = await house.admin.get("/admin/services", params={"phase": "nonsense"})
    assert 'data-testid="empty"' in html


async def cells(house, service_id="refund-fees", **changes):
    service = await house.app[CATALOGUE].get(service_id)
    form = catalogue_csv.cells_of(service) | {"revision": str(service.revision)} | changes
    return {name: value for name, value in form.items() if value != "no"}  # boxes that are not ticked


async def test_an_edit_is_kept_and_seen_by_customers(house):
    form = await cells(
        house, channel_en="At any service centre", minutes="20", aliases_en="money back\nrefund"
    )
    response, _ = await house.admin.post("/admin/services/refund-fees/edit", form)
    assert response.headers["Location"] == "/admin/services?saved=refund-fees"
    service = await house.app[CATALOGUE].get("refund-fees")
    assert (service.minutes, service.aliases_en, service.revision) == (20, ("money back", "refund"), 2)
    _, html = await house.stranger.get("/services/refund-fees")
    assert "At any service centre" in html


async def test_a_faulty_edit_keeps_what_was_typed_and_nothing_else(house):
    form = await cells(house, name_en="", minutes="soon", apply_url="javascript:alert(1)")
    response, html = await house.admin.post("/admin/services/refund-fees/edit", form)
    assert response.status == 422
    assert {match[1] for match in re.finditer(r'id="fault-(\w+)"', html)} == {
        "name_en",
        "minutes",
        "apply_url",
    }
    assert 'value="soon"' in html
    assert (await house.app[CATALOGUE].get("refund-fees")).revision == 1


async def test_an_edit_of_what_changed_meanwhile_is_shown_again(house):
    form = await cells(house, minutes="20")
    await house.admin.post("/admin/services/refund-fees/edit", form)
    response, html = await house.admin.post("/admin/services/refund-fees/edit", {**form, "minutes": "30"})
    assert response.status == 412
    assert 'value="30"' in html
    again = await cells(house, minutes="30", revision=re.search(r'name="revision" value="(\d+)"', html)[1])
    assert (await house.admin.post("/admin/services/refund-fees/edit", again))[0].status == 303


async def test_a_new_service_is_added_and_its_id_belongs_to_it(house):
    form = await cells(house, id="lost-property")
    response, _ = await house.admin.post("/admin/services/new", form)
    assert response.status == 303
    response, html = await house.admin.post("/admin/services/new", form)
    assert response.status == 422
    assert "Another service has this identifier." in html


def upload(data, **fields):
    form = FormData()
    form.add_field("file", io.BytesIO(data), filename="services.csv", content_type="text/csv")
    for name, value in fields.items():
        form.add_field(name, value)
    return form


async def test_the_exported_file_can_be_imported_again(house):
    response, _ = await house.admin.get("/admin/services/export.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="services.csv"'
    file = await house.app[CATALOGUE].export()
    response, html = await house.admin.post("/admin/services/file", upload(file))
    assert response.status == 200
    assert "unchanged: 80" in html


UNREADABLE = {
    "The file is empty.": b"",
    "Line 1 is not UTF-8": "id,name_ar\n1,رخصة".encode("utf-16"),
    "Line 2 is not UTF-8": "id,name_ar\n1,رخصة".encode("cp1256"),
    "separated by commas": b"id;name_ar;name_en\n1;2;3",
    "no column of this name": b"id,phase,<script>\n1,1,2",
    "not UTF-8": b"\x89PNG\r\n\x1a\n\0\0",
    "A file may be at most 1 MiB.": b"x" * (1024 * 1024 + 1),
}


async def test_a_file_that_can_not_be_taken_says_why(house):
    for said, data in UNREADABLE.items():
        response, html = await house.admin.post("/admin/services/file", upload(data))
        assert response.status == 422, said
        assert said in html
        assert "<script>" not in html.partition("<main")[2].partition("</main")[0]
    assert len(await house.app[CATALOGUE].every()) == 80


async def test_every_fault_of_a_file_is_shown_with_row_and_column(house):
    file = (await house.app[CATALOGUE].export()).decode("utf-8-sig").split("\r\n")
    file[2] = file[2].replace("villa-self-permit", "building-permit")
    response, html = await house.admin.post(
        "/admin/services/file", upload("\r\n".join(file).encode(), whole="1")
    )
    assert response.status == 422
    assert "3 id Row 2 has the same." in words_of(html)


async def test_a_form_that_is_no_upload_is_refused(house):
    response, _ = await house.admin.post("/admin/services/file", {"file": "x"})
    assert response.status == 422
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response, _ = await house.admin._ask("POST", "/admin/services/file", data=b"nonsense", headers=headers)
    assert response.status == 422


async def test_a_search_in_vain_can_be_dealt_with(house):
    await house.stranger.get("/services", params={"q": "kites"})
    _, html = await house.admin.get("/admin/services/searches")
    assert "kites" in html
    response, _ = await house.admin.post("/admin/services/searches/drop", {"text": "kites"})
    assert response.status == 303
    assert await house.app[DEMAND].misses() == ()


async def test_who_waits_is_given_as_a_file_and_forgotten_once_told(house):
    await house.stranger.post(TELL_ME, {"contact": "0501234567", "agreed": "1"})
    _, html = await house.admin.get("/admin/services/demand")
    assert "+971501234567" not in html
    _, file = await house.admin.post("/admin/services/refund-fees/contacts", {})
    assert "'+971501234567,en," in file
    until = re.search(r'name="until" value="([^"]+)"', html)[1]
    assert (await house.admin.post("/admin/services/refund-fees/told", {"until": until}))[0].status == 303
    [interest] = await house.app[DEMAND].interest()
    assert (interest.asked, interest.waiting) == (1, 0)
    for wrong in ("", "yesterday", "2026-09-28"):
        assert (await house.admin.post("/admin/services/refund-fees/told", {"until": wrong}))[0].status == 422
