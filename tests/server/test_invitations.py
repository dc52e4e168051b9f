"""Links and join tokens: to whom they are given, and what becomes of them."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from tests.support.access import (
    PASSWORD,
    PUBLIC_URL,
    an_agent,
    booked_link,
    code_of,
    enter_token,
    open_house,
)
from vap_meet.domain.access import CUSTOMER, LinkStatus, Role
from vap_meet.domain.errors import (
    InvalidRequest,
    LinkCancelled,
    LinkMoved,
    LinkOver,
    NotFound,
    TokenExpired,
    TokenInvalid,
)
from vap_meet.services.keys import Keys, Ring
from vap_meet.services.seating import GRANTS

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


async def test_a_link_is_the_same_until_the_appointment_moves(house):
    first = await booked_link(house)
    again = await house.joining.issue_link("a-1", by="api:1")
    assert again == first
    appointment = await house.booking.get("a-1")
    await house.booking.move(
        "a-1",
        starts_at=appointment.starts_at + timedelta(days=1),
        duration_minutes=None,
        by="api:1",
        if_match=appointment.revision,
    )
    moved = await house.joining.issue_link("a-1", by="api:1")
    assert moved.url != first.url
    assert len(await house.audited("link.issued")) == 2


async def test_links_asked_for_at_once_are_one_link(house):
    await house.book()
    links = await asyncio.gather(*(house.joining.issue_link("a-1", by="api:1") for _ in range(5)))
    assert len(set(links)) == 1
    assert len(await house.rows("SELECT * FROM link")) == 1


async def test_only_the_hash_of_a_code_is_stored_anywhere(house):
    link = await booked_link(house)
    code = code_of(link)
    [stored] = await house.rows("SELECT * FROM link")
    assert stored["code_sha256"] == hashlib.sha256(code.encode()).hexdigest()
    everything = repr(stored) + repr(await house.rows("SELECT * FROM audit_entry"))
    assert code not in everything
    assert link.url == f"{PUBLIC_URL}/j/{code}"


async def test_a_rotated_key_leaves_live_links_alive(house):
    old = await booked_link(house)
    house.keys.rotate(Ring.LINK)
    new = await house.joining.issue_link("a-1", by="api:1")
    assert new.url != old.url
    for link in (old, new):
        assert (await house.joining.look_up_link(code_of(link))).status is LinkStatus.OPEN


async def test_no_link_is_made_for_what_is_unknown_cancelled_or_over(house):
    with pytest.raises(NotFound):
        await house.joining.issue_link("nothing", by="api:1")
    await house.book("gone")
    await house.booking.cancel("gone", reason="asked", by="api:1", if_match=1)
    with pytest.raises(LinkCancelled):
        await house.joining.issue_link("gone", by="api:1")
    await house.book("late")
    house.clock.turn(hours=5)
    with pytest.raises(LinkOver):
        await house.joining.issue_link("late", by="api:1")
    with pytest.raises(InvalidRequest):
        await house.joining.issue_link("late", "staff.1", by="api:1")


# --- tokens -----------------------------------------------------------------------------------------


async def test_a_token_lets_the_customer_in(house):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    entry = await enter_token(house, token)
    again = await enter_token(house, token, browser=entry.browser)
    assert again.visit_id == entry.visit_id
    view = await house.joining.visit(entry.visit_id, browser=entry.browser)
    assert (view.participant_id, view.role) == (CUSTOMER, Role.CUSTOMER)


async def test_a_token_of_another_deployment_is_refused(house, tmp_path):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    (tmp_path / "other").mkdir()
    async with open_house(tmp_path / "other") as other:
        await other.book()
        with pytest.raises(TokenInvalid):
            await enter_token(other, token)


async def test_a_token_for_an_appointment_that_does_not_exist_here_is_refused(house):
    await house.book("a-1")
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    async with house.db.write() as tx:
        for table in ("customer_name_key", "appointment"):
            await tx.exec_driver_sql(f"DELETE FROM {table}")
    with pytest.raises(TokenInvalid):
        await enter_token(house, token)


async def test_a_moved_a_cancelled_and_an_expired_token_say_so(house):
    for appointment_id in ("moved", "cancelled", "expired"):
        await house.book(appointment_id)
    tokens = {
        name: await house.joining.mint_token(name, role="customer", by="api:1")
        for name in ("moved", "cancelled", "expired")
    }
    await house.booking.move(
        "moved",
        starts_at=house.clock() + timedelta(hours=1),
        duration_minutes=None,
        by="api:1",
        if_match=1,
    )
    await house.booking.cancel("cancelled", reason="asked", by="api:1", if_match=1)
    with pytest.raises(LinkMoved):
        await enter_token(house, tokens["moved"])
    with pytest.raises(LinkCancelled):
        await enter_token(house, tokens["cancelled"])
    house.clock.turn(hours=5)
    with pytest.raises(TokenExpired):
        await enter_token(house, tokens["expired"])


async def test_a_token_signed_before_a_rotation_still_lets_in(house):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    Keys.open(house.settings.secret_dir).rotate(Ring.TOKEN)
    await enter_token(house, token)
    await enter_token(house, await house.joining.mint_token("a-1", role="customer", by="api:1"))


async def test_an_agents_token_is_that_agents_while_the_account_is_open(house):
    await house.book()
    agent = await an_agent(house)
    token = await house.joining.mint_token("a-1", role="agent", by="api:1", staff_id=agent.id)
    entry = await enter_token(house, token)
    seat = await house.joining.seat_for_visit(entry.visit_id, entry.browser)
    assert (seat.participant.id, seat.participant.grants) == (f"staff.{agent.id}", GRANTS[Role.AGENT])
    async with house.db.write() as tx:
        await tx.exec_driver_sql("UPDATE staff SET active = false")
    with pytest.raises(NotFound):
        await house.joining.seat_for_visit(entry.visit_id, entry.browser)


async def test_no_token_is_made_for_a_role_or_a_person_that_is_not(house):
    await house.book()
    admin = await house.staffing.add("admin", PASSWORD, "admin", name_ar="مشرف", name_en="Admin")
    for role, staff_id in (
        ("admin", None),
        ("agent", None),
        ("agent", "nobody"),
        ("agent", admin.id),
        ("customer", admin.id),
    ):
        with pytest.raises(InvalidRequest):
            await house.joining.mint_token("a-1", role=role, by="api:1", staff_id=staff_id)
    assert await house.audited("token.minted") == []


async def test_a_minted_token_is_audited_by_its_id_and_stored_nowhere(house):
    await house.book()
    token = await house.joining.mint_token("a-1", role="customer", by="api:1")
    [entry] = await house.audited("token.minted")
    assert b'"by":"api:1"' in entry["public"]
    assert token not in repr(await house.rows("SELECT * FROM audit_entry"))
