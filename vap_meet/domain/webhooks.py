"""Webhooks: who listens to what, where they may be, and how a message is proved to be ours.

After the Standard Webhooks specification 1.0 (https://www.standardwebhooks.com): headers `webhook-id`,
`webhook-timestamp` and `webhook-signature`, one signature for each secret that is valid.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

VERIFY = "webhook.verify"
EVENTS: tuple[str, ...] = tuple(AppointmentEvent)
"""What can be listened to."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - the specification's mark of a secret, not one
OLD_SECRET_LIVES = timedelta(hours=24)
MAX_URL_CHARS = 2_000
MAX_DESCRIPTION_CHARS = 200
MAX_ENDPOINTS = 50
_LONGEST_HOST = 253
_FOUR_IN_SIX = (ip_network("::/96"), ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNumber:
    """One of an endpoint's secrets, named by what it is derived from."""

    generation: int
    key_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address of a booking system that is told of events, once it has proved to be listening."""

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    version: int
    secrets: tuple[SecretNumber, ...]
    created_at: datetime
    verified_at: datetime | None
    disabled_at: datetime | None
    disabled_why: str | None

    @property
    def listens(self) -> bool:
        """Whether it is told anything now."""
        return self.verified_at is not None and self.disabled_at is None


def check_endpoint(url: str, events: Iterable[str], description: str, *, plain: bool) -> tuple[str, ...]:
    """Return the events in our order. Raises `InvalidRequest` naming what can't be accepted.

    `plain`: whether http is accepted beside https.
    """
    faults: dict[str, str] = {}
    if not _is_usable(url, plain=plain):
        schemes = "An https:// or http:// address" if plain else "An https:// address"
        faults["url"] = f"{schemes} without a user, a password or a fragment."
    wanted = frozenset(events)
    if not wanted or wanted - frozenset(EVENTS):
        faults["events"] = f"At least one of: {', '.join(EVENTS)}."
    if len(description) > MAX_DESCRIPTION_CHARS or not description.isprintable():
        faults["description"] = f"At most {MAX_DESCRIPTION_CHARS} characters in one line."
    if faults:
        raise InvalidRequest("The webhook endpoint can't be accepted.", fields=faults)
    return tuple(event for event in EVENTS if event in wanted)


def _is_usable(url: str, *, plain: bool) -> bool:
    if len(url) > MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return False
    host = parts.hostname or ""
    scheme_fits = parts.scheme == "https" or (plain and parts.scheme == "http")
    bare = parts.username is None and parts.password is None and "#" not in url
    return scheme_fits and bare and has_port and 0 < len(host) <= _LONGEST_HOST


def may_reach(address: str, *, allowed: Iterable[Network], public: bool = True) -> bool:
    """Whether a message may go to this IP address: a public one (if `public`), or one in `allowed`.

    An address that stands for another (IPv4 in IPv6, 6to4, NAT64) is judged by that one.
    """
    try:
        meant = _meant(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if any(meant in network for network in allowed):
        return True
    old_private = isinstance(meant, IPv6Address) and meant.is_site_local
    return public and meant.is_global and not meant.is_multicast and not old_private


def _meant(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _FOUR_IN_SIX):
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def derive_secret(key: bytes, endpoint_id: str, generation: int) -> str:
    """Return a secret of an endpoint: derived, so that no database and no backup of one holds it."""
    text = f"webhook\n{endpoint_id}\n{generation}".encode()
    return SECRET_PREFIX + b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode("ascii")


def signed_headers(message_id: str, body: str, *, secrets: Iterable[str], now: datetime) -> dict[str, str]:
    """Return the headers that prove a message, with a signature for each secret."""
    signatures = (Webhook(secret).sign(message_id, now, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def party_of(endpoint_id: str) -> str:
    """Return the outbox party of an endpoint: how many messages are on their way to it is bounded."""
    return f"webhook:{endpoint_id}"


def lane_of(endpoint_id: str, appointment_id: str) -> str:
    """Return the outbox lane in which an endpoint hears of an appointment in order."""
    return f"webhook:{endpoint_id}:{appointment_id}"
