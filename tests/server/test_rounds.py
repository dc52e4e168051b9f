"""Rounds: one process at a time, and a stop that fails keeps none from the next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.record import TurnedClock, fresh_database, locked
from vap_meet.domain.errors import Unavailable
from vap_meet.services.rounds import LEASE, Rounds

pytestmark = pytest.mark.usefixtures("each_database")


class Stop:
    """A stop that counts its visits and may fail."""

    def __init__(self, error=None):
        self.error, self.visits = error, 0

    async def __call__(self):
        self.visits += 1
        if self.error:
            raise self.error


async def test_one_process_goes_the_round_until_its_lease_ends(tmp_path):
    clock = TurnedClock()
    async with fresh_database(tmp_path) as db:
        stop = Stop()
        one, two = (Rounds(db=db, clock=clock, stops={"stop": stop}, holder=name) for name in ("one", "two"))
        assert [await one.run_once(), await two.run_once(), await one.run_once()] == [True, False, True]
        clock.now += LEASE + timedelta(seconds=1)
        assert [await two.run_once(), await one.run_once()] == [True, False]
        assert stop.visits == 3


@pytest.mark.parametrize("error", [ValueError("x"), Unavailable("x")], ids=["fault", "unavailable"])
async def test_a_stop_that_fails_keeps_none_from_the_next(tmp_path, error):
    async with fresh_database(tmp_path) as db:
        failing, next_one = Stop(error), Stop()
        rounds = Rounds(db=db, clock=TurnedClock(), stops={"failing": failing, "next": next_one})
        assert await rounds.run_once()
        assert (failing.visits, next_one.visits) == (1, 1)


async def test_a_record_that_cant_be_written_stops_nothing_for_good(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.1) as db:
        stop = Stop()
        rounds = Rounds(db=db, clock=TurnedClock(), stops={"stop": stop})
        async with locked(db):
            with pytest.raises(Unavailable):
                await rounds.run_once()
        assert await rounds.run_once()
        assert stop.visits == 1
