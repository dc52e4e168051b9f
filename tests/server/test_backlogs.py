"""Readiness notices work that no process does."""

import pytest

from tests.support.record import NOON, Told, TurnedClock, a_booking, fresh_database, locked
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.readiness import (
    OUTBOX_LAGS_AFTER,
    SEALER_LAGS_AFTER,
    NotReady,
    reasons,
    reasons_of_backlogs,
)
from vap_meet.services.sealing import Sealer

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path, write_deadline_s=0.3) as db:
        yield db


@pytest.fixture
async def clock(db):
    clock = TurnedClock()
    await Booking(db=db, clock=clock).put("a1", a_booking(), by="api:1", if_match=None)
    no_show = OutcomeContent(code=OutcomeCode.CUSTOMER_NO_SHOW)
    outcomes = Outcomes(db=db, clock=clock, room_over=Told())
    await outcomes.put("a1", no_show, author="staff:s1", if_version=None)
    return clock


async def refuse(_payload):
    raise OSError


async def test_entries_that_nobody_seals_for_a_minute_are_a_reason_until_they_are_sealed(db, clock):
    clock.now = NOON + SEALER_LAGS_AFTER
    assert await reasons_of_backlogs(db, clock) == ()
    clock.turn(seconds=1)
    assert await reasons_of_backlogs(db, clock) == (NotReady.SEALER_LAGS,)
    await Sealer(db=db, clock=clock).run_once()
    assert await reasons_of_backlogs(db, clock) == ()


async def test_a_promise_that_no_worker_takes_is_a_reason_and_one_that_is_refused_is_not(db, clock):
    await Sealer(db=db, clock=clock).run_once()
    clock.now = NOON + OUTBOX_LAGS_AFTER
    assert await reasons_of_backlogs(db, clock) == ()
    clock.turn(seconds=1)
    assert await reasons_of_backlogs(db, clock) == (NotReady.OUTBOX_LAGS,)
    refused = Dispatcher(db=db, clock=clock, handlers={"room.end": refuse})
    await refused.run_once()
    assert await reasons_of_backlogs(db, clock) == ()
    clock.turn(minutes=5)
    assert await reasons_of_backlogs(db, clock) == ()


async def test_a_record_that_only_cannot_be_written_now_is_ready(db, clock):
    async with locked(db):
        assert await reasons(db) == await reasons_of_backlogs(db, clock) == ()
