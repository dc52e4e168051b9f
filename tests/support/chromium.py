"""Find the Chromium that browser tests drive. `python -m tests.support.chromium` prints its paths."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL = "chromium-headless-shell"


class ChromiumMissingError(RuntimeError):
    """No Chromium was found; the message says what to do."""


@cache
def chromium_path() -> str:
    """Return an executable that starts: the one of VAP_TEST_CHROMIUM, the system's, or Playwright's own.

    Ubuntu's chromium-browser may be a stub for a snap that isn't there, so each one is asked its version.
    """
    chosen = os.environ.get("VAP_TEST_CHROMIUM")
    candidates = [chosen] if chosen else [*filter(None, map(shutil.which, NAMES)), *_playwrights_own()]
    for candidate in candidates:
        if _starts(candidate):
            return candidate
    raise ChromiumMissingError("Chromium is missing: run make test once, which installs it.")


def _starts(executable: str) -> bool:
    try:
        answer = subprocess.run(
            [executable, "--version"], capture_output=True, timeout=30, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return "Chrom" in answer.stdout


def _playwrights_own() -> list[str]:
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"
    return sorted(map(str, Path(folder).glob("chromium-*/chrome-linux*/chrome")), reverse=True)


@cache
def shell_path() -> str:
    """Return Chromium without the pages of its own window, a fifth quicker; the whole one if there is none.

    It has nobody to ask for a permission: what is about being asked needs `chromium_path`.
    """
    shell = None if os.environ.get("VAP_TEST_CHROMIUM") else shutil.which(SHELL)
    return shell if shell and _starts(shell) else chromium_path()


if __name__ == "__main__":
    try:
        print(chromium_path(), shell_path())  # noqa: T201
    except ChromiumMissingError as error:
        sys.exit(str(error))
