from datetime import timedelta

import pytest
from sqlalchemy import func, select

from signaling.events import Position
from signaling.facts import Joined
from signaling.vocabulary import Grant, Stage
from tests.support.webhooks import receiving, telling
from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.errors import InvalidRequest, NotFound, VersionConflict
from vap_meet.domain.outbox import GIVE_UP_AFTER
from vap_meet.domain.webhooks import OLD_SECRET_LIVES
from vap_meet.services.sessions import Sessions
from vap_meet.store import schema_webhooks as tables
from vap_meet.store.webhook_attempts import forget_before

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def teller(tmp_path):
    async with telling(tmp_path) as teller:
        yield teller


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


async def test_an_endpoint_gets_the_whole_record_signed_and_in_order(teller, receiver):
    await teller.listen(receiver)
    await teller.book()
    await teller.cancel()
    await teller.tell()
    assert receiver.types("a-1") == ["booked", "cancelled"]
    booked, cancelled = receiver.seen.values()
    assert booked["data"]["appointment"]["revision"] == 1
    assert cancelled["data"]["appointment"]["revision"] == 2
    assert cancelled["data"]["appointment"]["state"] == "cancelled"
    assert booked["data"]["appointment"]["customer"]["phone"] == "+971500000001"
    assert (booked["data"]["session"], booked["data"]["outcome"]) == (None, None)


async def test_nothing_is_promised_while_nobody_listens(teller, receiver):
    await teller.listen(receiver, verified=False)
    await teller.book()
    await teller.tell()
    async with teller.db.read() as tx:
        counted = await tx.execute(select(func.count()).select_from(tables.webhook_event))
    assert (counted.scalar_one(), receiver.seen) == (0, {})


async def test_a_fact_wakes_who_tells_endpoints_if_one_is_to_be_told_of_it(teller, receiver):
    woken = []
    sessions = Sessions(db=teller.db, clock=teller.clock, wake=lambda: woken.append("woken"))
    comes = Joined(CUSTOMER, (Grant.CHAT, Grant.PUBLISH), Stage.WAITING)

    async def come(appointment_id, seq):
        at = round(teller.clock().timestamp() * 1000)
        await sessions.commit(appointment_id, Position("epoch-one", seq), at, comes)

    await teller.book("a-1")
    await come("a-1", 1)
    assert woken == []
    await teller.listen(receiver)
    await teller.book("a-2")
    await come("a-2", 1)
    assert woken == ["woken"]
    await come("a-2", 1)
    await come("a-2", 2)
    assert woken == ["woken"], "the one was there already, the other leaves the state as it is"
    await teller.tell()
    assert receiver.types("a-2") == ["booked", "waiting"]


async def test_an_endpoint_that_does_not_echo_the_challenge_is_not_verified(teller, receiver):
    endpoint = await teller.webhooks.add(
        url=receiver.base + "/nowhere", events=["appointment.booked"], by="api:1"
    )
    with pytest.raises(InvalidRequest) as refusal:
        await teller.webhooks.verify(endpoint.id, by="api:1")
    assert refusal.value.fields == {"url": "It answered with status 404."}
    assert (await teller.webhooks.get(endpoint.id)).verified_at is None


async def test_an_endpoint_hears_only_of_the_events_it_asked_for(teller, receiver):
    endpoint = await teller.listen(receiver)
    await teller.webhooks.edit(
        endpoint.id,
        url=endpoint.url,
        events=["appointment.cancelled"],
        description="",
        by="api:1",
        if_match=endpoint.version,
    )
    await teller.book()
    await teller.cancel()
    await teller.tell()
    assert receiver.types("a-1") == ["cancelled"]


async def test_another_address_is_told_nothing_until_it_is_verified(teller, receiver):
    endpoint = await teller.listen(receiver)
    await teller.book()
    edited = await teller.webhooks.edit(
        endpoint.id,
        url=receiver.base + "/hook?new",
        events=endpoint.events,
        description="",
        by="api:1",
        if_match=endpoint.version,
    )
    assert edited.verified_at is None
    await teller.tell()
    assert receiver.seen == {}
    await teller.webhooks.verify(endpoint.id, by="api:1")
    teller.clock.turn(seconds=1)
    await teller.tell()
    assert receiver.types("a-1") == ["booked"]


