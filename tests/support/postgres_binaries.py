"""Where PostgreSQL's programs are: the system's, else a wheel's. As a program, whether there are any."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path


def binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None if there is none on this machine."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("pgserver")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        return folder if (folder / "initdb").exists() else None
    return None


if __name__ == "__main__":
    sys.exit(0 if binaries() else 1)
