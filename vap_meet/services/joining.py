"""How people come in: links and tokens are given out, exchanged for visits, and visits for seats.

    issue_link, mint_token       `invitations`: for one participant of an appointment at one schedule version
    look_up_link, visit          `visiting`: reads only, since scanners of messages open links; a visit is
                                 picked by the address and proven by the cookie
    enter_by_link, _by_token     `entering`: a click, with the notice accepted, makes a visit for this browser
    seat_for_visit, _for_staff   `seating`: a place in the room; the only way a room is opened

Doors use this module alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.access import OpeningHours
from vap_meet.services.entering import Entering, Entry
from vap_meet.services.gate import Gate
from vap_meet.services.invitations import Invitations, IssuedLink
from vap_meet.services.seating import Seat, Seating
from vap_meet.services.visiting import LinkView, Visiting, VisitView

if TYPE_CHECKING:
    from signaling.hub import Hub
    from vap_meet.clock import Clock
    from vap_meet.services.keys import Keys
    from vap_meet.services.sessions import Sessions
    from vap_meet.settings import Settings
    from vap_meet.store.engine import Database

__all__ = ["Entry", "IssuedLink", "Joining", "LinkView", "Seat", "VisitView"]


class Joining:
    """The use cases of coming in, each as the class describes it that it comes from.

    Every refusal is a `DomainError` of `vap_meet.domain.errors`.
    """

    def __init__(
        self, *, db: Database, clock: Clock, keys: Keys, settings: Settings, hub: Hub, sessions: Sessions
    ) -> None:
        gate = Gate(
            clock=clock,
            hours=OpeningHours(
                opens_before=timedelta(minutes=settings.opens_before_minutes),
                closes_after=timedelta(minutes=settings.closes_after_minutes),
            ),
        )
        self._keys = keys
        self.invitations = Invitations(
            db=db, clock=clock, keys=keys, public_url=settings.public_url, gate=gate
        )
        self.issue_link = self.invitations.issue_link
        self.mint_token = self.invitations.mint_token

        visiting = Visiting(db=db, gate=gate)
        self.look_up_link = visiting.look_up_link
        self.visit = visiting.visit

        entering = Entering(db=db, clock=clock, gate=gate, invitations=self.invitations)
        self.enter_by_link = entering.enter_by_link
        self.enter_by_token = entering.enter_by_token
        self.enter_as = entering.enter_as

        self._seating = Seating(db=db, gate=gate, hub=hub, sessions=sessions)
        self.seat_for_visit = self._seating.for_visit
        self.seat_for_staff = self._seating.for_staff

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys of join tokens as a JSON Web Key Set."""
        return self._keys.jwks()
