"""A customer and an agent on hosts of their own: real Chromium, server and coturn, and the networks between.

async with network(CUSTOMER, AGENT) as net, net_house(tmp_path, net) as house, net_call(house) as call:
    await net.change(CUSTOMER, cut=True)
    ...
    path = await path_of(call.customer)
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.support.browser import chromium, desktop, phone, video_moves
from tests.support.chromium import shell_path
from tests.support.consultation import consultation, watch
from tests.support.coturn import SECRET, Place, coturn, turnserver_path
from tests.support.net import TURN, WEB
from tests.support.net_wire import SERVER
from tests.support.server import run_command, serving, serving_environment
from tests.support.visits import call_in, sign_in, wait_in_line
from vap_meet.tls import certificate_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Locator, Page

    from tests.support.net import Network
    from tests.support.server import DemoServer, Server

CUSTOMER, AGENT = "customer", "agent"
CONNECTED = "أنت الآن مع الموظف"
RECONNECTING = "نعيد الاتصال بك"
TOLD_WITHIN_S = 5.0
SEEN_AFTER_S = 0.5  # a picture that has just stopped still moved a moment ago

# A certificate of the tests' own is nobody's word; TURN over TLS has no page that could ask.
_TRUSTING = ("--ignore-certificate-errors",)

# Every connection that the page makes, also in a frame of its own, for whoever asks how it is.
_COLLECT = """(() => {
  if (window !== top) return;
  const connections = window.connections = [];
  const collect = (own) => {
    const Real = own.RTCPeerConnection;
    own.RTCPeerConnection = class extends Real {
      constructor(...given) { super(...given); connections.push(this); }
    };
    return own;
  };
  collect(window);
  const frames = new WeakMap();
  const { get } = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'contentWindow');
  Object.defineProperty(HTMLIFrameElement.prototype, 'contentWindow', { get() {
    if (!frames.has(this)) frames.set(this, collect(get.call(this)));
    return frames.get(this);
  } });
})()"""

_PATH = """async () => {
  const connection = connections.findLast(({ connectionState }) => connectionState === 'connected');
  if (!connection) return null;
  const stats = await connection.getStats();
  const transport = [...stats.values()].find(({ type }) => type === 'transport');
  const pair = stats.get(transport?.selectedCandidatePairId);
  if (!pair) return null;
  const { candidateType, protocol, relayProtocol, address } = stats.get(pair.localCandidateId);
  const remote = stats.get(pair.remoteCandidateId)?.candidateType;
  return { local: candidateType, remote, protocol, relay: relayProtocol ?? null, address: address ?? null };
}"""


@dataclass(frozen=True)
class MediaPath:
    """The pair of candidates over which a page's media goes, as seen from it."""

    local: str
    remote: str
    protocol: str
    relay: str | None
    """How the relay is reached, if this side uses one: udp, tcp or tls."""
    address: str | None


class House:
    """The server and coturn on the host in the middle."""

    def __init__(self, net: Network, folder: Path, environment: Mapping[str, str]) -> None:
        self.net = net
        self.folder = folder
        self._environment = environment
        self._life = AsyncExitStack()
        self._python = net.program(SERVER, sys.executable, folder)
        self._known: DemoServer | None = None

    @property
    def known(self) -> DemoServer:
        """Return its address, accounts and links."""
        assert self._known is not None
        return self._known

    async def open(self, trust: ssl.SSLContext) -> None:
        """Serve, with one appointment booked."""
        await run_command("migrate", environment=self._environment)
        server = await self.serve()
        self._known = await self.net.inside(SERVER, partial(consultation, server, trust=trust))

    async def serve(self) -> Server:
        """Serve, for the first time or again."""
        started = serving(self.folder, self._environment, python=self._python)
        return await self._life.enter_async_context(started)

    async def close(self) -> None:
        """Stop the server."""
        await self._life.aclose()
        self._life = AsyncExitStack()


