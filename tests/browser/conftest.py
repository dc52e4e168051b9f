"""What the browser tests share: a demonstration of their own, and a Chromium."""

from __future__ import annotations

import pytest

from tests.support.browser import chromium
from tests.support.server import demo_server


@pytest.fixture
async def server(tmp_path):
    async with demo_server(tmp_path) as running:
        yield running


@pytest.fixture
async def browser():
    async with chromium() as running:
        yield running
