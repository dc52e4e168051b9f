"""The reference number that people read to each other: ``VM-7K3M-2Q9D``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0/O, 1/I/L and U/V pairs, which are mistaken for each other."""

_LETTERS = 8


def make_reference(choose: Callable[[str], str]) -> str:
    """Return a reference of eight letters, each by `choose(LETTERS)`; about 6.5e11 exist."""
    letters = "".join(choose(LETTERS) for _ in range(_LETTERS))
    return f"VM-{letters[:4]}-{letters[4:]}"


def read_reference(text: str) -> str | None:
    """Return a reference as it is stored, however it was typed: ``vm7k3m 2q9d``; None if it is none."""
    plain = "".join(letter for letter in text.upper() if letter.isalnum())
    letters = plain.removeprefix("VM") if len(plain) > _LETTERS else plain
    if len(letters) != _LETTERS or any(letter not in LETTERS for letter in letters):
        return None
    return f"VM-{letters[:4]}-{letters[4:]}"
