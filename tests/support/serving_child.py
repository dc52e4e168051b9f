"""`vap-meet serve` in a process forked from one that has everything imported, which takes milliseconds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vap_meet.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Mapping

PRELOADED = [
    "tests.support.serving_child",
    "vap_meet.app",
    "vap_meet.commands",
    "vap_meet.serving",
    "vap_meet.store.sqlite",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "aiosqlite",
    "uvloop",
]


def serve(environment: Mapping[str, str]) -> None:
    """Serve with these settings, saying nothing."""
    os.environ.update(environment)
    quiet = os.open(Path(os.devnull), os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    os.dup2(quiet, sys.stderr.fileno())
    main(["serve"])
