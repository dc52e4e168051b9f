"""Join links, join tokens and their public keys over REST."""

from __future__ import annotations

import jwt
import pytest

from tests.support.access import PASSWORD, PUBLIC_URL, URL, open_house, refused
from vap_meet.domain.access import NOTICE_VERSION

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def api(house, aiohttp_client):
    key = await house.api_keys.add("booking")
    return await aiohttp_client(house.app(), headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize(
    ("door", "body", "field"),
    [
        ("tokens", {"role": "admin"}, "role"),
        ("tokens", {"role": "agent"}, "staff_id"),
        ("tokens", {"role": "agent", "staff_id": "nobody"}, "staff_id"),
        ("tokens", {"role": "customer", "staff_id": "x"}, "staff_id"),
        ("tokens", {"for": "me"}, "for"),
        ("join-links", {"participant": "staff.1"}, "participant"),
        ("join-links", {"participant": None}, "participant"),
    ],
)
async def test_what_cannot_be_made_is_refused_by_field(house, api, door, body, field):
    await house.book()
    problem = await refused(await api.post(f"{URL}/{door}", json=body), 422, "invalid_request")
    assert list(problem["fields"]) == [field]


async def test_a_join_link_leads_to_its_appointment_and_is_the_same_again(house, api):
    await house.book()
    first = await api.post(f"{URL}/join-links")
    link = await first.json()
    assert link == await (await api.post(f"{URL}/join-links", json={"participant": "customer"})).json()
    assert set(link) == {"id", "url", "participant", "schedule_version", "opens_at", "expires_at"}
    assert (link["opens_at"], link["expires_at"]) == ("2026-09-28T07:15:00Z", "2026-09-28T12:30:00Z")
    assert link["url"].startswith(f"{PUBLIC_URL}/j/")
    view = await house.joining.look_up_link(link["url"].rpartition("/")[2])
    assert view.appointment.id == "a-1"
    assert first.headers["Cache-Control"] == "no-store"


async def test_a_token_verifies_against_the_published_keys_and_lets_in(house, api):
    await house.book()
    response = await api.post(f"{URL}/tokens", json={"role": "customer"})
    answer = await response.json()
    assert response.status == 201
    assert answer["url"] == f"{PUBLIC_URL}/join#{answer['token']}"
    published = await api.get("/.well-known/jwks.json")
    assert published.content_type == "application/jwk-set+json"
    keys = jwt.PyJWKSet.from_dict(await published.json(content_type=None))
    kid = jwt.get_unverified_header(answer["token"])["kid"]
    claims = jwt.decode(
        answer["token"],
        keys[kid].key,
        algorithms=["EdDSA"],
        audience=f"{PUBLIC_URL}/join",
        issuer=PUBLIC_URL,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert (claims["appointment"], claims["sub"], claims["role"]) == ("a-1", "customer", "customer")
    entry = await house.joining.enter_by_token(answer["token"], browser=None, notice_version=NOTICE_VERSION)
    assert (await house.joining.visit(entry.visit_id, browser=entry.browser)).appointment.id == "a-1"


async def test_an_agents_token_names_the_agent(house, api):
    await house.book()
    agent = await house.staffing.add("agent", PASSWORD, "agent", name_ar="موظف", name_en="Agent")
    response = await api.post(f"{URL}/tokens", json={"role": "agent", "staff_id": agent.id})
    claims = jwt.decode((await response.json())["token"], options={"verify_signature": False})
    assert (claims["sub"], claims["role"]) == (f"staff.{agent.id}", "agent")
