"""Going on at another device: by a link of one use, or by digits sent to the phone."""

from __future__ import annotations

import pytest

from tests.support.access import enter
from tests.support.circle import open_circle
from tests.support.record import NOON
from vap_meet.domain.access import NOTICE_VERSION
from vap_meet.domain.errors import LinkMoved, LinkUnknown, NotFound, NoticeNotAccepted
from vap_meet.domain.slot_errors import CodeExpired, CodeWrong

pytestmark = pytest.mark.usefixtures("each_database")

PHONE = "+971500000009"


@pytest.fixture
async def circle(tmp_path):
    async with open_circle(tmp_path) as circle:
        yield circle


async def customer(circle):
    """Enter as the customer; return the entry and what the visit shows."""
    entry = await enter(circle.house, await circle.house.joining.issue_link("a-1", by="test"))
    return entry, await circle.visit(entry)


def code_in(url):
    return url.rpartition("/")[2]


async def test_a_link_to_another_device_makes_it_the_same_person_once(circle):
    entry, view = await customer(circle)
    first = await circle.house.joining.seat_for_visit(entry.visit_id, entry.browser)
    url = await circle.hand_overs.make(view)
    assert url.startswith("https://meet.example/h/")
    [row] = await circle.house.rows("SELECT * FROM hand_over")
    assert code_in(url) not in str(row)
    assert (await circle.hand_overs.look(code_in(url).upper())).id == "a-1"
    taken = await circle.hand_overs.take(code_in(url), browser=None, notice_version=NOTICE_VERSION)
    second = await circle.house.joining.seat_for_visit(taken.visit_id, taken.browser)
    assert second.participant == first.participant
    assert second.seat != first.seat
    for again in (
        circle.hand_overs.look(code_in(url)),
        circle.hand_overs.take(code_in(url), browser=None, notice_version=NOTICE_VERSION),
    ):
        with pytest.raises(LinkUnknown):
            await again
    assert [len(await circle.house.audited(one)) for one in ("device.link_made", "visit.entered")] == [1, 2]


async def test_a_link_to_another_device_needs_the_notice_and_is_not_used_up_by_its_lack(circle):
    _, view = await customer(circle)
    url = await circle.hand_overs.make(view)
    with pytest.raises(NoticeNotAccepted):
        await circle.hand_overs.take(code_in(url), browser=None, notice_version=None)
    await circle.hand_overs.take(code_in(url), browser=None, notice_version=NOTICE_VERSION)


async def test_a_link_to_another_device_expires_and_a_new_one_voids_the_one_before(circle):
    _, view = await customer(circle)
    first, second = [await circle.hand_overs.make(view) for _ in range(2)]
    with pytest.raises(LinkUnknown):
        await circle.hand_overs.look(code_in(first))
    circle.house.clock.turn(minutes=5)
    await circle.hand_overs.look(code_in(second))
    circle.house.clock.turn(seconds=1)
    with pytest.raises(LinkUnknown):
        await circle.hand_overs.look(code_in(second))


async def test_a_guest_goes_on_at_another_device_as_themselves(circle):
    invited = await circle.invite()
    entry, seat = await circle.come(invited)
    url = await circle.hand_overs.make(await circle.visit(entry, as_guest=True))
    taken = await circle.hand_overs.take(code_in(url), browser=None, notice_version=NOTICE_VERSION)
    there = await circle.house.joining.seat_for_visit(taken.visit_id, taken.browser)
    assert there.participant == seat.participant


async def test_no_link_to_another_device_outlives_the_appointments_time(circle):
    _, view = await customer(circle)
    url = await circle.hand_overs.make(view)
    await circle.house.booking.move(
        "a-1", starts_at=NOON.replace(day=29), duration_minutes=None, by="api:1", if_match=1
    )
    with pytest.raises(LinkMoved):
        await circle.hand_overs.take(code_in(url), browser=None, notice_version=NOTICE_VERSION)


async def test_the_digits_sent_to_the_phone_prove_this_device_alone(circle):
    entry, view = await customer(circle)
    other = await enter(circle.house, await circle.house.joining.issue_link("a-1", by="test"))
    sent = await circle.hand_overs.send_code(view, address="198.51.100.7")
    digits = circle.codes.digits(sent.id)
    with pytest.raises(CodeWrong):
        await circle.hand_overs.prove(view, sent.id, str((int(digits) + 1) % 10**6).zfill(6))
    with pytest.raises(CodeExpired):
        await circle.hand_overs.prove(await circle.visit(other), sent.id, digits)
    await circle.hand_overs.prove(view, sent.id, digits)
    with pytest.raises(CodeExpired):
        await circle.hand_overs.prove(view, sent.id, digits)
    assert entry.visit_id in bytes((await circle.house.audited("device.proven"))[0]["public"]).decode()


async def test_a_guest_has_no_phone_that_proves_anything(circle):
    entry, _ = await circle.come(await circle.invite(contact=PHONE, by="staff.s1"))
    with pytest.raises(NotFound):
        await circle.hand_overs.send_code(await circle.visit(entry, as_guest=True), address="::1")
