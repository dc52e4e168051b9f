"""Namespaces joined by wires that this process carries packet by packet, and so can spoil in any way.

    python -m tests.support.net_wire FORWARD HOST...    FORWARD 1: the hosts reach each other, too

Kernels in containers rarely have netem, so a wire is a pair of TUN devices, and what a network would do to a
packet is done here: delay, jitter, loss, a narrow line, a firewall, a cut. The namespaces have no names: they
are this process's, and gone with it. Once they are joined a JSON object says where each is. Then each line of
input is a change, `{"host": "a", ...conditions}`, answered by a line when it is in force; the end of input
ends it all.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import json
import os
import random
import struct
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER = "server"
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PACKET_BYTES = 65_536
TCP = 6
HTTPS = 443
QUEUE_S = 0.3  # a narrow line's router keeps this much and drops the rest

_libc = ctypes.CDLL("libc.so.6", use_errno=True)


@dataclass(frozen=True)
class Conditions:
    """What a wire does to packets, the same in both directions."""

    delay_ms: float = 0.0
    """One way; a round trip takes twice this."""
    jitter_ms: float = 0.0
    """Up to so much more, packets staying in order."""
    loss: float = 0.0
    """The share that gets lost."""
    kbps: float = 0.0
    """0: as wide as this machine is fast."""
    lets_through: str = "all"
    """`all`, `tcp`, or `https`: TCP to or from port 443."""
    cut: bool = False


def passes(packet: bytes, lets_through: str) -> bool:
    """Whether a firewall that knows no connections lets an IPv4 packet pass."""
    protocol, header = packet[9], (packet[0] & 0x0F) * 4
    if lets_through == "all":
        return True
    if protocol != TCP:
        return False
    return lets_through == "tcp" or HTTPS in struct.unpack_from("!HH", packet, header)


class Direction:
    """One way of a wire: reads from one device, writes to the other."""

    def __init__(self, source: int, target: int, chance: random.Random) -> None:
        self.conditions = Conditions()
        self._source = source
        self._target = target
        self._chance = chance
        self._last = 0.0
        self._line_free = 0.0

    def carry(self) -> None:
        """Take every packet that is there and plan its arrival."""
        now = asyncio.get_running_loop().time()
        while True:
            try:
                packet = os.read(self._source, PACKET_BYTES)
            except BlockingIOError:
                return
            arrives = self._arrival(packet, now)
            if arrives is not None:
                asyncio.get_running_loop().call_at(arrives, self._arrive, packet)

    def _arrival(self, packet: bytes, now: float) -> float | None:
        at = self.conditions
        if packet[0] >> 4 != 4:  # IPv6's own chatter
            return None
        if at.cut or not passes(packet, at.lets_through) or self._chance.random() < at.loss:
            return None
        sent = now
        if at.kbps:
            begins = max(now, self._line_free)
            if begins - now > QUEUE_S:
                return None
            sent = self._line_free = begins + len(packet) * 8 / (at.kbps * 1000)
        late = (at.delay_ms + self._chance.random() * at.jitter_ms) / 1000
        self._last = max(sent + late, self._last)
        return self._last

    def _arrive(self, packet: bytes) -> None:
        if not self.conditions.cut:
            try:
                os.write(self._target, packet)
            except OSError:
                return  # the device is down just now: so is the network


def inside(namespace: int, work: Callable[[], int]) -> int:
    """Do something in another network namespace of this thread."""
    mine = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    _enter(namespace)
    try:
        return work()
    finally:
        _enter(mine)
        os.close(mine)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def new_namespace() -> int:
    """Make a network namespace; it lives as long as what is returned is open."""
    mine = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    made = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    _enter(mine)
    os.close(mine)
    return made


def new_device(namespace: int, name: str) -> int:
    """Make a TUN device in a namespace; what is returned reads and writes its packets."""

    def make() -> int:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        request = struct.pack("16sH22s", name.encode(), IFF_TUN | IFF_NO_PI, b"")
        fcntl.ioctl(device, TUNSETIFF, request)
        return device

    return inside(namespace, make)


def run_in(namespace: int, *arguments: str) -> None:
    """Run `ip` with these arguments in a namespace."""

    def run() -> int:
        return subprocess.run(["ip", *arguments], check=True).returncode

    inside(namespace, run)


def forward(namespace: int, *, on: bool) -> None:
    """Say whether a namespace is a router between its devices."""
    inside(namespace, lambda: Path("/proc/sys/net/ipv4/ip_forward").write_text(str(int(on))))


def join(server: int, host: int, number: int) -> tuple[Direction, Direction]:
    """Lay a wire between the server and a host: 10.77.<number>.1 there, .2 here."""
    there, here = new_device(server, f"to{number}"), new_device(host, "eth0")
    for namespace, device, address in ((server, f"to{number}", 1), (host, "eth0", 2)):
        run_in(namespace, "addr", "add", f"10.77.{number}.{address}/24", "dev", device)
        run_in(namespace, "link", "set", device, "up")
    run_in(host, "route", "add", "default", "via", f"10.77.{number}.1")
    chance = random.Random(number)
    return Direction(there, here, chance), Direction(here, there, chance)


async def main(forwards: str, *hosts: str) -> None:
    """Join the hosts to the server and do as told until input ends."""
    spaces = {name: new_namespace() for name in (SERVER, *hosts)}
    for space in spaces.values():
        run_in(space, "link", "set", "lo", "up")
    for address in (1, 2):  # port 443 is wanted twice: by https and by TURN over TLS
        run_in(spaces[SERVER], "addr", "add", f"10.77.0.{address}/32", "dev", "lo")
    forward(spaces[SERVER], on=forwards == "1")
    loop = asyncio.get_running_loop()
    wires = {host: join(spaces[SERVER], spaces[host], number) for number, host in enumerate(hosts, 1)}
    for direction in (direction for wire in wires.values() for direction in wire):
        loop.add_reader(direction._source, direction.carry)
    print(json.dumps({name: f"/proc/{os.getpid()}/fd/{space}" for name, space in spaces.items()}), flush=True)  # noqa: T201
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        change = json.loads(line)
        for direction in wires[change.pop("host")]:
            direction.conditions = replace(direction.conditions, **change)
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
