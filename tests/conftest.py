"""Fixtures that every kind of test shares."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


PAGES_AND_LISTS = frozenset(
    f"test_{name}"
    for name in (
        "admin_hours",
        "admin_keys",
        "admin_services",
        "admin_webhooks",
        "api_list",
        "api_lists",
        "api_scopes",
        "api_services",
        "api_slots",
        "api_webhooks",
        "booking_pages",
        "callers",
        "customer_pages",
        "demo_past",
        "device_check",
        "invited_pages",
        "metrics",
        "outlooks",
        "quality",
        "readiness",
        "requests",
        "services_pages",
        "staff_interrupted",
        "staff_pages",
    )
)
"""Modules of doors whose use cases run on both databases by themselves: here PostgreSQL has time."""

ONE_LANGUAGE_FIRST = frozenset(f"test_{name}" for name in ("call_files", "in_call", "third_person"))
"""Modules with browsers whose English half has time: every page's words are looked at in both anyway."""

SHOWN_WITHOUT_BROWSERS = frozenset({"test_api_keys", "test_arrival_notice", "test_callers", "test_requests"})
"""Modules with browsers whose pages and scripts have quicker tests of their own."""


def pytest_collection_modifyitems(items):
    """Leave to `make test-long` the second of two halves that show the same, so that CI stays short."""
    for item in items:
        told = item.callspec.params if hasattr(item, "callspec") else {}
        on_postgresql = told.get("each_database") == "postgresql" and item.path.stem in PAGES_AND_LISTS
        in_english = told.get("language") == "en" and item.path.stem in ONE_LANGUAGE_FIRST
        elsewhere = item.path.stem in SHOWN_WITHOUT_BROWSERS
        if on_postgresql or ((in_english or elsewhere) and item.path.parent.name == "browser"):
            item.add_marker(pytest.mark.long)


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request, monkeypatch):
    """Run a test on both databases: ``pytestmark = pytest.mark.usefixtures("each_database")``."""
    # Imported here: only this fixture needs the record.
    from tests.support import record  # noqa: PLC0415

    monkeypatch.setattr(record, "database", request.param)
    return request.param
