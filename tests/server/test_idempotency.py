"""Repeats of a request, on one node, on two, and after a death."""

import asyncio

import pytest

from tests.support.record import TurnedClock, fresh_database
from vap_meet.domain.errors import IdempotencyConflict, Unavailable
from vap_meet.services.idempotency import KEPT_FOR, RESERVED_FOR, Idempotency

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def nodes(db, clock):
    return Idempotency(db=db, clock=clock), Idempotency(db=db, clock=clock)


class Effects:
    """A request whose effects are counted."""

    def __init__(self):
        self.count = 0

    async def ask(self, node, *, key="k1", request="one"):
        async with node.once("api", key, request) as repeatable:
            if repeatable.kept is not None:
                return repeatable.kept.body
            self.count += 1
            await asyncio.sleep(0)
            body = b"answer %d" % self.count
            await repeatable.keep(status=201, headers="{}", body=body)
            return body


@pytest.fixture
def effects():
    return Effects()


async def test_twenty_repeats_at_once_on_two_nodes_have_one_effect_and_one_answer(nodes, effects):
    answers = await asyncio.gather(*(effects.ask(node) for node in nodes * 10))
    assert (effects.count, set(answers)) == (1, {b"answer 1"})


async def test_another_request_with_the_key_is_refused_on_every_node_even_while_the_first_runs(
    nodes, effects
):
    here, there = nodes
    async with here.once("api", "k1", "one"):
        with pytest.raises(IdempotencyConflict):
            await effects.ask(there, request="another")
    assert effects.count == 0


async def test_the_same_key_of_another_client_and_another_key_are_requests_of_their_own(nodes, effects):
    async with nodes[0].once("another", "k1", "one"):
        assert await effects.ask(nodes[1]) == b"answer 1"
        assert await effects.ask(nodes[1], key="k2") == b"answer 2"


async def test_a_request_that_was_refused_may_be_sent_again_at_once(nodes, effects):
    async def refused():
        async with nodes[0].once("api", "k1", "one"):
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the very one
        await refused()
    assert await effects.ask(nodes[1]) == b"answer 1"


async def test_a_repeat_after_the_process_has_died_runs_once_nobody_can_be_at_it(nodes, effects, clock):
    dead = nodes[0].once("api", "k1", "one")
    await dead.__aenter__()  # and never comes back
    repeat = asyncio.create_task(effects.ask(nodes[1]))
    for _ in range(50):
        await asyncio.sleep(0.002)
    assert not repeat.done()
    clock.turn(seconds=RESERVED_FOR.total_seconds())
    assert await repeat == b"answer 1"
    assert await effects.ask(nodes[1]) == b"answer 1"
    await dead.__aexit__(None, None, None)


async def test_of_two_that_take_over_at_once_one_does(nodes, effects, clock):
    dead = nodes[0].once("api", "k1", "one")
    await dead.__aenter__()
    clock.turn(seconds=RESERVED_FOR.total_seconds())
    third = Idempotency(db=nodes[0]._db, clock=clock)
    answers = await asyncio.gather(effects.ask(nodes[1]), effects.ask(third))
    assert (effects.count, set(answers)) == (1, {b"answer 1"})
    await dead.__aexit__(None, None, None)


async def test_a_late_answer_of_a_process_that_was_frozen_does_not_replace_the_first(nodes, effects, clock):
    frozen = nodes[0].once("api", "k1", "one")
    repeatable = await frozen.__aenter__()
    clock.turn(minutes=1)
    assert await effects.ask(nodes[1]) == b"answer 1"
    await repeatable.keep(status=200, headers="{}", body=b"late")
    await frozen.__aexit__(None, None, None)
    assert await effects.ask(nodes[1]) == b"answer 1"


async def test_a_repeat_that_would_wait_too_long_is_unavailable(db, clock, nodes, effects):
    hasty = Idempotency(db=db, clock=clock, wait_s=0.2)
    async with hasty.once("api", "k1", "one"):
        with pytest.raises(Unavailable):
            await effects.ask(hasty)
    async with nodes[0].once("api", "k2", "one"):
        with pytest.raises(Unavailable):
            await effects.ask(hasty, key="k2")


async def test_an_answer_is_forgotten_after_its_time(nodes, effects, clock):
    assert await effects.ask(nodes[0]) == b"answer 1"
    clock.turn(seconds=KEPT_FOR.total_seconds() + 1)
    assert await effects.ask(nodes[1]) == b"answer 2"
