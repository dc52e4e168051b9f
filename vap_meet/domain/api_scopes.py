"""What an API key may do: scopes, of which each door of the API needs one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable


class Scope(StrEnum):
    """A part of the API; its name is part of the contract."""

    SERVICES_READ = "services:read"  # the catalogue and what can be had
    BOOKINGS_WRITE = "bookings:write"  # book what can be had
    APPOINTMENTS_READ = "appointments:read"  # with who they are for, and what happened in them
    APPOINTMENTS_WRITE = "appointments:write"
    LINKS_WRITE = "links:write"  # links and tokens, by which one comes in
    OUTCOMES_READ = "outcomes:read"
    OUTCOMES_WRITE = "outcomes:write"
    FEEDBACK_READ = "feedback:read"
    AGENTS_READ = "agents:read"
    INVITATIONS_READ = "invitations:read"
    INVITATIONS_WRITE = "invitations:write"
    WEBHOOKS_READ = "webhooks:read"  # what was told is the whole record
    WEBHOOKS_WRITE = "webhooks:write"


EVERY_SCOPE = frozenset(Scope)


def check_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Return scopes by their names. Raises `InvalidRequest` for one that is none, and for none at all."""
    wanted = frozenset(names)
    unknown = sorted(wanted - {scope.value for scope in Scope})
    if unknown or not wanted:
        fault = f"Not known: {', '.join(unknown)}." if unknown else "One at least."
        raise InvalidRequest("A key can't have these scopes.", fields={"scopes": fault})
    return frozenset(map(Scope, wanted))


def scopes_text(scopes: Iterable[Scope]) -> str:
    """Return scopes as they are stored: their names in one order, a space between."""
    return " ".join(sorted(scopes))


def read_scopes(text: str) -> frozenset[Scope]:
    """Return what `scopes_text` wrote; names of another release give nothing."""
    return frozenset(Scope(name) for name in text.split() if name in {scope.value for scope in Scope})
