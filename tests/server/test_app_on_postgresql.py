"""The whole application, its command line included, on PostgreSQL."""

import asyncio

import aiohttp
import pytest

from tests.support import postgres, redis
from tests.support.server import free_port, run_command, serving, serving_environment
from vap_meet.settings import Settings

BOOKING = {
    "service": {"id": "permit", "name_ar": "تصريح بناء", "name_en": "Building permit"},
    "customer": {"name": "متعامل 1", "phone": "+971500000001"},
    "starts_at": "2030-01-01T08:00:00Z",
}


@pytest.fixture
async def url():
    server = postgres.server()
    name = await postgres.clone(server, "template0")
    yield server.url(name)
    await postgres.administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shared_redis():
    made = redis.new_server("--maxmemory-policy", "noeviction")
    yield made
    made.remove()


async def test_it_migrates_serves_on_two_processes_and_verifies(tmp_path, url, shared_redis):
    where = url.set(drivername="postgresql").render_as_string(hide_password=False)
    shared = {"database": where, "redis": shared_redis.url}
    nodes = [serving_environment(tmp_path, port=free_port(), **shared) for _ in range(2)]
    assert "up to date" in await run_command("migrate", environment=nodes[0])
    key = (await run_command("api-key", "add", "booking", environment=nodes[0])).strip()
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k1"}
    async with (
        serving(tmp_path, nodes[0]) as one,
        serving(tmp_path, nodes[1]) as other,
        aiohttp.ClientSession(headers=headers) as client,
    ):

        async def book(base):
            async with client.put(f"{base}/api/v1/appointments/a1", json=BOOKING) as response:
                return response.status, await response.json()

        answers = await asyncio.gather(*(book(node.base) for node in (one, other) * 5))
        assert [status for status, _ in answers] == [201] * 10
        assert len({str(body) for _, body in answers}) == 1
        for node in (one, other):
            async with client.get(f"{node.base}/health/ready") as ready:
                assert ready.status == 200, await ready.text()
        stranger = serving_environment(tmp_path, port=free_port(), database=where)  # knows of no Redis
        with pytest.raises(AssertionError, match=r"already serves the database .*VAP_REDIS"):
            await run_command("serve", environment=stranger)
    assert "whole" in await run_command("audit", "verify", environment=nodes[0])


@pytest.mark.parametrize(
    "value", ["mysql://x/y", "postgresql://host", "postgresql://h:port/name", "sqlite:///a"]
)
def test_a_url_of_anything_else_is_refused_by_name(monkeypatch, value):
    monkeypatch.setenv("VAP_DATABASE", value)
    with pytest.raises(ValueError, match="database"):
        Settings()


def test_the_password_in_the_url_is_not_shown_by_printing_the_settings(monkeypatch):
    monkeypatch.setenv("VAP_DATABASE", "postgresql://vap:kept-to-itself@db.example/vap?sslmode=verify-full")
    settings = Settings()
    assert "kept-to-itself" not in repr(settings) + str(settings.database)
    assert (settings.database.password, settings.database.query["ssl"]) == ("kept-to-itself", "verify-full")
