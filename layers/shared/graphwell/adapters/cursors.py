"""Pages of listings, newest first, and their opaque cursors: the sort key of the last item of a page."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any, Protocol, TypeVar

from graphwell.domain.errors import InvalidInput
from graphwell.ports import Page

_FIRST = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than anything that is listed."""


class Listed(Protocol):
    """An item of a listing, which is sorted by these two."""

    @property
    def created_at(self) -> datetime:
        """When it was made."""

    @property
    def id(self) -> str:
        """Its id in the tenant."""


Item = TypeVar("Item", bound=Listed)


def page_parameters(cursor: str | None, limit: int) -> dict[str, Any]:
    """Return the parameters `before`, `after_id` and `limit` of a statement that reads one item more than a page.

    Raises:
        InvalidInput: the cursor is not one of a listing.
    """
    before, after_id = decode_cursor(cursor) if cursor else (_FIRST, None)
    return {"before": before, "after_id": after_id, "limit": limit + 1}


def page_of(items: Sequence[Item], limit: int) -> Page[Item]:
    """Return the page that starts what a statement read with `page_parameters`."""
    shown = items[:limit]
    more = len(items) > limit
    return Page(shown, encode_cursor(shown[-1].created_at, shown[-1].id) if more else None)


def encode_cursor(created_at: datetime, identifier: str) -> str:
    """Return the cursor that continues after the item with this key."""
    return packed([created_at.isoformat(), identifier])


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Return the key that a cursor stands for.

    Raises:
        InvalidInput: it is not a cursor of a listing.
    """
    try:
        created_at, identifier = unpacked(cursor)
        moment = datetime.fromisoformat(created_at)
    except (ValueError, TypeError) as error:
        raise no_cursor() from error
    # Years that the driver cannot shift to UTC, and text that it cannot encode, never came from a listing.
    if moment.tzinfo is None or not MINYEAR < moment.year < MAXYEAR:
        raise no_cursor()
    if not (isinstance(identifier, str) and identifier.isascii()):
        raise no_cursor()
    return moment, identifier


def packed(key: Any) -> str:
    """Return the cursor that stands for a key, which JSON can hold."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def unpacked(cursor: str) -> Any:
    """Return what a cursor stands for, whatever it is.

    Raises:
        InvalidInput: nothing was ever packed into it.
    """
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise no_cursor() from error


def no_cursor() -> InvalidInput:
    """Return the refusal of a cursor that a listing did not give."""
    return InvalidInput(
        "cursor", "This is no cursor of this listing; take `next_cursor` of the previous page, or leave it out."
    )
