"""Fixtures of what several implementations promise alike."""

from __future__ import annotations

import pytest

from tests.support import redis


@pytest.fixture(params=[redis.USUAL, pytest.param(redis.OLDEST, marks=pytest.mark.long)])
def each_redis(request, monkeypatch):
    """Run a test on this machine's Redis, and on the oldest: ``usefixtures("each_redis")``."""
    monkeypatch.setattr(redis, "release", request.param)
    return request.param