async def test_a_stale_edit_is_refused(teller, receiver):
    endpoint = await teller.listen(receiver, verified=False)
    with pytest.raises(VersionConflict):
        await teller.webhooks.edit(
            endpoint.id, url=endpoint.url, events=endpoint.events, description="", by="api:1", if_match=7
        )


async def test_a_failed_message_is_tried_again_under_the_same_id_and_each_attempt_is_kept(teller, receiver):
    endpoint = await teller.listen(receiver)
    receiver.answers = [500, 503]
    await teller.book()
    await teller.tell()
    teller.clock.turn(seconds=1)
    await teller.tell()
    (waiting,) = await teller.webhooks.deliveries(endpoint.id, unfinished=True)
    assert waiting.due_at == teller.clock() + timedelta(seconds=2)
    teller.clock.turn(seconds=2)
    await teller.tell()
    assert len(receiver.arrivals) == 3
    assert set(receiver.arrivals) == set(receiver.seen)
    (delivery,) = await teller.webhooks.deliveries(endpoint.id)
    assert [attempt.status for attempt in delivery.attempts] == [500, 503, 204]
    assert (delivery.delivered_at, delivery.due_at) == (teller.clock(), None)
    assert await teller.webhooks.deliveries(endpoint.id, unfinished=True) == ()


async def test_a_failing_head_holds_its_appointment_back_for_ten_minutes_and_no_other(teller, receiver):
    await teller.listen(receiver)
    receiver.answers = [500] * 100
    await teller.book("a-1")
    await teller.tell()
    receiver.answers = []
    await teller.book("a-2")
    await teller.dispatcher.run_once()
    assert receiver.types("a-2") == ["booked"]
    assert receiver.types("a-1") == []
    receiver.answers = [500]
    teller.clock.turn(seconds=1)
    await teller.cancel("a-1")
    await teller.tell()
    assert receiver.types("a-1") == []
    async with teller.db.write() as tx:  # the head is not due again before the block ends
        head = (await tx.execute(select(tables.webhook_delivery.c.promise_id).limit(1))).scalar_one()
        await tx.exec_driver_sql(f"UPDATE outbox SET due_at = '2999-01-01' WHERE id = {head}")
    receiver.secret = None  # the verifier would find our turned clock too far ahead
    teller.clock.turn(minutes=9)
    await teller.tell()
    assert receiver.types("a-1") == []
    teller.clock.turn(minutes=1)
    await teller.tell()
    assert receiver.types("a-1") == ["cancelled"]


async def test_after_three_days_a_message_is_parked_and_can_be_sent_again(teller, receiver):
    endpoint = await teller.listen(receiver)
    receiver.answers = [500] * 1000
    await teller.book("a-1")
    await teller.book("a-2")
    began = teller.clock()
    while teller.clock() < began + GIVE_UP_AFTER:
        await teller.tell()
        teller.clock.turn(hours=3)
    await teller.tell()
    parked = await teller.webhooks.deliveries(endpoint.id, unfinished=True)
    assert [one.parked_at is not None for one in parked] == [True, True]
    assert all(len(one.attempts) == 25 for one in parked)
    ids = {one.id for one in parked}
    receiver.answers, receiver.secret = [], None
    assert await teller.webhooks.send_again(endpoint.id, [parked[0].id], by="staff:s1") == 1
    assert await teller.webhooks.send_again(endpoint.id, None, by="staff:s1") == 1
    assert await teller.webhooks.send_again(endpoint.id, [parked[0].id], by="staff:s1") == 0
    await teller.tell()
    assert set(receiver.seen) == ids
    assert await teller.webhooks.send_again(endpoint.id, [parked[0].id], by="staff:s1") == 1


async def test_messages_of_another_endpoint_are_not_there(teller, receiver):
    first, second = await teller.listen(receiver), await teller.listen(receiver)
    await teller.book()
    (delivery,) = await teller.webhooks.deliveries(first.id)
    with pytest.raises(NotFound):
        await teller.webhooks.send_again(second.id, [delivery.id], by="staff:s1")


