"""How sure we are who joined, when the phone was proved by a code at booking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.booker import a_booker
from vap_meet.domain.appointment import BookingRequest, IdentityAssurance
from vap_meet.store import schema
from vap_meet.web.appkeys import BOOKING, DB, SESSIONS

pytestmark = pytest.mark.usefixtures("each_database")


async def booked(booker):
    async with booker.app[DB].read() as tx:
        [row] = (await tx.execute(schema.appointment.select())).all()
    return await booker.app[BOOKING].get(row.id)


async def joins(booker, appointment):
    at = int(booker.clock().timestamp() * 1000)
    fact = Joined("customer", (Grant.CHAT,), Stage.WAITING)
    await booker.app[SESSIONS].commit(appointment.id, Position("e1", 1), at, fact)


async def assurance(booker, appointment):
    return (await booker.app[SESSIONS].session(appointment.id)).identity_assurance


@pytest.mark.parametrize("phone_code", [True, False])
async def test_a_phone_that_was_proved_is_surer_than_a_link_until_an_agent_has_looked(tmp_path, phone_code):
    async with a_booker(tmp_path, phone_code=phone_code) as booker:
        await (booker.book() if phone_code else booker.details())
        appointment = await booked(booker)
        assert await booker.app[SESSIONS].session(appointment.id) is None
        await joins(booker, appointment)
        known = IdentityAssurance.OTP if phone_code else IdentityAssurance.LINK
        assert await assurance(booker, appointment) is known
        await booker.app[SESSIONS].confirm_identity(appointment.id, by="staff:1")
        assert await assurance(booker, appointment) is IdentityAssurance.AGENT_CHECKED


async def test_another_phone_is_not_proved_by_the_code_of_the_first(tmp_path):
    async with a_booker(tmp_path) as booker:
        await booker.book()
        one = await booked(booker)
        request = BookingRequest(
            service=one.service,
            customer=replace(one.customer, phone="+971509999999"),
            starts_at=one.starts_at,
            duration_minutes=15,
            mode=one.mode,
        )
        await booker.app[BOOKING].put(one.id, request, by="api:1", if_match=one.revision)
        await joins(booker, one)
        assert await assurance(booker, one) is IdentityAssurance.LINK
