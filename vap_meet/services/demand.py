"""What the catalogue lacks, told by those who looked: lost searches, and services to be told of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain.contact import read_contact
from vap_meet.domain.errors import InvalidRequest, WrongState
from vap_meet.domain.finding import MAX_QUERY_CHARS
from vap_meet.domain.spelling import fold, words
from vap_meet.store import audit, catalogue
from vap_meet.store import demand as store

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Language
    from vap_meet.store.demand import Asked, Interest, MissedSearch
    from vap_meet.store.engine import Database

CONSENT_VERSION = "1"
"""Which sentence is agreed to on "tell me when it opens"; rises when its words change."""

SHOWN_MISSES = 200
_MOST_WORDS = 8  # more is a story, which may be somebody's
_PERSONAL = re.compile(r"@|[0-9][0-9 ]{3,}")  # an address, or the digits of a phone or an identity


class Demand:
    """Notes what people miss, and shows it to the administrators."""

    def __init__(self, *, db: Database, clock: Clock, most_misses: int = 5_000) -> None:
        """At most `most_misses` different lost searches are kept; those known go on being counted."""
        self._db = db
        self._clock = clock
        self._most_misses = most_misses

    async def note_miss(self, query: str) -> None:
        """Count a search that found nothing, by its folded words alone; what may be personal is not kept."""
        folded = fold(query[:MAX_QUERY_CHARS])
        asked = words(folded)
        text = " ".join(asked)[:MAX_QUERY_CHARS]
        if not text or len(asked) > _MOST_WORDS or _PERSONAL.search(folded) or not text.isprintable():
            return
        async with self._db.write() as tx:
            await store.note_miss(tx, text, at=self._clock(), at_most=self._most_misses)

    async def misses(self) -> tuple[MissedSearch, ...]:
        """Return what was searched for in vain, the most frequent first."""
        async with self._db.read() as tx:
            return await store.misses(tx, at_most=SHOWN_MISSES)

    async def drop_miss(self, text: str) -> None:
        """Forget a lost search: it has been dealt with."""
        async with self._db.write() as tx:
            await store.drop_miss(tx, text.replace("\0", ""))

    async def tell_me(self, service_id: str, contact: str, *, language: Language, agreed: bool) -> None:
        """Note somebody who wants to be told when a service opens; asking twice counts once.

        Raises `InvalidRequest` with the field, `NotFound`, and `WrongState` if it is open already.
        """
        known = read_contact(contact)
        faults = {}
        if known is None:
            faults["contact"] = "A phone number or an e-mail address."
        if not agreed:
            faults["agreed"] = "Consent is needed."
        if known is None or faults:
            raise InvalidRequest("It can't be noted.", fields=faults)
        async with self._db.write() as tx:
            if (await catalogue.get(tx, service_id)).is_open:
                raise WrongState("The service is open.")
            await store.add_interest(
                tx,
                id_=str(uuid4()),
                service_id=service_id,
                contact=known,
                language=language,
                consent_version=CONSENT_VERSION,
                at=self._clock(),
            )

    async def interest(self) -> tuple[Interest, ...]:
        """Return the demand for services, the greatest first."""
        async with self._db.read() as tx:
            return await store.interest(tx)

    async def who_waits(self, service_id: str, *, by: str) -> tuple[Asked, ...]:
        """Return whom to tell about a service; that they were read is audited first."""
        async with self._db.write() as tx:
            asked = await store.who_waits(tx, service_id)
            await audit.record(
                tx,
                at=self._clock(),
                action="service_interest.read",
                appointment_id=None,
                public={"service_id": service_id, "contacts": len(asked), "by": by},
            )
        return asked

    async def have_told(self, service_id: str, *, until: datetime, by: str) -> int:
        """Take away the contacts of those who asked up to `until`, as was promised; returns how many."""
        async with self._db.write() as tx:
            told = await store.forget_contacts(tx, service_id, until=until)
            await audit.record(
                tx,
                at=self._clock(),
                action="service_interest.told",
                appointment_id=None,
                public={"service_id": service_id, "contacts": told, "by": by},
            )
        return told
