"""The demonstration has past days, so that what customers said is there to be seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.messages import outbox
from tests.support.server import app_in_process
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.call_backs import CallBackState
from vap_meet.domain.messages import read_message
from vap_meet.domain.outbox import Kind
from vap_meet.services.readiness import reasons_of_backlogs
from vap_meet.store.demo import staff_id
from vap_meet.web.appkeys import BOOKING, CALL_BACKS, CLOCK, DB, DEMO, FEEDBACK, OUTCOMES

pytestmark = pytest.mark.usefixtures("each_database")


async def test_the_past_days_have_opinions_one_of_them_unhappy_and_send_no_message(tmp_path):
    async with app_in_process(tmp_path, demo=True) as (app, _):
        await app[DEMO].links()
        report = await app[FEEDBACK].report()
        counts = report.counts
        assert (counts.given, counts.happy, counts.neutral, counts.unhappy) == (6, 4, 1, 1)
        assert counts.visits_saved > 0
        assert (len(report.open), report.overdue) == (1, ())
        unhappy = report.open[0].case.appointment_id
        appointment = await app[BOOKING].get(unhappy)
        assert app[CLOCK]() - appointment.ends_at > timedelta(hours=12)
        assert (await app[OUTCOMES].versions(unhappy))[-1].content.answer
        promised = [row for row in await outbox(app[DB]) if row.kind == Kind.MESSAGE]
        assert promised
        assert not [row for row in promised if "past" in read_message(row.payload).appointment_id]
        await app[DEMO].start_over()
        assert (await app[FEEDBACK].report()).counts == counts


async def test_nothing_that_the_demonstration_does_is_late_from_the_start(tmp_path):
    async with app_in_process(tmp_path, demo=True) as (app, _):
        for seed in (app[DEMO].links, app[DEMO].start_over):
            begun = app[CLOCK]()
            await seed()
            due = [row.due_at for row in await outbox(app[DB]) if row.done_at is None]
            assert due
            assert min(due) >= begun
            assert await reasons_of_backlogs(app[DB], app[CLOCK]) == ()


async def test_yesterdays_broken_call_waits_for_the_telephone_and_is_not_overdue(tmp_path):
    async with app_in_process(tmp_path, demo=True) as (app, _):
        await app[DEMO].links()
        async with app[DB].read() as tx:
            agent = await staff_id(tx, "agent")
        desk = await app[CALL_BACKS].desk(agent)
        (row,) = desk.open
        assert desk.closed == ()
        now = app[CLOCK]()
        assert row.call_back.state(now) is CallBackState.OPEN
        appointment = await app[BOOKING].get(row.call_back.appointment_id)
        assert appointment.state is AppointmentState.TECHNICAL_FAILURE
        assert now - appointment.ends_at > timedelta(hours=24)
        await app[DEMO].start_over()
        assert await app[CALL_BACKS].count(agent) == 1
