"""The evidence of how a call was: each side tells every ten seconds, the agent hears the worse of the two."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.quality import judge, worse
from vap_meet.store import appointments
from vap_meet.store import quality as store
from vap_meet.store.quality import Sample

if TYPE_CHECKING:
    from vap_meet.clock import Clock
    from vap_meet.domain.quality import Measured, QualityVerdict
    from vap_meet.store.engine import Database

__all__ = ["Quality", "Sample"]

STILL_TRUE = timedelta(seconds=25)
"""Two samples and a half: what is older says nothing about now."""

MAX_SAMPLES = 4_000
"""Of one participant of one appointment, eleven hours' worth; what comes after is judged and not kept."""


class Quality:
    """Keeps samples and judges them."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def tell(self, appointment_id: str, reporter: str, measured: Measured) -> QualityVerdict:
        """Keep what a participant measured; return how the call is by everybody's latest numbers.

        Raises `NotFound`.
        """
        now = self._clock()
        sample = Sample(at=now, reporter=reporter, measured=measured, verdict=judge(measured))
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id)
            others = await store.of(tx, appointment_id, since=now - STILL_TRUE)
            if await store.count(tx, appointment_id, reporter) < MAX_SAMPLES:
                await store.add(tx, appointment_id, sample)
        latest = {each.reporter: each.verdict for each in others}  # in order: the last one stays
        return worse([sample.verdict, *(latest[one] for one in latest if one != reporter)])

    async def samples(self, appointment_id: str) -> tuple[Sample, ...]:
        """Return everything that was told of an appointment, in order."""
        async with self._db.read() as tx:
            return await store.of(tx, appointment_id)
