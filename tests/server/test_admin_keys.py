"""The admin's page of API keys: shown once, narrowed, revoked; nobody else's business."""

from __future__ import annotations

import html
import json
import re

import pytest
from sqlalchemy import select

from tests.support.staff import staffed, words_of
from vap_meet.domain.api_scopes import Scope
from vap_meet.store import schema
from vap_meet.web.appkeys import API_KEYS, DB

pytestmark = pytest.mark.usefixtures("each_database")

LIST = "/admin/api-keys"
FORM = {"name": "Kiosk <1>", "scopes": "services:read"}


@pytest.fixture
async def house(tmp_path):
    async with staffed(tmp_path) as house:
        yield house


async def the_secret(house, form):
    response, page = await house.admin.post(LIST, form)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    return re.search(r'data-testid="secret">(vapk_[\w-]+)<', page)[1]


async def test_a_key_is_shown_once_and_may_do_what_was_chosen(house):
    secret = await the_secret(house, FORM)
    [key] = await house.app[API_KEYS].all()
    assert (key.name, key.scopes) == ("Kiosk <1>", {Scope.SERVICES_READ})
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await house.stranger.get("/api/v1/services", headers=headers))[0].status == 200
    assert (await house.stranger.get("/api/v1/appointments", headers=headers))[0].status == 403
    _, page = await house.admin.get(LIST)
    assert secret not in page
    assert "Kiosk <1>" in html.unescape(page)
    assert "<1>" not in page
    assert "services:read" in page


async def test_it_says_when_a_key_was_last_used(house):
    secret = await the_secret(house, FORM)
    assert "never" in words_of((await house.admin.get(LIST))[1])
    await house.stranger.get("/api/v1/services", headers={"Authorization": f"Bearer {secret}"})
    assert "28/09/2026, 12:00 pm" in words_of((await house.admin.get(LIST))[1])


async def test_a_revoked_key_is_refused_and_who_did_what_is_audited(house):
    secret = await the_secret(house, FORM)
    [key] = await house.app[API_KEYS].all()
    assert (await house.admin.post(f"{LIST}/{key.id}/revoke", {}))[0].status == 303
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await house.stranger.get("/api/v1/services", headers=headers))[0].status == 401
    page = (await house.admin.get(LIST))[1]
    assert "revoked" in words_of(page)
    assert 'data-testid="revoke"' not in page
    assert (await house.admin.post(f"{LIST}/{key.id}/revoke", {}))[0].status == 404
    async with house.app[DB].read() as tx:
        query = select(schema.audit_entry.c.public).where(schema.audit_entry.c.action.like("api_key.%"))
        entries = [json.loads(row.public)["public"] for row in await tx.execute(query)]
    assert [entry["by"].startswith("staff:") for entry in entries] == [True, True]
    assert entries[0]["scopes"] == ["services:read"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": " ", "scopes": "services:read"}, "A name is needed"),
        ({"name": "x" * 121, "scopes": "services:read"}, "A name is needed"),
        ({"name": "Kiosk"}, "choose at least one"),
        ({"name": "Kiosk", "scopes": "everything"}, "choose at least one"),
    ],
)
async def test_a_faulty_form_comes_back_with_what_was_typed_and_makes_nothing(house, form, said):
    response, page = await house.admin.post(LIST, form)
    assert response.status == 422
    assert said in page
    assert f'value="{form["name"].strip() or " "}"' in page
    assert await house.app[API_KEYS].all() == ()


async def test_nobody_else_sees_or_makes_keys(house):
    for path in (LIST, f"{LIST}/nothing/revoke"):
        assert (await house.agent.post(path, FORM))[0].status == 403
        assert (await house.stranger.post(path, FORM))[0].status == 401
    assert (await house.agent.get(LIST))[0].status == 403
    assert await house.app[API_KEYS].all() == ()
