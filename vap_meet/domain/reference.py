"""The reference number that people read to each other: ``VM-7K3M-2Q9D``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0/O, 1/I/L and U/V pairs, which are mistaken for each other."""


def make_reference(choose: Callable[[str], str]) -> str:
    """Return a reference of eight letters, each by `choose(LETTERS)`; about 6.5e11 exist."""
    letters = "".join(choose(LETTERS) for _ in range(8))
    return f"VM-{letters[:4]}-{letters[4:]}"