async def test_while_a_secret_rotates_old_and_new_both_verify(teller, receiver):
    endpoint = await teller.listen(receiver)
    old = receiver.secret
    rotated = await teller.webhooks.rotate(endpoint.id, by="staff:s1")
    new = teller.webhooks.secret(rotated)
    assert old != new
    await teller.book("a-1")
    await teller.tell()
    receiver.secret = new
    await teller.book("a-2")
    await teller.tell()
    assert len(receiver.seen) == 2
    assert [len(signature.split()) for signature in receiver.signatures] == [2, 2]
    receiver.secret = None
    teller.clock.turn(seconds=OLD_SECRET_LIVES.total_seconds())
    await teller.book("a-3")
    await teller.tell()
    assert len(receiver.signatures[-1].split()) == 1


async def test_a_disabled_endpoint_is_told_nothing_and_what_it_missed_can_be_sent_later(teller, receiver):
    endpoint = await teller.listen(receiver)
    await teller.book("a-1")
    await teller.webhooks.disable(endpoint.id, by="staff:s1")
    await teller.book("a-2")
    await teller.tell()
    assert receiver.seen == {}
    await teller.webhooks.enable(endpoint.id, by="staff:s1")
    assert await teller.webhooks.send_again(endpoint.id, None, by="staff:s1") == 1
    await teller.tell()
    assert receiver.types("a-1") == ["booked"]
    assert receiver.types("a-2") == []


async def test_an_endpoint_that_says_it_is_gone_is_disabled(teller, receiver):
    endpoint = await teller.listen(receiver)
    receiver.answers = [410]
    await teller.book()
    await teller.tell()
    gone = await teller.webhooks.get(endpoint.id)
    assert (gone.disabled_at, gone.disabled_why) == (teller.clock(), "gone")
    (delivery,) = await teller.webhooks.deliveries(endpoint.id)
    assert delivery.parked_at == teller.clock()


async def test_what_is_promised_to_an_endpoint_that_was_deleted_finds_nobody(teller, receiver):
    endpoint = await teller.listen(receiver)
    await teller.book()
    await teller.webhooks.remove(endpoint.id, by="staff:s1")
    await teller.tell()
    assert receiver.seen == {}
    assert await teller.webhooks.list() == ()
    assert await teller.dispatcher.run_once() == 0


async def test_old_events_are_forgotten_with_all_that_was_told_of_them(teller, receiver):
    endpoint = await teller.listen(receiver)
    await teller.book("a-1")
    await teller.tell()
    moment = teller.clock.turn(hours=1)
    await teller.book("a-2")
    async with teller.db.write() as tx:
        assert await forget_before(tx, moment) == 1
    assert [one.appointment_id for one in await teller.webhooks.deliveries(endpoint.id)] == ["a-2"]


async def test_the_list_of_messages_goes_on_where_the_page_before_ended(teller, receiver):
    endpoint = await teller.listen(receiver)
    for number in range(5):
        await teller.book(f"a-{number}")
    first = await teller.webhooks.deliveries(endpoint.id, at_most=2)
    second = await teller.webhooks.deliveries(endpoint.id, before=first[-1].id, at_most=2)
    third = await teller.webhooks.deliveries(endpoint.id, before=second[-1].id, at_most=2)
    assert len({one.id for one in (*first, *second, *third)}) == 5


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("url", "ftp://example.org/"),
        ("url", "https://user@example.org/"),
        ("url", "https://example.org/#x"),
        ("url", "https:///x"),
        ("url", "https://example.org:99999/"),
        ("url", "https://" + "x" * 300),
        ("events", ()),
        ("events", ("appointment.eaten",)),
        ("description", "two\nlines"),
    ],
)
async def test_what_an_endpoint_can_not_be_is_refused_by_name(teller, field, wrong):
    content = {"url": "https://example.org/hook", "events": ("appointment.booked",), "description": ""}
    with pytest.raises(InvalidRequest) as refusal:
        await teller.webhooks.add(**(content | {field: wrong}), by="api:1")
    assert list(refusal.value.fields) == [field]
