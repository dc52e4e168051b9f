"""Shared looks: many ask for the same at once, and one look at the record answers them all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class SharedLook(Generic[T]):
    """Looks once for all who ask while the look before is under way.

    What anybody gets was begun after they asked, so it has all that they know to have happened.
    """

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._turn = asyncio.Lock()
        self._begun = 0
        self._seen: tuple[int, T] | None = None

    async def __call__(self) -> T:
        """Return what a look finds. Raises what it raises, to whoever it was begun for."""
        wanted = self._begun + 1
        async with self._turn:
            if self._seen is None or self._seen[0] < wanted:
                self._begun += 1
                self._seen = self._begun, await self._look()
            return self._seen[1]
