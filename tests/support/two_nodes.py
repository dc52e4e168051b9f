"""Two server processes on one PostgreSQL and one Redis, and people who are on either."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp

from tests.support import postgres, redis
from tests.support.nodes import until
from tests.support.record import open_database
from tests.support.server import free_port, serving, serving_environment
from tests.support.signaling import Client
from vap_meet.clock import utc_now
from vap_meet.services.api_keys import ApiKeys
from vap_meet.services.sessions import Sessions
from vap_meet.services.staffing import Staffing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from tests.support.server import Server

APPOINTMENT = "two-nodes-1"
_PASSWORD = "a long enough password"


@dataclass
class TwoServers:
    """Both nodes, and what they share."""

    nodes: tuple[Server, Server]
    redis: redis.Server
    database: URL


@dataclass
class Deployment(TwoServers):
    """Both nodes, and two browsers that can reach either."""

    customer: aiohttp.ClientSession
    agent: aiohttp.ClientSession
    visit: str

    async def customer_on(self, node: Server) -> Client:
        """Connect the customer, who has not said hello yet."""
        return await Client.open(self.customer, f"{node_base(node)}/signal?visit={self.visit}")

    async def agent_on(self, node: Server) -> Client:
        """Connect the agent, who has not said hello yet."""
        return await Client.open(self.agent, f"{node_base(node)}/signal?appointment={APPOINTMENT}")

    @asynccontextmanager
    async def board_news_on(self, node: Server) -> AsyncIterator[aiohttp.StreamReader]:
        """Have a node tell of changes of the agent's board."""
        async with self.agent.get(f"{node_base(node)}/agent/board/news") as response:
            assert response.status == 200
            yield response.content

    @contextmanager
    def frozen(self, node: Server) -> Iterator[None]:
        """Stop a node's clock, as a suspended machine; all that is sent to it waits until it wakes."""
        os.kill(node.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(node.pid, signal.SIGCONT)

    async def name_of_node(self) -> str:
        """Return what the one node is called that has somebody in the appointment's room."""
        key = f"vap:online:{{{APPOINTMENT}}}"
        await until(lambda: self.redis.ask("SCARD", key) == 1)  # it is told beside what the client waits for
        connection = self.redis.ask("SRANDMEMBER", key)
        assert isinstance(connection, bytes)
        return connection.decode().rpartition(".")[0]

    def outlive_lease(self, node: str) -> None:
        """Let the time pass by which a node should have been heard of again."""
        assert self.redis.ask("ZADD", "vap:{nodes}:alive", "XX", "CH", 1, node) == 1

    def kill(self, node: Server) -> None:
        """End a node as if its machine had lost its power."""
        os.kill(node.pid, signal.SIGKILL)

    async def timeline(self) -> list[tuple[str, str | None]]:
        """Return what the record says has happened, and to whom."""
        async with open_database(self.database) as db:
            items = await Sessions(db=db, clock=utc_now).timeline(APPOINTMENT)
        return [(item.type, item.participant) for item in items]


def node_base(node: Server) -> str:
    """Return a node's own address: the public one is that of what stands before both."""
    return f"http://127.0.0.1:{node.environment['VAP_PORT']}"


@asynccontextmanager
async def two_servers(folder: Path, **settings: str) -> AsyncIterator[TwoServers]:
    """Run two nodes on one empty record; each is its own public address unless `settings` give another."""
    shared_redis = redis.new_server("--maxmemory-policy", "noeviction")
    async with AsyncExitStack() as stack:
        stack.callback(shared_redis.remove)
        database = await stack.enter_async_context(postgres.fresh_url())
        shared = {
            "database": database.render_as_string(hide_password=False).replace("+asyncpg", ""),
            "redis": shared_redis.url,
            **settings,
        }
        environments = [serving_environment(folder, port=free_port(), **shared) for _ in range(2)]
        one, other = await asyncio.gather(
            *(stack.enter_async_context(serving(folder, environment)) for environment in environments)
        )
        yield TwoServers((one, other), shared_redis, database)


@asynccontextmanager
async def deployment(folder: Path) -> AsyncIterator[Deployment]:
    """Run two nodes with a booked appointment, an agent who is signed in, and a customer with a visit."""
    public_url = f"http://127.0.0.1:{free_port()}"
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(two_servers(folder, public_url=public_url))
        one, other = servers.nodes
        async with open_database(servers.database) as db:
            await Staffing(db=db, clock=utc_now).add(
                "agent", _PASSWORD, "agent", name_ar="موظف 1", name_en="Agent 1"
            )
            key = await ApiKeys(db=db, clock=utc_now).add("booking")
        headers = {"Origin": public_url}
        customer, agent = [
            await stack.enter_async_context(
                aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True))
            )
            for _ in range(2)
        ]
        link = await _book(agent, node_base(one), key)
        visit = await _enter(customer, node_base(one), link)
        form = {"username": "agent", "password": _PASSWORD, "next": ""}
        signed_in = await agent.post(f"{node_base(other)}/staff/sign-in", data=form, allow_redirects=False)
        assert signed_in.status == 303, await signed_in.text()
        yield Deployment(servers.nodes, servers.redis, servers.database, customer, agent, visit)


async def _book(session: aiohttp.ClientSession, base: str, key: str) -> str:
    """Book an appointment that begins now, and return the path of its link."""
    body = {
        "service": {"id": "permit", "name_ar": "تصريح بناء", "name_en": "Building permit"},
        "starts_at": datetime.now(UTC).isoformat(),
        "duration_minutes": 15,
        "customer": {"name": "متعامل 1", "phone": "+971500000001"},
    }
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{base}/api/v1/appointments/{APPOINTMENT}"
    booked = await session.put(url, json=body, headers=headers)
    assert booked.status == 201, await booked.text()
    link = await session.post(f"{url}/join-links", headers=headers)
    return str((await link.json())["url"]).partition("/j/")[2]


async def _enter(session: aiohttp.ClientSession, base: str, code: str) -> str:
    entered = await session.post(f"{base}/j/{code}", data={"notice": "1"}, allow_redirects=False)
    assert entered.status == 303, await entered.text()
    found = re.search(r"/v/([^/]+)/", entered.headers["Location"])
    assert found is not None
    return found[1]
