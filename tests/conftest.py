"""Fixtures that every kind of test shares."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request, monkeypatch):
    """Run a test on both databases: ``pytestmark = pytest.mark.usefixtures("each_database")``."""
    # Imported here: only this fixture needs the record.
    from tests.support import record  # noqa: PLC0415

    monkeypatch.setattr(record, "database", request.param)
    return request.param
