"""Whether a process may be sent people, as far as its rooms go."""

from __future__ import annotations

import pytest

from signaling.backing import choose
from tests.support.redis import new_server
from tests.support.staff import staffed, words_of
from vap_meet.services.readiness import NotReady, reasons_of_rooms
from vap_meet.settings import Settings

pytestmark = pytest.mark.usefixtures("each_database")


async def reasons(url):
    rooms = choose(url, clock_ms=lambda: 0)
    try:
        return await reasons_of_rooms(rooms)
    finally:
        await rooms.close()


async def test_rooms_in_memory_are_always_ready():
    assert await reasons(None) == ()


async def test_rooms_on_redis_are_ready_if_it_is_there_and_evicts_nothing():
    redis = new_server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    try:
        assert await reasons(redis.url) == (NotReady.REDIS_EVICTS,)
        redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
        assert await reasons(redis.url) == ()
        redis.stop()
        assert await reasons(redis.url) == (NotReady.REDIS_UNREACHABLE,)
    finally:
        redis.remove()


async def test_the_admin_sees_how_redis_is(tmp_path):
    redis = new_server("--maxmemory-policy", "noeviction")
    try:
        async with staffed(tmp_path, redis=redis.url) as house:

            async def section():
                _, page = await house.admin.get("/admin/health")
                return words_of(page.split('data-testid="health-redis"')[1].split("</section>")[0])

            assert "It answered within" in await section()
            assert redis.ask("INFO", "server")["redis_version"] in await section()
            redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            assert "maxmemory-policy to noeviction" in await section()
            redis.stop()
            assert "cannot be reached" in await section()
    finally:
        redis.remove()


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://localhost", "", "redis+sentinel://host:1,host:2", "redis+sentinel:///m"]
)
def test_what_is_no_redis_is_refused_and_a_password_is_not_shown(url):
    with pytest.raises(ValueError, match="redis"):
        Settings(redis=url)
    assert "hunter" not in repr(Settings(redis="redis://user:hunter@localhost/0"))
