"""Lists over REST: a page of them, and the opaque cursor that leads to the next.

    {"items": [...], "next_cursor": "..."}        next_cursor is null on the last page

A cursor holds the id of the last item that was given. What comes or goes meanwhile shifts nothing.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_LIMIT, MAX_LIMIT = 50, 200

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: tuple[T, ...]
    next_cursor: str | None


def limit_of(query: Mapping[str, str]) -> int:
    """Return how many items are asked for. Raises `InvalidRequest`."""
    text = query.get("limit", str(DEFAULT_LIMIT))
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT:  # noqa: PLR2004
        return int(text)
    raise InvalidRequest("The list can't be given.", fields={"limit": f"A number from 1 to {MAX_LIMIT}."})


def cursor_of(query: Mapping[str, str]) -> str | None:
    """Return the id that the cursor holds, None at the start of a list. Raises `InvalidRequest`."""
    text = query.get("cursor")
    if text is None:
        return None
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error) as error:
        raise unknown_cursor() from error


def unknown_cursor() -> InvalidRequest:
    """Return the refusal of a cursor that leads nowhere, or nowhere any more."""
    return InvalidRequest(
        "The list can't be given.", fields={"cursor": "Not one of ours, or its item is gone: begin anew."}
    )


def encode_cursor(last_id: str) -> str:
    """Return the cursor behind an item."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def page_of(ids: Sequence[str], query: Mapping[str, str]) -> tuple[range, str | None]:
    """Return which of a whole list's items are on the page that a query asks for, and the next cursor.

    Raises `InvalidRequest` for a limit or a cursor that can't be read.
    """
    limit, after = limit_of(query), cursor_of(query)
    start = 0
    if after is not None:
        if after not in ids:
            raise unknown_cursor()
        start = ids.index(after) + 1
    stop = min(start + limit, len(ids))
    return range(start, stop), encode_cursor(ids[stop - 1]) if stop < len(ids) else None
