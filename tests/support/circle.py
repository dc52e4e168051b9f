"""The house with the use cases of who else joins a call: guests, colleagues, other devices."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.access import House, open_house
from vap_meet.domain.access import CUSTOMER, NOTICE_VERSION
from vap_meet.domain.appointment import Language
from vap_meet.domain.guests import GuestPart
from vap_meet.domain.messages import Channel
from vap_meet.services.colleagues import Colleagues
from vap_meet.services.guests import Guests
from vap_meet.services.hand_over import HandOvers
from vap_meet.services.phone_codes import PhoneCodes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@dataclass
class Circle:
    """The house, and the use cases of who else joins."""

    house: House
    guests: Guests
    colleagues: Colleagues
    codes: PhoneCodes
    hand_overs: HandOvers

    async def invite(self, name="Companion 1", by=CUSTOMER, part=GuestPart.COMPANION, contact=""):
        return await self.guests.invite(
            "a-1", part=part, name=name, by=by, language=Language.EN, contact=contact
        )

    async def come(self, invited, browser=None):
        """Enter by a guest's link, the notice accepted; return the visit and its seat."""
        entry = await self.house.joining.enter_by_link(
            invited.url.rpartition("/")[2], browser=browser, notice_version=NOTICE_VERSION
        )
        return entry, await self.house.joining.seat_for_visit(entry.visit_id, entry.browser)

    async def visit(self, entry, *, as_guest=False):
        return await self.house.joining.visit(entry.visit_id, browser=entry.browser, as_guest=as_guest)


@asynccontextmanager
async def open_circle(folder: Path) -> AsyncIterator[Circle]:
    """Open a house with the appointment "a-1", and who else may join it."""
    async with open_house(folder) as house:
        invitations = house.joining.invitations
        codes = PhoneCodes(db=house.db, clock=house.clock, keys=house.keys, limits=house.limits)
        await house.book()
        yield Circle(
            house,
            Guests(db=house.db, clock=house.clock, invitations=invitations, channels=tuple(Channel)),
            Colleagues(db=house.db, clock=house.clock, invitations=invitations),
            codes,
            HandOvers(
                db=house.db,
                clock=house.clock,
                public_url="https://meet.example",
                joining=house.joining,
                codes=codes,
                hub=house.hub,
                sms=True,
            ),
        )
