"""Device checks: judged here, kept with the appointment, shown to the agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from signaling.shapes import IceServer
from signaling.turn_probe import TurnServer
from vap_meet.domain.device_check import Way, verdict
from vap_meet.store import appointments
from vap_meet.store import device_checks as store
from vap_meet.store.device_checks import DeviceCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from vap_meet.clock import Clock
    from vap_meet.domain.device_check import Findings, Verdict
    from vap_meet.store.engine import Database

__all__ = ["CheckPath", "DeviceCheck", "DeviceChecks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPath:
    """A way to test: straight with `servers` for finding it, or `relay`ed over them and no other way."""

    way: Way
    servers: tuple[IceServer, ...]
    relay: bool


_WAYS = {"udp": Way.UDP, "tcp": Way.TCP, "tls": Way.TLS}


class DeviceChecks:
    """Keeps the last check of each appointment's customer."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        ice_servers: Callable[[str], tuple[IceServer, ...]],
        relay_only: bool = False,
    ) -> None:
        """As in a call: `ice_servers` gives what a participant's browser may use, `relay_only` that alone."""
        self._db = db
        self._clock = clock
        self._ice_servers = ice_servers
        self._relay_only = relay_only

    def paths(self, participant: str) -> tuple[CheckPath, ...]:
        """Return what there is to test: the direct way, if calls take it, and each way to a relay."""
        servers = self._ice_servers(participant)
        stun = tuple(server for server in servers if not server.username)
        relays: dict[Way, CheckPath] = {}
        for server in servers:
            for url in server.urls if server.username else ():
                way = _WAYS[TurnServer.read(url).path]
                one = IceServer((url,), server.username, server.credential)
                relays.setdefault(way, CheckPath(way=way, servers=(one,), relay=True))
        if self._relay_only:
            return tuple(relays.values())
        return (CheckPath(way=Way.DIRECT, servers=stun, relay=False), *relays.values())

    async def record(self, appointment_id: str, found: Findings) -> Verdict:
        """Judge what a device found and keep it in the place of what was found before."""
        reached = verdict(found)
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id, hold=True)
            findings = msgspec.json.encode(found).decode()
            await store.put(tx, appointment_id, reached, findings=findings, at=self._clock())
        return reached

    async def of(self, appointment_ids: Collection[str]) -> dict[str, DeviceCheck]:
        """Return the last check of each of these appointments; those never checked are left out."""
        if not appointment_ids:
            return {}
        async with self._db.read() as tx:
            return await store.of(tx, appointment_ids)
