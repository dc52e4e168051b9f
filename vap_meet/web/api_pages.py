"""Lists over REST: a page of them, and the opaque cursor that leads to the next.

    {"items": [...], "next_cursor": "..."}        next_cursor is null on the last page

A cursor holds the id of the last item that was given. What comes or goes meanwhile shifts nothing.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

DEFAULT_LIMIT, MAX_LIMIT = 50, 200

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: tuple[T, ...]
    next_cursor: str | None


class PageQuery(Struct, frozen=True, kw_only=True):
    """Which page of a list: at most `limit` items from behind the `cursor`, from the start without one."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: str | None = None

    def after(self) -> str | None:
        """Return the id that the cursor holds, None at the start of a list. Raises `InvalidRequest`."""
        if self.cursor is None:
            return None
        try:
            text = self.cursor.encode("ascii")
            last = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        except (ValueError, binascii.Error) as error:
            raise unknown_cursor() from error
        if "\0" in last:  # no id holds one, and PostgreSQL can't be asked for it
            raise unknown_cursor()
        return last


def unknown_cursor() -> InvalidRequest:
    """Return the refusal of a cursor that leads nowhere, or nowhere any more."""
    return InvalidRequest(
        "The list can't be given.", fields={"cursor": "Not one of ours, or its item is gone: begin anew."}
    )


def check_days(days: Mapping[str, date | None]) -> None:
    """Raise `InvalidRequest` naming each day of another century."""
    faults = {
        name: "A day such as 2026-12-01."
        for name, day in days.items()
        if day is not None and not 2000 <= day.year <= 2099  # noqa: PLR2004 - as appointments may be
    }
    if faults:
        raise InvalidRequest("A day can't be read.", fields=faults)


def encode_cursor(last_id: str) -> str:
    """Return the cursor behind an item."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def page_of(ids: Sequence[str], query: PageQuery) -> tuple[range, str | None]:
    """Return which of a whole list's items are on the page that a query asks for, and the next cursor.

    Raises `InvalidRequest` for a cursor that leads nowhere.
    """
    after = query.after()
    start = 0
    if after is not None:
        if after not in ids:
            raise unknown_cursor()
        start = ids.index(after) + 1
    stop = min(start + query.limit, len(ids))
    return range(start, stop), encode_cursor(ids[stop - 1]) if stop < len(ids) else None