@asynccontextmanager
async def net_house(folder: Path, net: Network, *, turn: bool = True) -> AsyncIterator[House]:
    """Serve https on the middle host, and TURN over UDP, TCP, and TLS on 443 on its other address."""
    certificate, key = certificate_for(WEB, folder / "web-tls")
    place = Place(
        address=TURN,
        port=3478,
        tls_port=443,
        program=net.program(SERVER, turnserver_path(), folder),
        inside=partial(net.inside, SERVER),
    )
    async with AsyncExitStack() as stack:
        urls = ""
        if turn:
            relay = await stack.enter_async_context(coturn(folder, relay_address=TURN, place=place))
            urls = f"{relay.udp},{relay.tcp},{relay.tls}"
        environment = serving_environment(
            folder,
            port=443,
            host=WEB,
            public_url=f"https://{WEB}",
            phone_code="false",  # no provider is in these networks
            tls_certificate=str(certificate),
            tls_key=str(key),
            turn_urls=urls,
            turn_secret=SECRET,
        )
        house = House(net, folder, environment)
        try:
            await house.open(ssl.create_default_context(cafile=str(certificate)))
            yield house
        finally:
            await house.close()


@dataclass(frozen=True)
class NetCall:
    """Both pages, and the pictures of the other that they show, the customer's first."""

    customer: Page
    agent: Page
    pictures: tuple[Locator, Locator]

    async def moves(self, *, timeout_s: float = 15) -> None:
        """Wait until both see a moving picture."""
        await asyncio.gather(*(video_moves(picture, timeout_s=timeout_s) for picture in self.pictures))

    async def watch(self) -> None:
        """Begin to measure how long the pictures stand still."""
        for picture in self.pictures:
            await watch(picture)

    async def goes_on(self) -> None:
        """Wait until something interrupts the pictures and they move again."""
        await asyncio.sleep(SEEN_AFTER_S)
        await self.moves()

    @property
    def status(self) -> Locator:
        """Return what the customer is told of the call."""
        return self.customer.get_by_test_id("call-status")

    async def says_reconnecting(self) -> None:
        """Wait until both are told that they are being reconnected."""
        await expect(self.status).to_contain_text(RECONNECTING, timeout=TOLD_WITHIN_S * 1000)
        line = self.agent.get_by_test_id("connection")
        await expect(line).to_have_attribute("data-state", "reconnecting", timeout=TOLD_WITHIN_S * 1000)

    async def says_connected(self, *, within_s: float = TOLD_WITHIN_S) -> None:
        """Wait until both are told that they are together."""
        await expect(self.status).to_contain_text(CONNECTED, timeout=within_s * 1000)
        line = self.agent.get_by_test_id("connection")
        await expect(line).to_have_attribute("data-state", "connected", timeout=within_s * 1000)


@asynccontextmanager
async def browser_on(
    net: Network, host: str, folder: Path, *, camera_fps: int = 20
) -> AsyncIterator[Browser]:
    """Start Chromium on a host."""
    program = net.program(host, shell_path(), folder)
    async with chromium(executable=program, args=_TRUSTING, camera_fps=camera_fps) as browser:
        yield browser


async def page_of(context: BrowserContext) -> Page:
    """Open a page whose connections can be asked how they are."""
    await context.add_init_script(_COLLECT)
    return await context.new_page()


@asynccontextmanager
async def net_call(house: House, *, meets: bool = True, camera_fps: int = 20) -> AsyncIterator[NetCall]:
    """Bring the two into a call until they see each other; or, if no network lets them, are admitted."""
    async with (
        browser_on(house.net, CUSTOMER, house.folder, camera_fps=camera_fps) as at_home,
        browser_on(house.net, AGENT, house.folder, camera_fps=camera_fps) as at_work,
        phone(at_home, ignore_https_errors=True) as home,
        desktop(at_work, ignore_https_errors=True) as office,
    ):
        customer, agent = await page_of(home), await page_of(office)
        known = house.known
        await asyncio.gather(
            wait_in_line(customer, known.links["links"]["now"]), sign_in(agent, known, "agent")
        )
        await call_in(agent, known, known.links["appointments"]["now"])
        pictures = (
            customer.get_by_test_id("remote-tile").locator("video"),
            agent.get_by_test_id("remote-video").locator("video"),
        )
        call = NetCall(customer, agent, pictures)
        if meets:
            await call.moves(timeout_s=30)
        else:
            await expect(call.status).not_to_be_empty()
        yield call


async def path_of(page: Page) -> MediaPath | None:
    """Return the path that a page's media takes now, None while nothing is connected."""
    found = await page.evaluate(_PATH)
    return MediaPath(**found) if found else None
